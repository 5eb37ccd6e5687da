/// A source of load: serves streams of equal chat-completion events that were rendered once.
///
/// One thread, epoll, one write a packet; the cost of an event is the kernel's. `Benchmarks goals` prints how idle it is.

#ifndef CLOADSOURCE_H
#define CLOADSOURCE_H

#ifdef __cplusplus
extern "C" {
#endif

/// Raises the number of files and sockets that this process may have open as far as the system allows.
///
/// Returns it, or 0 where the system does not say.
unsigned long cloadsource_raise_open_files(void);

/// Listens on loopback.
///
/// - `port`: 0 takes a free one; set to the one taken.
/// Returns the listening socket, or -1 with errno set; errno is ENOSYS where the system has no epoll.
int cloadsource_listen(int *port);

/// Serves for ever: the sockets end with the process. Returns -1 with errno set where it cannot.
///
/// The response to a POST of any path is a stream of events by the model in its body, in the words of the mock:
/// `bulk=EVENTS+packet=N+chunk=WORDS+pace=DURATION+ttft=DURATION+stamp`. Anything else gets 400 or 404.
int cloadsource_serve(int listener);

#ifdef __cplusplus
}
#endif

#endif
