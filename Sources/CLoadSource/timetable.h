/// Who waits for what time: a heap whose first is due next.

#ifndef TIMETABLE_H
#define TIMETABLE_H

#include <stdbool.h>
#include <stdint.h>

/// A place in a timetable, a member of who waits.
typedef struct {
  int64_t due_ns;
  /// Where it stands; -1 outside.
  int index;
} appointment;

typedef struct {
  appointment **heap;
  int count, capacity;
} timetable;

/// Adds an appointment, or moves one whose time has changed; false where there is no memory.
bool timetable_set(timetable *table, appointment *one);

/// Takes an appointment out, if it is in.
void timetable_remove(timetable *table, appointment *one);

#endif
