/// The packets of a load, rendered once for all its streams.

#ifndef RENDERING_H
#define RENDERING_H

#include "load.h"

/// Each packet has the frame of an HTTP chunk around it.
typedef struct rendering {
  struct rendering *next;
  load load;
  char *packet;
  size_t packet_length;
  /// The last packet of a stream, which may have fewer events.
  char *last;
  size_t last_length;
  /// The places of the stamps in the packets.
  size_t first_stamp, last_first_stamp, stamp_stride;
  /// Before the packets: the head, and the event that names the role.
  char *opening;
  size_t opening_length;
  /// Behind the packets: finish reason, usage, `[DONE]`, the body's end.
  char *end;
  size_t end_length;
} rendering;

/// The rendering of a load: the list's own, or a new one that the list keeps; null where there is no memory.
rendering *rendering_of(rendering **list, const load *load);

/// Writes the sender's clock, in Unix microseconds, into the events of a packet.
void rendering_stamp(rendering *shape, bool is_last, int64_t microseconds);

#endif
