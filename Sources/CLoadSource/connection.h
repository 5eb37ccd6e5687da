/// A connection to the source: its requests, and the streams that respond to them.

#ifndef CONNECTION_H
#define CONNECTION_H

#include "rendering.h"
#include "timetable.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

typedef struct {
  /// When the next packet is due; 0 where it waits for nothing but the socket. The first member: it leads back here.
  appointment next;
  int fd;
  bool streaming;
  bool wants_write;
  rendering *shape;
  int64_t packets_sent, packets;
  /// What the socket did not take yet.
  char *rest;
  size_t rest_length, rest_capacity;
  char *request;
  size_t request_length, request_capacity;
} connection;

typedef struct {
  int epoll;
  rendering *shapes;
  timetable waiting;
  /// Streams begun so far.
  uint64_t streams;
} source;

/// A clock in nanoseconds.
int64_t now_ns(clockid_t clock);

/// Reads if the events say so, responds, and sends what is due; drops the connection where it is gone.
void connection_serve(source *s, connection *c, uint32_t events);

/// Closes a connection and frees it.
void connection_drop(source *s, connection *c);

#endif
