/* A link carries Ethernet frames over the DATAGRAMs of one QUIC connection. The relay has one per peer, a member one.

   Sending. A frame goes straight into the packet that is being built if it fits into the DATAGRAM budget, and in
   fragments (proto/fragment.h) if it does not. When the congestion window is closed, the frame is copied to the egress
   queue (egress/queue.h), and lp_link_writable() continues from there. A small frame of a flow that has nothing queued
   may pass the queue: it is most likely a game's, and a few hundred bytes per opening of the window cause no delay
   that matters.

   Receiving. A DATAGRAM is a whole frame, which is passed on without a copy, or a fragment, which is copied into a
   reassembly buffer.

   Invariants.
   - Frames of one flow are not reordered by the link.
   - A frame whose first fragment was sent is finished before any other, because the peer reassembles in order; if the
     path MTU shrinks before that, it starts again with new fragments.
   - Every frame is sent, queued, or counted as a drop.

   The link does not look into frames, except that the queue hashes their flow; it knows no rooms, roles or filters. It
   does not retransmit. It is driven by the events of its connection (`datagram`, `writable`) and by its owner's frames,
   and is freed before the connection. */
#ifndef LP_LINK_LINK_H
#define LP_LINK_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "egress/queue.h"
#include "obs/counters.h"

struct lp_frame_pool;
struct lp_link;
struct lp_quic_conn;

/* Parts in which a frame may be passed. */
#define LP_LINK_PARTS_MAX 3U

struct lp_link_config {
	struct lp_quic_conn *conn;  /* borrowed; the link is freed before it */
	struct lp_frame_pool *pool; /* borrowed, of the egress queue */
	size_t queue_max_bytes;     /* of the egress queue; 0: 2 MiB */
	uint64_t hash_seed;
	enum lp_queue_share share; /* who shares the connection equally (egress/queue.h) */
	/* A whole frame was received; |frame| is valid until the call returns, in which the link must not be freed.
	   |source| is the peer id in the overlay header. */
	void (*frame)(void *ctx, uint16_t source, const uint8_t *frame, size_t len, uint64_t now_ns);
	void *ctx;
};

int lp_link_new(const struct lp_link_config *config, struct lp_link **ret_link);
void lp_link_free(struct lp_link *link); /* NULL is fine */
/* Sends, queues, or drops and counts a frame of at most LP_LINK_PARTS_MAX parts. LP_DROP_NONE, or why it was dropped. A
   queued frame may still be dropped later. */
enum lp_drop lp_link_send(
	struct lp_link *link, uint16_t source, const struct lp_bytes *parts, size_t n_parts, uint64_t now_ns);
/* The connection's `writable` event. */
void lp_link_writable(struct lp_link *link, uint64_t now_ns);
/* The connection's `datagram` event. 0 or LP_EMALFORMED, which the caller counts against the peer. */
int lp_link_receive(struct lp_link *link, const uint8_t *data, size_t len, uint64_t now_ns);
/* Drops incomplete frames that have timed out and frees idle memory. Call it about once a second. */
void lp_link_expire(struct lp_link *link, uint64_t now_ns);
/* True while a producer that can wait, such as a TAP, should: from the first frame that found no space, even at the
   cost of other flows, until a quarter of the queue is left. A full queue alone is no reason, because it drops the
   frames of the largest flow and passes all others, whereas in the queue of a device that is not read a game would wait
   behind a file copy. */
bool lp_link_congested(const struct lp_link *link);
/* Bytes of frames in the egress queue. */
size_t lp_link_waiting_bytes(const struct lp_link *link);
/* The counters, brought up to date; the caller may add drops of its own. Valid until the link is freed. */
struct lp_link_counters *lp_link_counters(struct lp_link *link);

#endif
