#define _GNU_SOURCE
#include "CLoadSource.h"

#include <errno.h>

#ifndef __linux__

int cloadsource_listen(int *port) {
  (void)port;
  errno = ENOSYS;
  return -1;
}

int cloadsource_serve(int listener, const volatile bool *stop) {
  (void)listener;
  (void)stop;
  errno = ENOSYS;
  return -1;
}

#else

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
  max_request_bytes = 1 << 20,
  max_event_bytes = 1 << 16,
  max_packet_bytes = 1 << 22,
  packets_a_turn = 8,
  stamp_digits = 16,
};

/// What a request asks for.
typedef struct load {
  int64_t events;
  int64_t packet;
  int64_t words;
  int64_t pace_ns;
  int64_t ttft_ns;
  bool stamp;
} load;

/// Packets of one shape, rendered with the frame of an HTTP chunk around them.
typedef struct rendering {
  struct rendering *next;
  load load;
  char *packet;
  size_t packet_length;
  char *last;
  size_t last_length;
  /// Where the stamps of a packet stand.
  size_t first_stamp, last_first_stamp, stamp_stride;
  char *end;
  size_t end_length;
} rendering;

typedef struct {
  int fd;
  /// The place in the heap of waiting streams; -1 outside.
  int heap_index;
  bool streaming;
  bool wants_write;
  rendering *shape;
  int64_t packets_sent, packets;
  int64_t due_ns;
  /// What the socket did not take yet.
  char *rest;
  size_t rest_length, rest_capacity;
  char *request;
  size_t request_length, request_capacity;
} connection;

typedef struct {
  int epoll;
  rendering *shapes;
  connection **heap;
  int heap_count, heap_capacity;
} source;

static int64_t now_ns(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

// MARK: Waiting streams: a heap by the time at which their next packet is due

static void heap_put(source *s, int index, connection *c) {
  s->heap[index] = c;
  c->heap_index = index;
}

static void heap_up(source *s, int index) {
  connection *c = s->heap[index];
  while (index > 0) {
    int parent = (index - 1) / 2;
    if (s->heap[parent]->due_ns <= c->due_ns) break;
    heap_put(s, index, s->heap[parent]);
    index = parent;
  }
  heap_put(s, index, c);
}

static void heap_down(source *s, int index) {
  connection *c = s->heap[index];
  for (;;) {
    int child = 2 * index + 1;
    if (child >= s->heap_count) break;
    if (child + 1 < s->heap_count && s->heap[child + 1]->due_ns < s->heap[child]->due_ns) child += 1;
    if (s->heap[child]->due_ns >= c->due_ns) break;
    heap_put(s, index, s->heap[child]);
    index = child;
  }
  heap_put(s, index, c);
}

static bool heap_add(source *s, connection *c) {
  if (s->heap_count == s->heap_capacity) {
    int capacity = s->heap_capacity ? 2 * s->heap_capacity : 1024;
    connection **heap = realloc(s->heap, sizeof(*heap) * (size_t)capacity);
    if (!heap) return false;
    s->heap = heap;
    s->heap_capacity = capacity;
  }
  heap_put(s, s->heap_count++, c);
  heap_up(s, c->heap_index);
  return true;
}

static void heap_remove(source *s, connection *c) {
  int index = c->heap_index;
  if (index < 0) return;
  c->heap_index = -1;
  connection *last = s->heap[--s->heap_count];
  if (last == c) return;
  heap_put(s, index, last);
  heap_down(s, index);
  heap_up(s, last->heap_index);
}

// MARK: Rendering

static const char opening[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
static const char role[] =
    "data: {\"id\":\"chatcmpl-load\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"load\","
    "\"system_fingerprint\":\"fp_load\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
    "\"logprobs\":null,\"finish_reason\":null}]}\n\n";
static const char before[] =
    "data: {\"id\":\"chatcmpl-load\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"load\","
    "\"system_fingerprint\":\"fp_load\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"";
static const char after[] = "\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n";
static const char finish[] =
    "data: {\"id\":\"chatcmpl-load\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"load\","
    "\"system_fingerprint\":\"fp_load\",\"choices\":[{\"index\":0,\"delta\":{},\"logprobs\":null,"
    "\"finish_reason\":\"stop\"}]}\n\n"
    "data: {\"id\":\"chatcmpl-load\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"load\","
    "\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":%lld,\"total_tokens\":%lld}}\n\n"
    "data: [DONE]\n\n";

/// Renders a packet of so many events as one HTTP chunk; null where there is no memory.
static char *render_packet(const load *load, int64_t events, size_t *length, size_t *first_stamp, size_t *stride) {
  char text[max_event_bytes];
  size_t text_length = 0;
  if (load->stamp) {
    text_length = (size_t)snprintf(text, sizeof(text), " %0*d", stamp_digits, 0);
  }
  static const char word[] = " tick";
  for (int64_t index = load->stamp ? 1 : 0; index < load->words; index += 1) {
    memcpy(text + text_length, word, sizeof(word) - 1);
    text_length += sizeof(word) - 1;
  }
  size_t event_length = sizeof(before) - 1 + text_length + sizeof(after) - 1;
  size_t body = event_length * (size_t)events;
  char head[32];
  size_t head_length = (size_t)snprintf(head, sizeof(head), "%zx\r\n", body);
  char *packet = malloc(head_length + body + 2);
  if (!packet) return NULL;
  char *place = packet;
  memcpy(place, head, head_length);
  place += head_length;
  for (int64_t index = 0; index < events; index += 1) {
    memcpy(place, before, sizeof(before) - 1);
    place += sizeof(before) - 1;
    memcpy(place, text, text_length);
    place += text_length;
    memcpy(place, after, sizeof(after) - 1);
    place += sizeof(after) - 1;
  }
  memcpy(place, "\r\n", 2);
  *length = head_length + body + 2;
  *first_stamp = head_length + sizeof(before) - 1 + 1;
  *stride = event_length;
  return packet;
}

static bool same(const load *one, const load *other) {
  return one->events == other->events && one->packet == other->packet && one->words == other->words &&
         one->pace_ns == other->pace_ns && one->ttft_ns == other->ttft_ns && one->stamp == other->stamp;
}

static int64_t packet_count(const load *load) { return (load->events + load->packet - 1) / load->packet; }

static rendering *rendering_of(source *s, const load *load) {
  for (rendering *shape = s->shapes; shape; shape = shape->next) {
    if (same(&shape->load, load)) return shape;
  }
  rendering *shape = calloc(1, sizeof(*shape));
  if (!shape) return NULL;
  shape->load = *load;
  int64_t left = load->events - (packet_count(load) - 1) * load->packet;
  shape->last = render_packet(load, left, &shape->last_length, &shape->last_first_stamp, &shape->stamp_stride);
  shape->packet = render_packet(load, load->packet, &shape->packet_length, &shape->first_stamp, &shape->stamp_stride);
  char text[sizeof(finish) + 64];
  int length = snprintf(text, sizeof(text), finish, (long long)load->events, (long long)load->events + 1);
  shape->end = malloc((size_t)length + 64);
  if (!shape->last || !shape->packet || !shape->end) {
    free(shape->last);
    free(shape->packet);
    free(shape->end);
    free(shape);
    return NULL;
  }
  shape->end_length = (size_t)sprintf(shape->end, "%x\r\n%s\r\n0\r\n\r\n", (unsigned)length, text);
  shape->next = s->shapes;
  s->shapes = shape;
  return shape;
}

// MARK: Connections

static void watch(source *s, connection *c, bool write) {
  if (c->wants_write == write) return;
  c->wants_write = write;
  struct epoll_event event = {.events = EPOLLIN | (write ? EPOLLOUT : 0), .data.ptr = c};
  epoll_ctl(s->epoll, EPOLL_CTL_MOD, c->fd, &event);
}

static void drop(source *s, connection *c) {
  heap_remove(s, c);
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
  if (shape->load.stamp) {
    char digits[32];
    snprintf(digits, sizeof(digits), "%0*lld", stamp_digits, (long long)(now_ns(CLOCK_REALTIME) / 1000));
    int64_t events =
        is_last ? shape->load.events - (c->packets - 1) * shape->load.packet : shape->load.packet;
    size_t first = is_last ? shape->last_first_stamp : shape->first_stamp;
    for (int64_t index = 0; index < events; index += 1) {
      memcpy(packet + first + (size_t)index * shape->stamp_stride, digits, stamp_digits);
    }
  }
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
    if (c->due_ns > 0 && c->due_ns > now_ns(CLOCK_MONOTONIC)) break;
    if (!transmit_packet(c)) return false;
    // The pace is kept from the first packet on: what is late is made up for.
    if (c->due_ns > 0) c->due_ns = c->shape->load.pace_ns > 0 ? c->due_ns + c->shape->load.pace_ns : 0;
  }
  bool waits = c->streaming && c->due_ns > 0 && c->rest_length == 0;
  watch(s, c, c->rest_length > 0 || (c->streaming && !waits));
  if (!waits) {
    heap_remove(s, c);
  } else if (c->heap_index < 0) {
    if (!heap_add(s, c)) return false;
  } else {
    heap_down(s, c->heap_index);
    heap_up(s, c->heap_index);
  }
  return true;
}

// MARK: Requests

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

/// Reads a model's name as the load that it asks for.
static bool read_load(const char *name, size_t length, load *load) {
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

/// The length of the body that a head announces; -1 where it cannot be read.
static long body_length(const char *head, size_t length) {
  static const char name[] = "\ncontent-length:";
  for (size_t index = 0; index + sizeof(name) - 1 < length; index += 1) {
    if (strncasecmp(head + index, name, sizeof(name) - 1) != 0) continue;
    long value = strtol(head + index + sizeof(name) - 1, NULL, 10);
    return value >= 0 && value <= max_request_bytes ? value : -1;
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
  if (!close || !read_load(place + 1, (size_t)(close - place - 1), &load)) return refuse(c, "400 Bad Request");
  c->shape = rendering_of(s, &load);
  if (!c->shape) return false;
  c->streaming = true;
  c->packets_sent = 0;
  c->packets = packet_count(&load);
  c->due_ns = load.pace_ns > 0 || load.ttft_ns > 0 ? now_ns(CLOCK_MONOTONIC) + load.ttft_ns : 0;
  char chunk[sizeof(role) + 32];
  int chunk_length = snprintf(chunk, sizeof(chunk), "%zx\r\n%s\r\n", sizeof(role) - 1, role);
  return transmit(c, opening, sizeof(opening) - 1) && transmit(c, chunk, (size_t)chunk_length);
}

/// Takes a whole request out of what was read, if there is one and no stream is on; false where the connection is gone.
static bool take_request(source *s, connection *c) {
  while (!c->streaming && c->request_length > 0) {
    const char *head_end = memmem(c->request, c->request_length, "\r\n\r\n", 4);
    if (!head_end) return c->request_length < max_request_bytes;
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
    if (count == 0 || c->request_length > max_request_bytes) return false;
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
    c->heap_index = -1;
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
    if (count >= 0 || errno != ENOSYS) return (int)count;
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

int cloadsource_serve(int listener, const volatile bool *stop) {
  source s = {.epoll = epoll_create1(EPOLL_CLOEXEC)};
  if (s.epoll < 0) return -1;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  if (epoll_ctl(s.epoll, EPOLL_CTL_ADD, listener, &event) != 0) return -1;
  enum { maximum = 256 };
  struct epoll_event events[maximum];
  const int64_t look = 250000000;
  while (!*stop) {
    int64_t wait = look;
    if (s.heap_count > 0) wait = s.heap[0]->due_ns - now_ns(CLOCK_MONOTONIC);
    int count = wait_for_events(&s, events, maximum, wait < 0 ? 0 : wait > look ? look : wait);
    for (int index = 0; index < count; index += 1) {
      connection *c = events[index].data.ptr;
      if (c) serve(&s, c, events[index].events);
      else welcome(&s, listener);
    }
    int64_t now = now_ns(CLOCK_MONOTONIC);
    // As many as wait now: those that come due meanwhile do not keep the sockets from being read.
    for (int left = s.heap_count; left > 0 && s.heap_count > 0 && s.heap[0]->due_ns <= now; left -= 1) {
      serve(&s, s.heap[0], 0);
    }
  }
  // The process ends with it; its sockets are closed by the system.
  close(s.epoll);
  return 0;
}

#endif
