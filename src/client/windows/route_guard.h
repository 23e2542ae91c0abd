/* Keeps the tunnel's packets off the TAP and the games' packets on it. Pins the relay to the route that the system uses
   without the TAP; gives the TAP the lowest metric and ignores default routes on it; checks both every few seconds and
   at each change of the host's network. Everything is undone at the end (client/windows/changes.h). */
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
	const char *device_id;      /* for lp_route_interface() */
	const struct lp_log *log;
	bool inbound; /* let the LAN reach programs of this computer: client/windows/reach.h */
};

int lp_route_guard_new(struct lp_loop *loop, const struct lp_route_guard_config *config, struct lp_failure *failure,
	struct lp_route_guard **ret_guard);
/* The changes are undone by lp_changes_free(). NULL is fine. */
void lp_route_guard_free(struct lp_route_guard *guard);
/* Pins the route to this address of the relay. To be called before the TAP is connected, and when the address changes.
 */
void lp_route_guard_hold(struct lp_route_guard *guard, const struct lp_addr *relay);
/* Configures the TAP, before it is connected and after it was removed. A failure is logged and retried. */
void lp_route_guard_set_adapter(struct lp_route_guard *guard, uint32_t mtu);
/* Undoes, while the TAP is still connected, what cannot be undone afterwards. Nothing is done by the guard after that.
 */
void lp_route_guard_leave(struct lp_route_guard *guard);
/* True if the TAP has an IPv4 address that a DHCP server gave it. */
bool lp_route_guard_has_lease(const struct lp_route_guard *guard);
/* The TAP is connected, and the LAN is or is not reachable through the room; called at every change, and cheap where
   nothing changed. True if the TAP has no address of that LAN's and Windows has to ask for one again: lp_tap_replug().
 */
bool lp_route_guard_follow_lan(struct lp_route_guard *guard, bool lan);
/* A frame that the system sent by the TAP, for the self-test of broadcasts. Cheap. */
void lp_route_guard_saw(struct lp_route_guard *guard, const uint8_t *frame, size_t len);

#endif
