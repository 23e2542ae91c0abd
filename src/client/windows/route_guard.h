/* Keeps the tunnel off itself, and games on the TAP: holds the relay's route on the interface that leads to it without
   the TAP, sets the TAP so that it is preferred and brings no default route, and looks every few seconds, and when the
   network changes, whether that is still so. All of it is undone at the end (client/windows/changes.h). */
#ifndef LP_CLIENT_WINDOWS_ROUTE_GUARD_H
#define LP_CLIENT_WINDOWS_ROUTE_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/net/route_change.h"

struct lp_addr;
struct lp_changes;
struct lp_failure;
struct lp_log;
struct lp_loop;
struct lp_route_guard;

struct lp_route_guard_config {
	struct lp_changes *changes; /* borrowed until lp_route_guard_free(), as are the others */
	const char *device;         /* the TAP's name, for people */
	const char *device_id;      /* by which the system finds it: lp_route_interface() */
	const struct lp_log *log;
};

int lp_route_guard_new(struct lp_loop *loop, const struct lp_route_guard_config *config, struct lp_failure *failure,
	struct lp_route_guard **ret_guard);
/* What was changed is undone with the changes, not here. NULL is fine. */
void lp_route_guard_free(struct lp_route_guard *guard);
/* The relay is, or will be, at this address: its route is held from now on. To be called before the TAP is connected;
   again when the address is another one. */
void lp_route_guard_hold(struct lp_route_guard *guard, const struct lp_addr *relay);
/* Sets the TAP, before it is connected, and again when it was away. What cannot be set is told by an event, and tried
   again. */
void lp_route_guard_set_adapter(struct lp_route_guard *guard, uint32_t mtu);
/* The TAP is connected, and the LAN is or is not reachable through the room; called at every change, and cheap where
   nothing changed. True if the TAP has no address of that LAN's and Windows has to ask for one again: lp_tap_replug().
 */
bool lp_route_guard_follow_lan(struct lp_route_guard *guard, bool lan);
/* A frame that the system sent by the TAP: the self-test of broadcasts waits for one. Cheap. */
void lp_route_guard_saw(struct lp_route_guard *guard, const uint8_t *frame, size_t len);

#endif
