#include "load.h"

#include <stdlib.h>
#include <string.h>

static bool duration(const char *text, size_t length, int64_t *nanoseconds) {
  char *end;
  char copy[32];
  if (length == 0 || length >= sizeof(copy)) return false;
  memcpy(copy, text, length);
  copy[length] = 0;
  double value = strtod(copy, &end);
  double unit = strcmp(end, "us") == 0   ? 1e3
                : strcmp(end, "ms") == 0 ? 1e6
                : strcmp(end, "s") == 0  ? 1e9
                                         : 0;
  if (unit == 0 || !(value >= 0) || value > 3600e9 / unit) return false;
  *nanoseconds = (int64_t)(value * unit);
  return true;
}

static bool count(const char *text, size_t length, int64_t maximum, int64_t *value) {
  if (length == 0 || length > 12) return false;
  *value = 0;
  for (size_t index = 0; index < length; index += 1) {
    if (text[index] < '0' || text[index] > '9') return false;
    *value = 10 * *value + (text[index] - '0');
  }
  return *value >= 1 && *value <= maximum;
}

static bool begins(const char *text, size_t length, const char *name, size_t *rest) {
  *rest = strlen(name);
  return length >= *rest && memcmp(text, name, *rest) == 0;
}

bool load_read(load *load, const char *name, size_t length) {
  *load = (struct load){.events = 0, .packet = 1, .words = 1};
  // A provider's prefix is no part of it.
  const char *slash = memchr(name, '/', length);
  if (slash) {
    length -= (size_t)(slash + 1 - name);
    name = slash + 1;
  }
  while (length > 0) {
    const char *plus = memchr(name, '+', length);
    size_t part = plus ? (size_t)(plus - name) : length;
    size_t rest;
    bool valid;
    if (begins(name, part, "bulk=", &rest)) {
      valid = count(name + rest, part - rest, 1000000000, &load->events);
    } else if (begins(name, part, "packet=", &rest)) {
      valid = count(name + rest, part - rest, 1000, &load->packet);
    } else if (begins(name, part, "chunk=", &rest)) {
      valid = count(name + rest, part - rest, 1000, &load->words);
    } else if (begins(name, part, "pace=", &rest)) {
      valid = duration(name + rest, part - rest, &load->pace_ns);
    } else if (begins(name, part, "ttft=", &rest)) {
      valid = duration(name + rest, part - rest, &load->ttft_ns);
    } else {
      valid = load->stamp = part == 5 && memcmp(name, "stamp", 5) == 0;
    }
    if (!valid) return false;
    name += part + (plus ? 1 : 0);
    length -= part + (plus ? 1 : 0);
  }
  if (load->packet > load->events) load->packet = load->events;
  return load->events > 0;
}
