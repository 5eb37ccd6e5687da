#define _GNU_SOURCE
#include "CBenchmarkCounters.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

// A sanitizer has allocation functions of its own, and must keep them.
#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_SANITIZER
#endif
#endif

#if defined(__GLIBC__) && !defined(HAS_SANITIZER)

#include <stdatomic.h>

static _Atomic bool counts_allocations;
static _Atomic int64_t allocations;

// glibc's own names for its functions: ours replace them for the program and all its libraries, since the executable's
// symbols are found first.
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

// A client that is measured runs in this program too: until it is wanted, counting costs a branch and no shared cache line.
static void count(void) {
  if (!atomic_load_explicit(&counts_allocations, memory_order_relaxed)) return;
  atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
}

void *malloc(size_t size) {
  count();
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  count();
  return __libc_calloc(number, size);
}

void *realloc(void *block, size_t size) {
  count();
  return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size) {
  count();
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **block, size_t alignment, size_t size) {
  if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) return EINVAL;
  void *memory = memalign(alignment, size);
  if (!memory) return ENOMEM;
  *block = memory;
  return 0;
}

bool cbenchmarkcounters_count_allocations(void) {
  atomic_store_explicit(&counts_allocations, true, memory_order_relaxed);
  return true;
}

int64_t cbenchmarkcounters_allocations(void) { return atomic_load_explicit(&allocations, memory_order_relaxed); }

#else

bool cbenchmarkcounters_count_allocations(void) { return false; }

int64_t cbenchmarkcounters_allocations(void) { return 0; }

#endif

#ifdef __linux__

#include <linux/perf_event.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int counter = -1;

bool cbenchmarkcounters_count_instructions(void) {
  struct perf_event_attr attributes;
  memset(&attributes, 0, sizeof(attributes));
  attributes.type = PERF_TYPE_HARDWARE;
  attributes.size = sizeof(attributes);
  attributes.config = PERF_COUNT_HW_INSTRUCTIONS;
  attributes.exclude_kernel = 1;
  attributes.exclude_hv = 1;
  attributes.inherit = 1;
  if (counter < 0) counter = (int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0);
  return counter >= 0;
}

int64_t cbenchmarkcounters_instructions(void) {
  int64_t value;
  if (counter < 0 || read(counter, &value, sizeof(value)) != sizeof(value)) return -1;
  return value;
}

#else

bool cbenchmarkcounters_count_instructions(void) { return false; }

int64_t cbenchmarkcounters_instructions(void) { return -1; }

#endif
