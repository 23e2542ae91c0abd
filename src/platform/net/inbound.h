/* Whether other computers on an interface's network can reach programs of this computer. Windows takes a network
   without a default route for a public one and drops what comes in unasked: a game that is hosted here is not found. */
#ifndef LP_PLATFORM_NET_INBOUND_H
#define LP_PLATFORM_NET_INBOUND_H

#include "platform/net/route_change.h"

struct lp_loop;
struct lp_inbound;

enum lp_inbound_action {
	LP_INBOUND_QUERY,   /* the network's category: LP_INBOUND_PUBLIC or LP_INBOUND_PRIVATE */
	LP_INBOUND_PRIVATE, /* makes the network private, whose firewall rules let games in */
	LP_INBOUND_PUBLIC,  /* makes it public again, if it is private */
	LP_INBOUND_ALLOW, /* adds firewall rules: the interface's own subnet may reach this computer through it, but not
			     its file sharing, remote procedure calls and remote desktop */
	LP_INBOUND_FORBID, /* removes these rules; fine if there are none */
};

/* Carries one action out. It may take seconds. 0 (or the category); LP_ENOTFOUND: the system has no network for this
   interface, or not yet; LP_EPERM; LP_EUNSUPPORTED; LP_EIO. */
int lp_inbound_do(const struct lp_route_interface *interface, enum lp_inbound_action action);

/* The same on a thread of its own: |done| is called from the loop with the result. */
int lp_inbound_start(struct lp_loop *loop, const struct lp_route_interface *interface, enum lp_inbound_action action,
	void (*done)(void *ctx, int result), void *ctx, struct lp_inbound **ret_inbound);
/* |done| is not called any more. Waits up to two seconds for an action that is under way; it is carried out all the
   same. From |done| too. NULL is fine. */
void lp_inbound_free(struct lp_inbound *inbound);

#endif
