/// A source of load: serves streams of equal chat-completion events that were rendered once.
///
/// One thread, epoll, one write a packet; what an event costs is the kernel's. Measured beside the mock in a release
/// build: see the table that `Benchmarks goals` prints.

#ifndef CLOADSOURCE_H
#define CLOADSOURCE_H


#ifdef __cplusplus
extern "C" {
#endif

/// Listens on loopback.
///
/// - `port`: 0 takes a free one; set to the one taken.
/// Returns the listening socket, or -1 with errno set. Where the system has no epoll it is ENOSYS.
int cloadsource_listen(int *port);

/// Serves for ever: the sockets end with the process. Returns -1 with errno set where it cannot.
///
/// A POST of any path is answered with a stream of events as the model in its body says, in the mock's own words:
/// `bulk=EVENTS+packet=N+chunk=WORDS+pace=DURATION+ttft=DURATION+stamp`. Anything else gets 400 or 404.
int cloadsource_serve(int listener);

#ifdef __cplusplus
}
#endif

#endif
