/// What the parts of a benchmark cost: allocations and instructions of this process.
///
/// For the benchmark's own executable only: it takes the place of the C library's allocation functions there.

#ifndef CBENCHMARKCOUNTERS_H
#define CBENCHMARKCOUNTERS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// How many blocks were allocated or moved so far, by all threads and libraries; -1 where they cannot be counted.
int64_t cbenchmarkcounters_allocations(void);

/// Begins to count the instructions of this thread and those it starts, in user mode.
///
/// Returns whether the system lets it.
bool cbenchmarkcounters_count_instructions(void);

/// How many instructions were counted so far; -1 where they are not counted.
int64_t cbenchmarkcounters_instructions(void);

#ifdef __cplusplus
}
#endif

#endif
