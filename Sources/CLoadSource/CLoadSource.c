#define _GNU_SOURCE
#include "CLoadSource.h"

#include <errno.h>

#ifndef __linux__

int cloadsource_listen(int *port) {
  (void)port;
  errno = ENOSYS;
  return -1;
}

int cloadsource_serve(int listener) {
  (void)listener;
  errno = ENOSYS;
  return -1;
}

#else

#include "load.h"
#include "rendering.h"
#include "timetable.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
  maximum_request_bytes = 1 << 20,
  /// What one stream may send before the others have their turn.
  packets_a_turn = 8,
};

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

static int64_t now_ns(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

// MARK: Connections

static void watch(source *s, connection *c, bool write) {
  if (c->wants_write == write) return;
  c->wants_write = write;
  struct epoll_event event = {.events = EPOLLIN | (write ? EPOLLOUT : 0), .data.ptr = c};
  epoll_ctl(s->epoll, EPOLL_CTL_MOD, c->fd, &event);
}

static void drop(source *s, connection *c) {
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

/// Sends bytes, and keeps what the socket does not take; false where the connection is gone.
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
    // The pace is kept from the first packet on: what is late is made up for.
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
  char answer[256];
  int length = snprintf(
      answer, sizeof(answer), "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", status,
      strlen("{\"error\":{\"message\":\"no such load\"}}"), "{\"error\":{\"message\":\"no such load\"}}");
  return transmit(c, answer, (size_t)length);
}

/// Begins the stream that the body asks for.
static bool answer(source *s, connection *c, const char *body, size_t length) {
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
  // Clients open their streams in bursts, users do not: each begins at its own place in the pace, spread evenly by the
  // golden ratio.
  double turns = (double)s->streams++ * 0.6180339887498949;
  int64_t phase = (int64_t)((turns - (double)(uint64_t)turns) * (double)load.pace_ns);
  bool waits = load.pace_ns > 0 || load.ttft_ns > 0;
  c->next.due_ns = waits ? now_ns(CLOCK_MONOTONIC) + load.ttft_ns + phase : 0;
  return transmit(c, c->shape->opening, c->shape->opening_length);
}

/// Takes a whole request out of what was read, if there is one and no stream is on; false where the connection is gone.
static bool take_request(source *s, connection *c) {
  while (!c->streaming && c->request_length > 0) {
    const char *head_end = memmem(c->request, c->request_length, "\r\n\r\n", 4);
    if (!head_end) return c->request_length < maximum_request_bytes;
    size_t head = (size_t)(head_end - c->request) + 4;
    long body = body_length(c->request, head);
    if (body < 0) return false;
    if (c->request_length < head + (size_t)body) return true;
    bool is_post = c->request_length > 5 && memcmp(c->request, "POST ", 5) == 0;
    bool lives = is_post ? answer(s, c, c->request + head, (size_t)body) : refuse(c, "404 Not Found");
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

static void serve(source *s, connection *c, uint32_t events) {
  bool lives = true;
  if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) lives = receive(c);
  if (lives) lives = take_request(s, c) && advance(s, c) && take_request(s, c);
  if (!lives) drop(s, c);
}

static void welcome(source *s, int listener) {
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    // Streams without a pace would fill the kernel's memory otherwise.
    int buffer = 128 << 10;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
    connection *c = calloc(1, sizeof(*c));
    if (!c) {
      close(fd);
      continue;
    }
    c->fd = fd;
    c->next.index = -1;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event) != 0) drop(s, c);
  }
}

// MARK: Serving

/// Waits for sockets, at most until a time in nanoseconds from now.
static int wait_for_events(source *s, struct epoll_event *events, int maximum, int64_t nanoseconds) {
#ifdef SYS_epoll_pwait2
  struct timespec time = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
  static bool is_missing = false;
  if (!is_missing) {
    long count = syscall(SYS_epoll_pwait2, s->epoll, events, maximum, &time, NULL, 0);
    // Older containers refuse the call as not permitted.
    if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return (int)count;
    is_missing = true;
  }
#endif
  return epoll_wait(s->epoll, events, maximum, (int)((nanoseconds + 999999) / 1000000));
}

int cloadsource_listen(int *port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)*port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof(address);
  if (bind(fd, (struct sockaddr *)&address, length) != 0 || listen(fd, 4096) != 0 ||
      getsockname(fd, (struct sockaddr *)&address, &length) != 0) {
    close(fd);
    return -1;
  }
  *port = ntohs(address.sin_port);
  return fd;
}

int cloadsource_serve(int listener) {
  source s = {.epoll = epoll_create1(EPOLL_CLOEXEC)};
  if (s.epoll < 0) return -1;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  if (epoll_ctl(s.epoll, EPOLL_CTL_ADD, listener, &event) != 0) return -1;
  enum { maximum = 256 };
  struct epoll_event events[maximum];
  const int64_t longest = 1000000000;
  while (true) {
    int64_t wait = longest;
    if (s.waiting.count > 0) wait = s.waiting.heap[0]->due_ns - now_ns(CLOCK_MONOTONIC);
    int count = wait_for_events(&s, events, maximum, wait < 0 ? 0 : wait > longest ? longest : wait);
    if (count < 0 && errno != EINTR) break;
    for (int index = 0; index < count; index += 1) {
      connection *c = events[index].data.ptr;
      if (c) serve(&s, c, events[index].events);
      else welcome(&s, listener);
    }
    int64_t now = now_ns(CLOCK_MONOTONIC);
    // As many as wait now: those that come due meanwhile do not keep the sockets from being read.
    timetable *waiting = &s.waiting;
    for (int left = waiting->count; left > 0 && waiting->count > 0 && waiting->heap[0]->due_ns <= now; left -= 1) {
      serve(&s, (connection *)waiting->heap[0], 0);
    }
  }
  int failure = errno;
  close(s.epoll);
  errno = failure;
  return -1;
}

#endif
