/* A TCP connection that never blocks, made or accepted, driven by the loop.

   The owner reads and writes when |ready| is called; a write that returned LP_EAGAIN is worth another try then. The
   system's send buffer is the only queue: data that was not sent yet is limited to LP_TCP_UNSENT_MAX bytes where the
   system can do that (TCP_NOTSENT_LOWAT), so that a write fails while the path is busy instead of adding delay. Small
   segments are not held back (TCP_NODELAY). */
#ifndef LP_PLATFORM_NET_TCP_H
#define LP_PLATFORM_NET_TCP_H

#include <stddef.h>
#include <stdint.h>

struct lp_addr;
struct lp_loop;
struct lp_tcp;

/* Bytes that were written and that TCP has not sent yet. */
#define LP_TCP_UNSENT_MAX 131072

/* The connection was established or has failed, can be read, or can be written again. May close the connection. */
typedef void (*lp_tcp_ready_fn)(void *ctx);

/* Starts to connect, through the interface with this index (0: by the routes). 0; LP_ENOMEM, LP_EUNREACH, … */
int lp_tcp_connect(struct lp_loop *loop, const struct lp_addr *remote, uint32_t interface, lp_tcp_ready_fn ready,
	void *ctx, struct lp_tcp **ret_tcp);
/* Takes a socket that a listener accepted (net/stream.h) or lp_tcp_detach() returned, also on failure.
   0; LP_ENOMEM, LP_EIO. */
int lp_tcp_adopt(struct lp_loop *loop, intptr_t socket, lp_tcp_ready_fn ready, void *ctx, struct lp_tcp **ret_tcp);
/* Takes the connection off its loop and frees the rest. Returns the socket, which is the caller's, for lp_tcp_adopt()
   on another loop; what is to be read stays in it. Allowed from inside |ready|. */
intptr_t lp_tcp_detach(struct lp_tcp *tcp);
/* Closes the connection. What was written is still sent. NULL is fine. */
void lp_tcp_close(struct lp_tcp *tcp);
/* 0: it is established; LP_EAGAIN: not yet; otherwise why it failed. */
int lp_tcp_connected(struct lp_tcp *tcp);
/* Reads. The number of bytes; LP_EAGAIN; LP_ECLOSED: the other end has closed it, or it is broken. */
int lp_tcp_read(struct lp_tcp *tcp, uint8_t *data, size_t max);
/* Writes. The number of bytes that were taken; LP_EAGAIN, |ready| follows; LP_ECLOSED. */
int lp_tcp_write(struct lp_tcp *tcp, const uint8_t *data, size_t len);
/* The addresses of the two ends; family 0 if it is not connected. */
void lp_tcp_local(const struct lp_tcp *tcp, struct lp_addr *ret_local);
void lp_tcp_remote(const struct lp_tcp *tcp, struct lp_addr *ret_remote);

#endif
