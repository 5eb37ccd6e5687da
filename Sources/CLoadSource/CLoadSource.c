#define _GNU_SOURCE
#include "CLoadSource.h"

#include <errno.h>
#include <sys/resource.h>

unsigned long cloadsource_raise_open_files(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return (unsigned long)limit.rlim_max;
}

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

#include "connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

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
    if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event) != 0) connection_drop(s, c);
  }
}

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
      if (c) connection_serve(&s, c, events[index].events);
      else welcome(&s, listener);
    }
    int64_t now = now_ns(CLOCK_MONOTONIC);
    // As many as wait now: those that come due meanwhile do not keep the sockets from being read.
    timetable *waiting = &s.waiting;
    for (int left = waiting->count; left > 0 && waiting->count > 0 && waiting->heap[0]->due_ns <= now; left -= 1) {
      connection_serve(&s, (connection *)waiting->heap[0], 0);
    }
  }
  int failure = errno;
  close(s.epoll);
  errno = failure;
  return -1;
}

#endif
