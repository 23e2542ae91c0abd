/* Lets the LAN reach games that this computer hosts.

   Windows takes the TAP's network for a public one, because it has no default route, and its firewall drops what comes
   in unasked. Once the TAP has an address its network is made private; if Windows refuses, firewall rules are added
   that let the LAN's own subnet in through the TAP, but not to file sharing, remote procedure calls and remote desktop.
   Both are in the journal before they are made, and are undone at the end. A network that is private already, or a
   domain's, is left alone. Windows takes its time, so all of it happens on another thread (platform/net/inbound.h). */
#ifndef LP_CLIENT_WINDOWS_REACH_H
#define LP_CLIENT_WINDOWS_REACH_H

#include <stdbool.h>

#include "platform/net/route_change.h"

struct lp_changes;
struct lp_inbound;
struct lp_log;
struct lp_loop;

enum lp_reach_state {
	LP_REACH_IDLE, /* nothing is known of the network */
	LP_REACH_QUERYING,
	LP_REACH_SETTING,  /* making it private */
	LP_REACH_ALLOWING, /* adding firewall rules */
	LP_REACH_DONE,
};

struct lp_reach {
	struct lp_loop *loop;
	struct lp_changes *changes;
	const struct lp_log *log;
	const char *device;
	struct lp_route_interface tap;
	enum lp_reach_state state;
	struct lp_inbound *task; /* NULL, or what is under way or just done */
	unsigned n_queries;      /* without an answer */
};

/* All pointers are borrowed until lp_reach_done(). */
void lp_reach_init(struct lp_reach *reach, struct lp_loop *loop, struct lp_changes *changes, const struct lp_log *log,
	const char *device);
/* Ends what is under way; what was changed is undone by lp_reach_leave() or with the changes. */
void lp_reach_done(struct lp_reach *reach);
/* The TAP has a new address, so perhaps it is in another network. */
void lp_reach_renew(struct lp_reach *reach);
/* Goes on, if something is to be done now; called every half second while lp_reach_is_waiting(). */
void lp_reach_look(struct lp_reach *reach, const struct lp_route_interface *tap);
bool lp_reach_is_waiting(const struct lp_reach *reach);
/* Undoes everything while the TAP is still connected: Windows has no network to change afterwards. */
void lp_reach_leave(struct lp_reach *reach);

#endif
