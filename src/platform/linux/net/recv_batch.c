#include "platform/linux/net/recv_batch.h"

#include <errno.h>
#include <sys/mman.h>

#include "base/error.h"

/* Prepares a message for the next recvmmsg(). */
static void reset(struct lp_recv_batch *batch, unsigned i)
{
	struct msghdr *hdr = &batch->msgs[i].msg_hdr;
	hdr->msg_namelen = sizeof batch->names[i];
	hdr->msg_controllen = sizeof batch->control[i];
	hdr->msg_flags = 0;
}

int lp_recv_batch_init(struct lp_recv_batch *batch)
{
	size_t arena_bytes = LP_RECV_BATCH_MAX * LP_RECV_SLOT_BYTES;
	*batch = (struct lp_recv_batch){0};
	batch->arena = mmap(NULL, arena_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (batch->arena == MAP_FAILED) {
		batch->arena = NULL;
		return LP_ENOMEM;
	}
	/* Most slots never hold more than a page or two; huge pages would make the whole arena resident. */
	madvise(batch->arena, arena_bytes, MADV_NOHUGEPAGE);
	for (unsigned i = 0; i < LP_RECV_BATCH_MAX; i++) {
		struct msghdr *hdr = &batch->msgs[i].msg_hdr;
		batch->iov[i] = (struct iovec){batch->arena + i * LP_RECV_SLOT_BYTES, LP_RECV_SLOT_BYTES};
		hdr->msg_iov = &batch->iov[i];
		hdr->msg_iovlen = 1;
		hdr->msg_name = &batch->names[i];
		hdr->msg_control = batch->control[i];
		reset(batch, i);
	}
	return 0;
}

void lp_recv_batch_done(struct lp_recv_batch *batch)
{
	if (batch->arena)
		munmap(batch->arena, LP_RECV_BATCH_MAX * LP_RECV_SLOT_BYTES);
	batch->arena = NULL;
}

/* The number of messages in a batch of |bytes|. */
static unsigned messages_wanted(size_t bytes, size_t average_bytes)
{
	size_t n = bytes / (average_bytes + 1);
	if (n == 0)
		return 1;
	return n < LP_RECV_BATCH_MAX ? (unsigned)n : LP_RECV_BATCH_MAX;
}

int lp_recv_batch_read(struct lp_recv_batch *batch, int fd, size_t bytes, size_t *average_bytes)
{
	size_t total_bytes = 0;
	for (unsigned i = 0; i < batch->dirty; i++)
		reset(batch, i);
	batch->dirty = 0;
	int n = recvmmsg(fd, batch->msgs, messages_wanted(bytes, *average_bytes), MSG_DONTWAIT, NULL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	batch->dirty = (unsigned)n;
	for (int i = 0; i < n; i++)
		total_bytes += batch->msgs[i].msg_len;
	if (n > 0)
		*average_bytes = (3 * *average_bytes + total_bytes / (unsigned)n) / 4;
	return n;
}
