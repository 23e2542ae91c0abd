/* CoDel (RFC 8289): decides by the time that packets spend in a queue whether to drop one. */
#ifndef LP_EGRESS_CODEL_H
#define LP_EGRESS_CODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lp_codel_config {
	uint64_t target_ns;   /* acceptable standing delay (RFC 8289 §4.2) */
	uint64_t interval_ns; /* about the longest round trip (RFC 8289 §4.3) */
	size_t mtu_bytes;     /* a backlog of no more than this is never too long (RFC 8289 §5.4) */
};

/* The state of one queue; all zero at the start. */
struct lp_codel {
	uint64_t first_above_ns; /* when the delay will have been above target for an interval; 0: it is not above */
	uint64_t drop_next_ns;   /* time of the next drop, while |dropping| */
	uint32_t count;          /* drops since dropping began */
	uint32_t last_count;     /* |count| when dropping began */
	bool dropping;
};

/* True if the packet at the queue's head, which is about to leave, must be dropped or marked. It waited |sojourn_ns|;
   |backlog_bytes| are queued behind it. After a drop, call it for the next packet. */
bool lp_codel_drop(struct lp_codel *codel, const struct lp_codel_config *config, uint64_t sojourn_ns,
	size_t backlog_bytes, uint64_t now_ns);

/* The queue ran empty: there is no delay any more (RFC 8289 §5.5, dodequeue). */
void lp_codel_empty(struct lp_codel *codel);

/* interval / sqrt(count): the time from the |count|th drop to the next (RFC 8289 §5.3). */
uint64_t lp_codel_gap_ns(uint64_t interval_ns, uint32_t count);

#endif
