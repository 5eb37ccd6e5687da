/// The connections that wait, by the time when they are due: a heap.

#ifndef TIMETABLE_H
#define TIMETABLE_H

#include <stdbool.h>
#include <stdint.h>

/// A place in a timetable: a member of the one that waits.
typedef struct {
  int64_t due_ns;
  /// The place in the heap; -1 outside.
  int index;
} appointment;

typedef struct {
  appointment **heap;
  int count, capacity;
} timetable;

/// Adds an appointment, or moves one whose time has changed; false where there is no memory.
bool timetable_set(timetable *table, appointment *one);

/// Removes an appointment, if it is there.
void timetable_remove(timetable *table, appointment *one);

#endif
