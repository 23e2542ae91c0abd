/* One end of a tunnel: Ethernet frames on one side, DATAGRAMs of a QUIC connection on the other. Whole frames go
   straight into the packet that is being built; larger than the path's budget in fragments; and where the congestion
   window is closed into the egress queue. Used by the relay (one for each peer) and by members (one). */
#ifndef LP_LINK_LINK_H
#define LP_LINK_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "obs/counters.h"

struct lp_frame_pool;
struct lp_link;
struct lp_quic_conn;

/* The parts in which a frame may be given. */
#define LP_LINK_PARTS_MAX 3U

struct lp_link_config {
	struct lp_quic_conn *conn;  /* borrowed; the link is freed before it */
	struct lp_frame_pool *pool; /* borrowed, of the egress queue */
	size_t queue_max_bytes;     /* of the egress queue; 0: 1 MiB */
	uint64_t hash_seed;
	bool by_member; /* frames of different sources share the connection equally (egress/queue.h); at a relay */
	/* A whole frame came in; |frame| is valid until the call returns, in which the link must not be freed. |source|
	 * is the peer id in the overlay header. */
	void (*frame)(void *ctx, uint16_t source, const uint8_t *frame, size_t len, uint64_t now_ns);
	void *ctx;
};

int lp_link_new(const struct lp_link_config *config, struct lp_link **ret_link);
void lp_link_free(struct lp_link *link); /* NULL is fine */
/* Sends a frame given in at most LP_LINK_PARTS_MAX parts. What cannot go is queued or dropped and counted. */
void lp_link_send(struct lp_link *link, uint16_t source, const struct lp_bytes *parts, size_t n_parts, uint64_t now_ns);
/* The connection's `writable` event. */
void lp_link_writable(struct lp_link *link, uint64_t now_ns);
/* The connection's `datagram` event. LP_EMALFORMED: the caller counts it against the peer. */
int lp_link_receive(struct lp_link *link, const uint8_t *data, size_t len, uint64_t now_ns);
/* Gives up fragments that are overdue and memory that is idle; to be called now and then. */
void lp_link_expire(struct lp_link *link, uint64_t now_ns);
/* True while a producer that can wait (a TAP) should: from a frame on that found no room, not even at the cost of a fat
   flow, until a quarter of the queue is left. A full queue alone is no reason: it drops what the fattest flow sent and
   lets all others pass, while in the queue of a device that is not read a game would wait behind a file copy. */
bool lp_link_congested(const struct lp_link *link);
/* What waits in the egress queue, in bytes of frames. */
size_t lp_link_waiting_bytes(const struct lp_link *link);
/* The counters up to now; the caller may add drops of its own. Valid as long as the link. */
struct lp_link_counters *lp_link_counters(struct lp_link *link);

#endif
