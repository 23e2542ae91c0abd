/* A receive batch: one recvmmsg() into buffers that stay where they are.

   Each message has room for a 64 KiB run, since GRO may bring one at any time, but only what the kernel writes is
   ever touched. How many messages are asked for follows from how long the last ones of the same socket were, so that
   a batch is about as many bytes as wanted whether it brings runs or single small datagrams: it stays in the
   second-level cache while it is worked on, and the other sockets of the loop get their turn soon. */
#ifndef LP_PLATFORM_LINUX_NET_RECV_BATCH_H
#define LP_PLATFORM_LINUX_NET_RECV_BATCH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "platform/posix/net/sockaddr.h"

#define LP_RECV_BATCH_MAX 64
#define LP_RECV_CONTROL_BYTES 192
/* A 64 KiB message with headers, rounded up to an odd number of cache lines: neighbours then start in different
   cache sets, where a power of two would crowd all of them into one. */
#define LP_RECV_SLOT_BYTES ((size_t)1049 * 64)

struct lp_recv_batch {
	struct mmsghdr msgs[LP_RECV_BATCH_MAX];
	struct iovec iov[LP_RECV_BATCH_MAX];
	union lp_sockaddr names[LP_RECV_BATCH_MAX];
	_Alignas(struct cmsghdr) uint8_t control[LP_RECV_BATCH_MAX][LP_RECV_CONTROL_BYTES];
	uint8_t *arena; /* the slots */
	unsigned dirty; /* leading messages whose lengths recvmmsg() has overwritten */
};

int lp_recv_batch_init(struct lp_recv_batch *batch);
void lp_recv_batch_done(struct lp_recv_batch *batch);
/* Reads what is there, without waiting, about |bytes| of it. |average_bytes| is the socket's moving average of a
   message's length, at first 0. The number of messages (0: nothing there), or the negative errno. Message i:
   msgs[i].msg_len bytes at iov[i].iov_base. */
int lp_recv_batch_read(struct lp_recv_batch *batch, int fd, size_t bytes, size_t *average_bytes);

#endif
