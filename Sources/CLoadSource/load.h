/// The load that a request asks for, by its model.

#ifndef LOAD_H
#define LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct load {
  /// Events of content in a stream.
  int64_t events;
  /// Events in a packet.
  int64_t packet;
  /// Words in an event.
  int64_t words;
  /// The time between two packets; 0 sends as fast as the socket takes.
  int64_t pace_ns;
  /// The time before the first packet.
  int64_t ttft_ns;
  /// Whether each event has the sender's clock: Unix microseconds in 16 digits.
  bool stamp;
} load;

/// Reads a model's name, such as `bulk=200+packet=10+pace=50ms+stamp`; false where it is no load.
bool load_read(load *load, const char *name, size_t length);

/// The packets of a stream.
static inline int64_t load_packets(const load *load) { return (load->events + load->packet - 1) / load->packet; }

#endif
