// The least that a client of event streams can do: epoll, one buffer, memchr. It counts events and stores nothing.
//
// reader PORT STREAMS MODEL SETTLE_SECONDS WINDOW_SECONDS PROMPT_BYTES
//
// Keeps STREAMS streams open, each on a connection of its own; when one ends, the next begins. When all stand and
// SETTLE_SECONDS have passed it counts for WINDOW_SECONDS and prints one line of JSON, with the members that all
// clients of this comparison print.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { buffer_bytes = 64 << 10, line_bytes = 64 << 10, maximum_opening = 64, latency_buckets = 1 << 20 };

typedef struct {
  int fd;
  bool has_begun;
  bool is_chunk_end;
  char *line;
  size_t line_length;
  uint64_t events;
} stream;

static uint64_t events, requests;
static int begun, opening;
static char *request;
static size_t request_length;
static bool measures_latency, is_window;
/// Counts by whole microseconds; the last one holds all that took longer.
static uint32_t *latencies;
static uint64_t latency_count;

static double seconds(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double cpu_us(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static long resident_kb(void) {
  long size = 0, pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (file) {
    if (fscanf(file, "%ld %ld", &size, &pages) != 2) pages = 0;
    fclose(file);
  }
  return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void fail(const char *what) {
  fprintf(stderr, "reader: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void send_request(stream *s) {
  if (send(s->fd, request, request_length, MSG_NOSIGNAL) != (ssize_t)request_length) fail("send");
  requests += 1;
}

static void note_latency(const char *line, size_t length) {
  static const char key[] = "\"content\":\" ";
  const char *place = memmem(line, length, key, sizeof(key) - 1);
  if (!place || length - (size_t)(place - line) < sizeof(key) - 1 + 16) return;
  int64_t stamp = 0;
  for (int index = 0; index < 16; index += 1) stamp = 10 * stamp + (place[sizeof(key) - 1 + index] - '0');
  int64_t gap = (int64_t)(seconds(CLOCK_REALTIME) * 1e6) - stamp;
  if (gap < 0) gap = 0;
  latencies[gap < latency_buckets ? gap : latency_buckets - 1] += 1;
  latency_count += 1;
}

/// By nearest rank, as all figures here.
static long percentile(uint64_t percent) {
  uint64_t seen = 0;
  for (long bucket = 0; bucket < latency_buckets; bucket += 1) {
    seen += latencies[bucket];
    if (seen > 0 && 100 * seen >= percent * (uint64_t)latency_count) return bucket;
  }
  return 0;
}

static void take_line(stream *s, const char *line, size_t length) {
  if (length >= 6 && memcmp(line, "data: ", 6) == 0) {
    if (!s->has_begun) {
      s->has_begun = true;
      begun += 1;
      opening -= 1;
    }
    // What a client would call an event of content; the first of a stream is its opening.
    events += 1;
    s->events += 1;
    if (measures_latency && is_window) note_latency(line, length);
  } else if (length == 2 && line[0] == '0' && line[1] == '\r') {
    s->is_chunk_end = true;
  } else if (s->is_chunk_end) {
    s->is_chunk_end = false;
    send_request(s);
  }
}

static void receive(stream *s, char *buffer) {
  ssize_t count = recv(s->fd, buffer, buffer_bytes, MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) fail("a stream was closed");
  const char *place = buffer, *end = buffer + count;
  while (place < end) {
    const char *newline = memchr(place, '\n', (size_t)(end - place));
    size_t length = (size_t)((newline ? newline : end) - place);
    if (!newline || s->line_length > 0) {
      if (!s->line) s->line = malloc(line_bytes);
      if (!s->line || s->line_length + length > line_bytes) fail("a line is too long");
      memcpy(s->line + s->line_length, place, length);
      s->line_length += length;
      if (!newline) return;
      take_line(s, s->line, s->line_length);
      s->line_length = 0;
      free(s->line);
      s->line = NULL;
    } else {
      take_line(s, place, length);
    }
    place = newline + 1;
  }
}

static void start(stream *s, int port, int epoll) {
  s->fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (s->fd < 0 || connect(s->fd, (struct sockaddr *)&address, sizeof(address)) != 0) fail("connect");
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = s};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, s->fd, &event) != 0) fail("epoll_ctl");
  send_request(s);
  opening += 1;
}

static void make_request(int port, const char *model, long prompt_bytes) {
  char *prompt = malloc((size_t)prompt_bytes + 1);
  memset(prompt, 'x', (size_t)prompt_bytes);
  prompt[prompt_bytes] = 0;
  char *body, *text;
  int length = asprintf(
      &body, "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}],\"stream\":true}", model, prompt);
  request_length = (size_t)asprintf(
      &text, "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n"
             "Content-Length: %d\r\n\r\n%s", port, length, body);
  request = text;
  free(body);
  free(prompt);
}

int main(int argc, char **argv) {
  if (argc != 7) {
    fprintf(stderr, "reader PORT STREAMS MODEL SETTLE_SECONDS WINDOW_SECONDS PROMPT_BYTES\n");
    return 2;
  }
  int port = atoi(argv[1]), count = atoi(argv[2]);
  double settle = atof(argv[4]), window = atof(argv[5]);
  measures_latency = strstr(argv[3], "+stamp") != NULL;
  make_request(port, argv[3], atol(argv[6]));
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (measures_latency) latencies = calloc(latency_buckets, sizeof(*latencies));
  long resident_before = resident_kb();
  stream *streams = calloc((size_t)count, sizeof(*streams));
  static char buffer[buffer_bytes];
  int epoll = epoll_create1(0);
  int started = 0;
  double window_start = 0, window_end = 0, start_cpu = 0, end_cpu = 0, ready = 0;
  uint64_t start_events = 0, end_events = 0;
  for (;;) {
    while (started < count && opening < maximum_opening) start(&streams[started++], port, epoll);
    struct epoll_event ready_events[256];
    int ready_count = epoll_wait(epoll, ready_events, 256, 100);
    for (int index = 0; index < ready_count; index += 1) receive(ready_events[index].data.ptr, buffer);
    double now = seconds(CLOCK_MONOTONIC);
    if (ready == 0 && begun == count) ready = now;
    if (ready > 0 && !is_window && now >= ready + settle) {
      is_window = true;
      window_start = now;
      start_cpu = cpu_us();
      start_events = events;
      for (int index = 0; index < count; index += 1) streams[index].events = 0;
    }
    if (is_window && now >= window_start + window) {
      window_end = now;
      end_cpu = cpu_us();
      end_events = events;
      break;
    }
  }
  uint64_t least = UINT64_MAX;
  for (int index = 0; index < count; index += 1) {
    if (streams[index].events < least) least = streams[index].events;
  }
  printf(
      "{\"client\":\"c-reader\",\"streams\":%d,\"events\":%llu,\"requests\":%llu,\"wall_us\":%.0f,\"cpu_us\":%.0f,"
      "\"resident_before_kb\":%ld,\"resident_kb\":%ld,\"least_events_of_a_stream\":%llu",
      count, (unsigned long long)(end_events - start_events), (unsigned long long)requests,
      (window_end - window_start) * 1e6, end_cpu - start_cpu, resident_before, resident_kb(),
      (unsigned long long)least);
  if (measures_latency) printf(",\"latency_p50_us\":%ld,\"latency_p99_us\":%ld", percentile(50), percentile(99));
  printf("}\n");
  return 0;
}
