/* The client: a TAP on this machine, and a place in a room. */
#ifndef LP_CLIENT_CLIENT_H
#define LP_CLIENT_CLIENT_H

#include <stdbool.h>

#include "member/member.h"

struct lp_client;
struct lp_failure;
struct lp_log;
struct lp_loop;
struct lp_route_guard;

struct lp_client_config {
	struct lp_member_config member; /* role, mac, events and ctx are filled in by the client */
	const char *tap_name;
	struct lp_mac mac;
	bool mac_forced;       /* no other will do; otherwise an adapter's own is taken where it cannot be changed */
	bool offload;          /* super-frames over the TAP */
	bool broadcast_routes; /* Linux: what games send to everybody leaves by the TAP */
	bool clamp_mss;
	/* Where the notes about changes to the computer are kept (client/windows/route_guard.h), borrowed until
	   lp_client_free(); NULL: routes and interfaces are left as they are. */
	const char *journal_path;
	/* The relay took us in; the place's token is worth keeping. */
	void (*joined)(void *ctx, const struct lp_welcome *welcome);
	/* The state changed, see lp_member_view(); NULL: nobody asks. */
	void (*changed)(void *ctx);
	/* It is over: |failure| says why, NULL after lp_client_stop(). */
	void (*ended)(void *ctx, const struct lp_failure *failure);
	void *ctx;
};

/* Makes the TAP (down) and starts looking for the relay; the TAP comes up at the welcome. */
int lp_client_new(struct lp_loop *loop, const struct lp_client_config *config, struct lp_failure *failure,
	struct lp_client **ret_client);
/* Removes the TAP. NULL is fine. */
void lp_client_free(struct lp_client *client);
/* Says goodbye; `ended` comes with NULL. */
void lp_client_stop(struct lp_client *client);
/* The member inside, for status and diagnostics. */
struct lp_member *lp_client_member(struct lp_client *client);
/* The MAC that the room knows. */
const struct lp_mac *lp_client_mac(const struct lp_client *client);
const char *lp_client_tap_name(const struct lp_client *client);

#endif
