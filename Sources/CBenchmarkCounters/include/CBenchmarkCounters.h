/// The cost of the parts of a benchmark: allocations and instructions of this process.
///
/// For the benchmark's own executable only: it replaces the C library's allocation functions there.

#ifndef CBENCHMARKCOUNTERS_H
#define CBENCHMARKCOUNTERS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Begins to count allocations.
///
/// Returns whether they can be counted here.
bool cbenchmarkcounters_count_allocations(void);

/// How many blocks were allocated or moved since, by all threads and libraries.
int64_t cbenchmarkcounters_allocations(void);

/// Begins to count the instructions of this thread and those it starts, in user mode.
///
/// Returns whether the system allows it.
bool cbenchmarkcounters_count_instructions(void);

/// How many instructions were counted so far; -1 where they are not counted.
int64_t cbenchmarkcounters_instructions(void);

#ifdef __cplusplus
}
#endif

#endif
