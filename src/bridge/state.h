/* The struct behind bridge.h. Internal to bridge/. */
#ifndef LP_BRIDGE_STATE_H
#define LP_BRIDGE_STATE_H

#include <stdbool.h>

#include "bridge/bridge.h"
#include "bridge/members.h"
#include "bridge/reach.h"
#include "proto/mac_table.h"

/* Frames from the wrong side, in the current window. */
struct lp_bridge_strays {
	uint64_t since_ns;
	unsigned n;
};

struct lp_bridge {
	struct lp_bridge_config config;
	struct lp_bridge_counters counters;
	struct lp_bridge_members members;
	struct lp_mac_table macs; /* owner: a member, or one of the three below */
	char local;               /* its address is the owner of local MACs */
	char host;                /* and of those behind the interface on the gateway's own computer */
	char unannounced;         /* and of remote MACs without a member: of computers behind clients */
	uint64_t interface_key;
	uint64_t probe_due_ns;
	uint64_t topology_free_ns; /* before this time, a topology change is postponed */
	bool topology_waits;
	uint32_t probe_number;
	uint64_t report_ns[LP_BRIDGE_LOOP_COUNT]; /* when the kind may be reported again */
	struct lp_reach reach;
	bool deaf; /* as the owner was notified */
	struct lp_bridge_strays remote_on_lan, local_in_tunnel;
};

/* True if a station on the LAN or the gateway's own computer has the MAC. */
bool lp_bridge_is_local(struct lp_bridge *bridge, uint64_t key, uint64_t now_ns);
/* A station on the LAN has the member's MAC. Its objection is the next frame. */
void lp_bridge_displace(struct lp_bridge *bridge, struct lp_bridge_member *member, uint64_t now_ns);

/* |a_ns| + |b_ns|, never beyond LP_NEVER. */
static inline uint64_t lp_bridge_later(uint64_t a_ns, uint64_t b_ns)
{
	return b_ns < LP_NEVER - a_ns ? a_ns + b_ns : LP_NEVER;
}

#endif
