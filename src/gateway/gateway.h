/* The gateway: a packet socket on the party's switch, and the gateway's place in a room. */
#ifndef LP_GATEWAY_GATEWAY_H
#define LP_GATEWAY_GATEWAY_H

#include <stdbool.h>

#include "member/member.h"
#include "obs/framelog.h"

struct lp_bound_counters;
struct lp_failure;
struct lp_gateway;
struct lp_log;
struct lp_loop;

struct lp_gateway_config {
	struct lp_member_config member; /* role, mac, events and ctx are filled in by the gateway */
	const char *interface;
	bool offload; /* super-frames onto the wire where the interface takes them */
	bool clamp_mss;
	struct lp_framelog_config framelog;
	/* The relay took us in; the place's token is worth keeping. NULL: nobody asks. */
	void (*joined)(void *ctx, const struct lp_welcome *welcome);
	/* The state changed, see lp_member_view(); NULL: nobody asks. */
	void (*changed)(void *ctx);
	/* It is over: |failure| says why, NULL after lp_gateway_stop(). */
	void (*ended)(void *ctx, const struct lp_failure *failure);
	void *ctx;
};

/* Opens the interface and starts looking for the relay; bridges from the welcome on. */
int lp_gateway_new(struct lp_loop *loop, const struct lp_gateway_config *config, struct lp_failure *failure,
	struct lp_gateway **ret_gateway);
/* NULL is fine. */
void lp_gateway_free(struct lp_gateway *gateway);
/* Says goodbye; `ended` comes with NULL. */
void lp_gateway_stop(struct lp_gateway *gateway);
/* Of the interface. */
const struct lp_mac *lp_gateway_mac(const struct lp_gateway *gateway);
/* Fills in what the interface and the bridge could not keep or take; the member's own counters stay as they are. */
void lp_gateway_count(struct lp_gateway *gateway, struct lp_bound_counters *counters);
/* The member inside, for status and diagnostics. */
struct lp_member *lp_gateway_member(struct lp_gateway *gateway);

#endif
