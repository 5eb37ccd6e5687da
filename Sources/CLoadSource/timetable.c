#include "timetable.h"

#include <stdlib.h>

static void put(timetable *table, int index, appointment *one) {
  table->heap[index] = one;
  one->index = index;
}

static void move_up(timetable *table, int index) {
  appointment *one = table->heap[index];
  while (index > 0) {
    int parent = (index - 1) / 2;
    if (table->heap[parent]->due_ns <= one->due_ns) break;
    put(table, index, table->heap[parent]);
    index = parent;
  }
  put(table, index, one);
}

static void move_down(timetable *table, int index) {
  appointment *one = table->heap[index];
  for (;;) {
    int child = 2 * index + 1;
    if (child >= table->count) break;
    if (child + 1 < table->count && table->heap[child + 1]->due_ns < table->heap[child]->due_ns) child += 1;
    if (table->heap[child]->due_ns >= one->due_ns) break;
    put(table, index, table->heap[child]);
    index = child;
  }
  put(table, index, one);
}

bool timetable_set(timetable *table, appointment *one) {
  if (one->index < 0) {
    if (table->count == table->capacity) {
      int capacity = table->capacity ? 2 * table->capacity : 1024;
      appointment **heap = realloc(table->heap, sizeof(*heap) * (size_t)capacity);
      if (!heap) return false;
      table->heap = heap;
      table->capacity = capacity;
    }
    put(table, table->count++, one);
  } else {
    move_down(table, one->index);
  }
  move_up(table, one->index);
  return true;
}

void timetable_remove(timetable *table, appointment *one) {
  int index = one->index;
  if (index < 0) return;
  one->index = -1;
  appointment *last = table->heap[--table->count];
  if (last == one) return;
  put(table, index, last);
  move_down(table, index);
  move_up(table, last->index);
}
