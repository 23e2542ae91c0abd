/* A receive batch: one recvmmsg() into fixed buffers.

   Each message has room for a 64 KiB run, because GRO may deliver one at any time, but only what the kernel writes is
   ever touched. The number of messages per call follows the average length of the socket's recent messages, so that a
   batch is about as long as requested, whether it brings runs or small datagrams. It then stays in the second-level
   cache while it is processed, and the loop's other sockets are served soon. */
#ifndef LP_PLATFORM_LINUX_NET_RECV_BATCH_H
#define LP_PLATFORM_LINUX_NET_RECV_BATCH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "platform/posix/net/sockaddr.h"

#define LP_RECV_BATCH_MAX 64
#define LP_RECV_CONTROL_BYTES 192
/* A 64 KiB message with headers, rounded up to an odd number of cache lines: neighbours then start in different cache
   sets, while a power of two would put all of them into one. */
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
/* Reads available messages, about |bytes| in total, without blocking. |average_bytes| is the socket's moving average of
   a message's length, initially 0. Returns the number of messages (0: none available), or the negative errno. Message i
   is msgs[i].msg_len bytes at iov[i].iov_base. */
int lp_recv_batch_read(struct lp_recv_batch *batch, int fd, size_t bytes, size_t *average_bytes);

#endif
