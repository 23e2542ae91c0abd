/* Listening stream sockets, for http/ and carrier/tls/: TCP, and a local channel that only programs of this machine can
   reach.

   The local channel is named by a path. On POSIX systems it is a Unix socket there, mode 0660, and the file's mode is
   the access control. On Windows it is a TCP port on 127.0.0.1, and the file at the path, which only administrators
   can read, holds the port and a random token that a caller must present.

   A listener accepts from the loop, a bounded number of connections per pass, and hands each socket to its owner. When
   the process or the system runs out of descriptors, it stops polling for ACCEPT_PAUSE_NS: the socket stays readable,
   and a level-triggered loop would spin. It keeps no list of connections; the owner limits their number. */
#ifndef LP_PLATFORM_NET_STREAM_H
#define LP_PLATFORM_NET_STREAM_H

#include <stdint.h>

struct lp_addr;
struct lp_failure;
struct lp_loop;
struct lp_stream_listener;
struct lp_stream_ready;

/* Characters of a token with its NUL. */
#define LP_STREAM_TOKEN_MAX 33

/* A connection arrived. |socket| does not block and belongs to the callee; |address|, a struct sockaddr of
   |address_len| bytes, is valid until the call returns. */
typedef void (*lp_stream_accept_fn)(void *ctx, intptr_t socket, const void *address, unsigned address_len);

/* Listens on a TCP address and port (0: the system chooses one). Family 0: on any address of both families. */
int lp_stream_listen(struct lp_loop *loop, const struct lp_addr *address, lp_stream_accept_fn fn, void *ctx,
	struct lp_failure *failure, struct lp_stream_listener **ret_listener);
/* Listens on the local channel at |path|, whose folder must exist. What a killed program left at the path is replaced.
   LP_EINUSE: another program is listening there. Changes the umask for a moment, so no other thread may be creating
   files. */
int lp_stream_listen_local(struct lp_loop *loop, const char *path, lp_stream_accept_fn fn, void *ctx,
	struct lp_failure *failure, struct lp_stream_listener **ret_listener);
/* The token that callers must present; empty where the system guards the channel. Valid as long as the listener. */
const char *lp_stream_token(const struct lp_stream_listener *listener);
/* The TCP address with the port. */
void lp_stream_address(const struct lp_stream_listener *listener, struct lp_addr *ret_address);
/* Stops listening and removes what is at the path. Accepted sockets are not touched. NULL is fine. */
void lp_stream_close(struct lp_stream_listener *listener);

/* Shuts down both directions of an accepted socket: reading it returns the end of the stream. */
void lp_stream_shutdown(intptr_t socket);
/* Closes an accepted socket. */
void lp_stream_discard(intptr_t socket);

/* Calls |fn| from the loop when one of a group of accepted sockets can be read or written. |poll_fd| is a descriptor
   that becomes readable then (an epoll instance); systems that have none report the sockets that were added. */
typedef void (*lp_stream_ready_fn)(void *ctx);
int lp_stream_ready_new(
	struct lp_loop *loop, intptr_t poll_fd, lp_stream_ready_fn fn, void *ctx, struct lp_stream_ready **ret_ready);
/* 0, or LP_EFULL. */
int lp_stream_ready_add(struct lp_stream_ready *ready, intptr_t socket);
void lp_stream_ready_free(struct lp_stream_ready *ready); /* NULL is fine */

#endif
