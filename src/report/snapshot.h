/* The diagnostics that a member writes to its log every 30 s: the figures, as the event `snapshot`. */
#ifndef LP_REPORT_SNAPSHOT_H
#define LP_REPORT_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

#include "obs/counters.h"
#include "report/status.h"

struct lp_addr;
struct lp_log;

/* Texts are borrowed for the call; NULL is empty. */
struct lp_snapshot {
	enum lp_status status;
	const struct lp_addr *relay;             /* NULL: no connection */
	uint64_t rtt_ns;                         /* to the relay; 0: unknown */
	uint64_t packets_lost;                   /* of ours, on this connection */
	size_t budget_bytes;                     /* of a DATAGRAM */
	const char *device;                      /* the TAP, or the gateway's interface */
	const char *device_state;                /* "up", "down" */
	const char *device_address;              /* IP address, if it has one */
	size_t n_peers;                          /* others in the room */
	const struct lp_link_counters *counters; /* of our end of the tunnel */
	const struct lp_stats_message *told;     /* the relay's last `stats`; NULL: none yet */
	struct lp_bound_counters bounds;         /* what could not be kept or taken */
};

/* Emits the event. Its gateway_rtt is the estimate of report/latency.h. Drops are those at our end, and after
 * "relay:" those of our frames at the relay. Bounds are those that were reached. */
void lp_snapshot_log(const struct lp_log *log, const struct lp_snapshot *snapshot);

#endif
