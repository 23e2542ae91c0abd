/* The gateway: a packet socket on the party's switch, and a member of a room behind it.

   Frames of the LAN go to the room and frames of the room to the LAN if the bridge (bridge/bridge.h) lets them pass.
   The bridge also makes frames of its own: refreshes, by which the LAN's switches learn where the remote MACs are, and
   probes, which detect loops. The interface stays open while the connection is lost, but nothing passes. */
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
	struct lp_member_config member; /* the gateway sets role, mac, events and ctx */
	const char *interface;
	bool offload; /* super-frames to the LAN if the interface takes them */
	bool clamp_mss;
	bool force; /* start on a Wi-Fi interface */
	struct lp_framelog_config framelog;
	/* The interface is open, and nothing was sent yet. May be NULL. */
	void (*opened)(void *ctx);
	/* The relay admitted the gateway. May be NULL. */
	void (*joined)(void *ctx, const struct lp_welcome *welcome);
	/* The status changed. May be NULL. */
	void (*changed)(void *ctx);
	/* The relay's reply to lp_member_ask(). May be NULL. */
	void (*host_reply)(void *ctx, const struct lp_host_reply *reply);
	/* The last event: |failure| is the reason, NULL after lp_gateway_stop(). */
	void (*ended)(void *ctx, const struct lp_failure *failure);
	void *ctx;
};

/* Opens the interface and starts to connect. 0 or an LP_E*; |failure| is set. */
int lp_gateway_new(struct lp_loop *loop, const struct lp_gateway_config *config, struct lp_failure *failure,
	struct lp_gateway **ret_gateway);
/* NULL is fine. */
void lp_gateway_free(struct lp_gateway *gateway);
/* Sends a goodbye; `ended` follows with NULL. */
void lp_gateway_stop(struct lp_gateway *gateway);
/* The interface's. */
const struct lp_mac *lp_gateway_mac(const struct lp_gateway *gateway);
/* Sets the counters of limits that the interface and the bridge reached. */
void lp_gateway_count(struct lp_gateway *gateway, struct lp_bound_counters *counters);
/* MACs that are known on the LAN. */
size_t lp_gateway_stations(const struct lp_gateway *gateway);
/* The most that it keeps. */
size_t lp_gateway_stations_max(const struct lp_gateway *gateway);
/* The server of the last DHCP reply that came from the LAN; family 0: none yet. */
const struct lp_addr *lp_gateway_dhcp_server(const struct lp_gateway *gateway);
struct lp_member *lp_gateway_member(struct lp_gateway *gateway);

#endif
