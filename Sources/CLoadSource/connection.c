#define _GNU_SOURCE
#include "connection.h"

#ifdef __linux__

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  maximum_request_bytes = 1 << 20,
  /// What one stream may send before the others have their turn.
  packets_a_turn = 8,
};

int64_t now_ns(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void watch(source *s, connection *c, bool write) {
  if (c->wants_write == write) return;
  c->wants_write = write;
  struct epoll_event event = {.events = EPOLLIN | (write ? EPOLLOUT : 0), .data.ptr = c};
  epoll_ctl(s->epoll, EPOLL_CTL_MOD, c->fd, &event);
}

void connection_drop(source *s, connection *c) {
  timetable_remove(&s->waiting, &c->next);
  close(c->fd);
  free(c->rest);
  free(c->request);
  free(c);
}

static bool reserve(char **bytes, size_t *capacity, size_t needed) {
  if (needed <= *capacity) return true;
  size_t larger = *capacity ? *capacity : 4096;
  while (larger < needed) larger *= 2;
  char *moved = realloc(*bytes, larger);
  if (!moved) return false;
  *bytes = moved;
  *capacity = larger;
  return true;
}

/// Sends bytes, and keeps those that the socket does not take; false where the connection is gone.
static bool transmit(connection *c, const char *bytes, size_t length) {
  size_t sent = 0;
  if (c->rest_length == 0) {
    ssize_t count = send(c->fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno != EAGAIN && errno != EINTR) return false;
    if (count > 0) sent = (size_t)count;
  }
  if (sent == length) return true;
  if (!reserve(&c->rest, &c->rest_capacity, c->rest_length + length - sent)) return false;
  memcpy(c->rest + c->rest_length, bytes + sent, length - sent);
  c->rest_length += length - sent;
  return true;
}

static bool transmit_packet(connection *c) {
  rendering *shape = c->shape;
  bool is_last = c->packets_sent + 1 == c->packets;
  char *packet = is_last ? shape->last : shape->packet;
  if (shape->load.stamp) rendering_stamp(shape, is_last, now_ns(CLOCK_REALTIME) / 1000);
  c->packets_sent += 1;
  if (!transmit(c, packet, is_last ? shape->last_length : shape->packet_length)) return false;
  if (!is_last) return true;
  c->streaming = false;
  return transmit(c, shape->end, shape->end_length);
}

/// Sends what is due; false where the connection is gone.
static bool advance(source *s, connection *c) {
  if (c->rest_length > 0) {
    ssize_t count = send(c->fd, c->rest, c->rest_length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno != EAGAIN && errno != EINTR) return false;
    if (count > 0) {
      memmove(c->rest, c->rest + count, c->rest_length - (size_t)count);
      c->rest_length -= (size_t)count;
    }
  }
  for (int turn = 0; turn < packets_a_turn && c->streaming && c->rest_length == 0; turn += 1) {
    if (c->next.due_ns > 0 && c->next.due_ns > now_ns(CLOCK_MONOTONIC)) break;
    if (!transmit_packet(c)) return false;
    // The pace counts from the first packet: a late packet does not delay the next.
    if (c->next.due_ns > 0) c->next.due_ns = c->shape->load.pace_ns > 0 ? c->next.due_ns + c->shape->load.pace_ns : 0;
  }
  bool waits = c->streaming && c->next.due_ns > 0 && c->rest_length == 0;
  watch(s, c, c->rest_length > 0 || (c->streaming && !waits));
  if (waits) return timetable_set(&s->waiting, &c->next);
  timetable_remove(&s->waiting, &c->next);
  return true;
}

// MARK: Requests

/// The length of the body that a head announces; -1 where it cannot be read.
static long body_length(const char *head, size_t length) {
  static const char name[] = "\ncontent-length:";
  for (size_t index = 0; index + sizeof(name) - 1 < length; index += 1) {
    if (strncasecmp(head + index, name, sizeof(name) - 1) != 0) continue;
    long value = strtol(head + index + sizeof(name) - 1, NULL, 10);
    return value >= 0 && value <= maximum_request_bytes ? value : -1;
  }
  return 0;
}

static bool refuse(connection *c, const char *status) {
  char response[256];
  int length = snprintf(
      response, sizeof(response), "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", status,
      strlen("{\"error\":{\"message\":\"no such load\"}}"), "{\"error\":{\"message\":\"no such load\"}}");
  return transmit(c, response, (size_t)length);
}

/// Begins the stream of the model in the body.
static bool respond(source *s, connection *c, const char *body, size_t length) {
  static const char key[] = "\"model\"";
  const char *place = memmem(body, length, key, sizeof(key) - 1);
  const char *end = body + length;
  load load;
  if (!place) return refuse(c, "400 Bad Request");
  place += sizeof(key) - 1;
  while (place < end && (*place == ' ' || *place == ':')) place += 1;
  const char *close = place < end && *place == '"' ? memchr(place + 1, '"', (size_t)(end - place - 1)) : NULL;
  if (!close || !load_read(&load, place + 1, (size_t)(close - place - 1))) return refuse(c, "400 Bad Request");
  c->shape = rendering_of(&s->shapes, &load);
  if (!c->shape) return false;
  c->streaming = true;
  c->packets_sent = 0;
  c->packets = load_packets(&load);
  // Clients open their streams in bursts, which users do not: each stream begins at its own place in the pace, spread
  // evenly by the golden ratio.
  double turns = (double)s->streams++ * 0.6180339887498949;
  int64_t phase = (int64_t)((turns - (double)(uint64_t)turns) * (double)load.pace_ns);
  bool waits = load.pace_ns > 0 || load.ttft_ns > 0;
  c->next.due_ns = waits ? now_ns(CLOCK_MONOTONIC) + load.ttft_ns + phase : 0;
  return transmit(c, c->shape->opening, c->shape->opening_length);
}

/// Responds to a whole request, if one was read and no stream is open; false where the connection is gone.
static bool take_request(source *s, connection *c) {
  while (!c->streaming && c->request_length > 0) {
    const char *head_end = memmem(c->request, c->request_length, "\r\n\r\n", 4);
    if (!head_end) return c->request_length < maximum_request_bytes;
    size_t head = (size_t)(head_end - c->request) + 4;
    long body = body_length(c->request, head);
    if (body < 0) return false;
    if (c->request_length < head + (size_t)body) return true;
    bool is_post = c->request_length > 5 && memcmp(c->request, "POST ", 5) == 0;
    bool lives = is_post ? respond(s, c, c->request + head, (size_t)body) : refuse(c, "404 Not Found");
    if (!lives) return false;
    c->request_length -= head + (size_t)body;
    memmove(c->request, c->request + head + body, c->request_length);
  }
  // Long requests are rare and many connections idle in their streams.
  if (c->request_length == 0 && c->request_capacity > 0) {
    free(c->request);
    c->request = NULL;
    c->request_capacity = 0;
  }
  return true;
}

static bool receive(connection *c) {
  for (;;) {
    if (!reserve(&c->request, &c->request_capacity, c->request_length + 4096)) return false;
    ssize_t count = recv(
        c->fd, c->request + c->request_length, c->request_capacity - c->request_length, MSG_DONTWAIT);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    if (count == 0 || c->request_length > maximum_request_bytes) return false;
    bool is_full = c->request_length + (size_t)count == c->request_capacity;
    c->request_length += (size_t)count;
    if (!is_full) return true;
  }
}

void connection_serve(source *s, connection *c, uint32_t events) {
  bool lives = true;
  if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) lives = receive(c);
  if (lives) lives = take_request(s, c) && advance(s, c) && take_request(s, c);
  if (!lives) connection_drop(s, c);
}

#endif
