#include "client/windows/route_guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "client/windows/broadcast_test.h"
#include "client/windows/changes.h"
#include "client/windows/lease.h"
#include "client/windows/reach.h"
#include "obs/event.h"
#include "platform/loop/loop.h"
#include "platform/net/netwatch.h"
#include "platform/net/system_dhcp.h"

/* Interval of checks: while the first configuration is incomplete, and afterwards. */
#define LOOK_SOON_NS (500 * LP_MS)
#define LOOK_NS (5 * LP_SEC)
/* Lower than any automatic metric of Windows. */
#define METRIC 1
/* Minimum for IPv6 (RFC 8200 §5). */
#define MTU_MIN6 1280
#define ADDRESSES_MAX 64

struct lp_route_guard {
	struct lp_route_guard_config config;
	struct lp_loop *loop;
	struct lp_netwatch *netwatch;
	struct lp_timer *timer;
	uint64_t look_ns; /* the next check */

	struct lp_addr relay; /* port 0; family 0: unknown yet */
	struct lp_route pin;  /* our route to the relay */
	bool pinned;          /* it exists */
	bool foreign;         /* a host route of another program exists instead */
	char complaint[400];  /* the last one logged, so that each is logged once */

	struct lp_route_interface tap;                /* zeros: not found yet */
	uint32_t mtu;                                 /* of the TAP, as configured; 0: not yet */
	bool set[2];                                  /* IPv4 and IPv6 are configured */
	uint32_t set_mtu[2];                          /* what was set last */
	struct lp_route_settings foreign_settings[2]; /* another program's, as they were last logged */
	char set_complaint[400];                      /* the last failure to set them, so that each is logged once */
	struct lp_addr tested; /* the address that broadcasts were tested with; family 0: none yet */
	struct lp_broadcast_test test;
	struct lp_lease lease;
	struct lp_reach reach;
	bool had_address; /* the first address was logged */
	bool left;        /* lp_route_guard_leave() was called */
};

/* Logs a problem of the relay's route, once per reason. */
static void complain(struct lp_route_guard *guard, const char *reason)
{
	if (strcmp(guard->complaint, reason) == 0)
		return;
	snprintf(guard->complaint, sizeof guard->complaint, "%s", reason);
	lp_event_route_astray(guard->config.log, &guard->relay, reason);
}

/* Removes our route. */
static void unpin(struct lp_route_guard *guard)
{
	struct lp_failure failure;
	if (guard->pinned && lp_changes_remove_route(guard->config.changes, &guard->pin, &failure) < 0)
		lp_event_warned(guard->config.log, failure.text);
	guard->pinned = false;
}

/* Adds a host route to the relay with the gateway and interface of |best|. */
static void pin(struct lp_route_guard *guard, const struct lp_route *best)
{
	struct lp_route route = *best;
	struct lp_failure failure;
	int result;
	route.destination = guard->relay;
	route.prefix_bits = guard->relay.family == 6 ? 128 : 32;
	route.metric = 0;
	unpin(guard);
	result = lp_changes_add_route(guard->config.changes, &route, &failure);
	if (result == LP_EEXISTS) {
		guard->foreign = true;
		lp_event_route_kept(guard->config.log, &guard->relay);
	} else if (result < 0) {
		complain(guard, failure.text);
	} else {
		bool on_link = lp_addr_equal(&route.next_hop, &(struct lp_addr){.family = route.next_hop.family});
		guard->pin = route;
		guard->pinned = true;
		guard->complaint[0] = '\0';
		lp_event_route_pinned(
			guard->config.log, &guard->relay, route.interface.index, on_link ? NULL : &route.next_hop);
	}
}

/* True if both routes have the same interface and next hop. */
static bool same_way(const struct lp_route *a, const struct lp_route *b)
{
	return a->interface.luid == b->interface.luid && lp_addr_equal(&a->next_hop, &b->next_hop);
}

/* True if our route exists, is the one in use, and follows |best|. */
static bool is_held(const struct lp_route_guard *guard, const struct lp_route_query *query, const struct lp_route *best)
{
	struct lp_route present;
	return guard->pinned && same_way(&guard->pin, best) && lp_route_best(query, NULL, &present) == 0 &&
	       present.prefix_bits == guard->pin.prefix_bits && same_way(&present, best);
}

/* Pins the relay to the route that the system would use without the TAP and without our own route. */
static void look_at_route(struct lp_route_guard *guard)
{
	struct lp_route_query now = {.remote = guard->relay};
	struct lp_route_query without_us = {.remote = guard->relay, .except_luid = guard->tap.luid};
	struct lp_route best, present;
	struct lp_failure failure;
	bool for_one_host;
	int result;
	if (!guard->relay.family)
		return;
	if (guard->pinned)
		without_us.except = &guard->pin;
	result = lp_route_best(&without_us, &failure, &best);
	if (result < 0) {
		/* Without a network there is no route to pin, and an old one does not help. */
		complain(guard, failure.text);
		return;
	}
	if (best.loopback) {
		unpin(guard);
		return;
	}
	for_one_host = best.prefix_bits == (guard->relay.family == 6 ? 128 : 32);
	if (for_one_host) {
		unpin(guard);
		if (!guard->foreign)
			lp_event_route_kept(guard->config.log, &guard->relay);
		guard->foreign = true;
	} else {
		guard->foreign = false;
		if (!is_held(guard, &now, &best))
			pin(guard, &best);
	}
	if (lp_route_best(&now, &failure, &present) < 0)
		complain(guard, failure.text);
	else if (present.interface.luid == guard->tap.luid && guard->tap.luid)
		complain(guard, "it would be reached through the tunnel itself");
	else if (same_way(&present, &best))
		guard->complaint[0] = '\0';
}

/* Logs once that another program set the TAP to |now|, which stays. */
static void report_foreign(struct lp_route_guard *guard, uint8_t family, const struct lp_route_settings *now)
{
	struct lp_route_settings *reported = &guard->foreign_settings[family == 6];
	if (reported->mtu == now->mtu && reported->metric == now->metric)
		return;
	*reported = *now;
	lp_event_adapter_foreign(guard->config.log, guard->config.device, family, now->mtu, now->metric);
}

/* What the TAP should be set to, now that it is set to |now|. Windows forgets the settings when it makes the IP
   interface again (a filter driver was installed, IPv4 was unbound and bound): they are then what they were before us,
   or automatic, and are set again. A value that is neither is another program's and stays. */
static struct lp_route_settings wanted_settings(
	struct lp_route_guard *guard, uint8_t family, const struct lp_route_settings *now)
{
	struct lp_route_settings wanted = {.mtu = guard->mtu, .metric = METRIC, .no_default_routes = true};
	const struct lp_route_settings *before = lp_changes_before(guard->config.changes, &guard->tap, family);
	const struct lp_route_settings *reported = &guard->foreign_settings[family == 6];
	if (!before)
		return wanted;
	/* A foreign value is also what a later change finds before itself: it is known by the report. */
	bool foreign_mtu = now->mtu != guard->set_mtu[family == 6] &&
			   (now->mtu != before->mtu || now->mtu == reported->mtu);
	bool foreign_metric = !now->automatic_metric && now->metric != METRIC &&
			      (before->automatic_metric || now->metric != before->metric ||
				      now->metric == reported->metric);
	if (foreign_mtu)
		wanted.mtu = now->mtu;
	if (foreign_metric)
		wanted.metric = now->metric;
	if (foreign_mtu || foreign_metric)
		report_foreign(guard, family, now);
	return wanted;
}

/* Sets the TAP for one family, unless it is set already. True if nothing is left to do. */
static bool set_family(struct lp_route_guard *guard, uint8_t family)
{
	struct lp_route_settings now;
	struct lp_failure failure;
	if (family == 6 && guard->mtu < MTU_MIN6)
		return true;
	int result = lp_route_settings(&guard->tap, family, &failure, &now);
	/* The TAP may lack IPv6. IPv4 appears late on an adapter that was just enabled. */
	if (result == LP_ENOTFOUND)
		return family == 6;
	if (result == 0) {
		struct lp_route_settings wanted = wanted_settings(guard, family, &now);
		if (now.mtu == wanted.mtu && now.metric == wanted.metric && !now.automatic_metric &&
			now.no_default_routes)
			return true;
		result = lp_changes_set(guard->config.changes, &guard->tap, family, &wanted, &failure);
		if (result == 0) {
			guard->set_mtu[family == 6] = wanted.mtu;
			lp_event_adapter_set(guard->config.log, guard->config.device, guard->tap.index, guard->tap.luid,
				family, wanted.mtu, wanted.metric);
		}
	}
	if (result < 0 && strcmp(guard->set_complaint, failure.text) != 0) {
		snprintf(guard->set_complaint, sizeof guard->set_complaint, "%s", failure.text);
		lp_event_warned(guard->config.log, failure.text);
	}
	return true;
}

/* Configures the TAP, and again if its settings were lost. */
static void look_at_adapter(struct lp_route_guard *guard)
{
	if (!guard->mtu || lp_route_interface(guard->config.device_id, NULL, &guard->tap) < 0)
		return;
	guard->set[0] = set_family(guard, 4);
	guard->set[1] = guard->set[0] && set_family(guard, 6);
}

/* True for an address that Windows assigns itself if no DHCP server replies: 169.254.0.0/16 (RFC 3927). */
static bool is_link_local(const struct lp_addr *address)
{
	return address->ip[0] == 169 && address->ip[1] == 254;
}

/* Finds the TAP's IPv4 address that is in use. False if it has none from the LAN or from its user. */
static bool find_address(const struct lp_route_guard *guard, struct lp_addr *ret_address)
{
	struct lp_route_address addresses[ADDRESSES_MAX];
	int n = lp_route_addresses(addresses, ADDRESSES_MAX, NULL);
	for (int i = 0; i < n; i++) {
		if (addresses[i].interface.luid != guard->tap.luid || addresses[i].address.family != 4 ||
			addresses[i].tentative || is_link_local(&addresses[i].address))
			continue;
		*ret_address = addresses[i].address;
		return true;
	}
	return false;
}

/* Starts the self-test of broadcasts at each new address, and continues it. */
static void look_at_broadcasts(struct lp_route_guard *guard, uint64_t now_ns)
{
	struct lp_addr address;
	if (guard->set[0] && find_address(guard, &address) && !lp_addr_equal(&address, &guard->tested)) {
		if (!guard->had_address)
			lp_event_address_found(guard->config.log, guard->config.device, &address);
		guard->had_address = true;
		guard->tested = address;
		if (lp_system_dhcp_is_off(guard->config.device_id))
			lp_event_address_fixed(guard->config.log, guard->config.device, &address);
		lp_reach_renew(&guard->reach);
		lp_broadcast_test_start(&guard->test, now_ns);
	}
	if (lp_broadcast_test_expire(&guard->test, now_ns) == LP_BROADCAST_ASTRAY)
		lp_event_broadcast_astray(guard->config.log, guard->config.device,
			"another adapter is preferred (a lower metric): disable other virtual adapters");
}

/* Sets the timer to the earlier of the next check and the next broadcast. */
static void arm(struct lp_route_guard *guard)
{
	lp_timer_set(guard->timer, guard->look_ns < guard->test.next_ns ? guard->look_ns : guard->test.next_ns);
}

/* Checks everything. */
static void look(struct lp_route_guard *guard)
{
	uint64_t now_ns = lp_loop_now_ns(guard->loop);
	bool soon = false;
	if (guard->left)
		return;
	look_at_adapter(guard);
	look_at_route(guard);
	look_at_broadcasts(guard, now_ns);
	if (guard->config.inbound && guard->tested.family) {
		lp_reach_look(&guard->reach, &guard->tap);
		soon = lp_reach_is_waiting(&guard->reach);
	}
	if (guard->mtu)
		soon = soon || !guard->set[0] || !guard->set[1] || !guard->tested.family;
	guard->look_ns = now_ns + (soon || guard->complaint[0] ? LOOK_SOON_NS : LOOK_NS);
	arm(guard);
}

static void on_timer(void *ctx, uint64_t now_ns)
{
	struct lp_route_guard *guard = ctx;
	if (now_ns >= guard->look_ns) {
		look(guard);
		return;
	}
	look_at_broadcasts(guard, now_ns);
	arm(guard);
}

static void on_network_change(void *ctx)
{
	look(ctx);
}

int lp_route_guard_new(struct lp_loop *loop, const struct lp_route_guard_config *config, struct lp_failure *failure,
	struct lp_route_guard **ret_guard)
{
	struct lp_route_guard *guard = calloc(1, sizeof *guard);
	int result;
	if (!guard)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	guard->config = *config;
	guard->loop = loop;
	lp_broadcast_test_init(&guard->test);
	lp_reach_init(&guard->reach, loop, config->changes, config->log, config->device);
	result = lp_timer_new(loop, on_timer, guard, &guard->timer);
	if (result == 0)
		result = lp_netwatch_new(loop, on_network_change, guard, &guard->netwatch);
	if (result < 0) {
		lp_fail(failure, result, "cannot watch the computer's routes: %s", lp_error_text(result));
		goto fail;
	}
	/* If the interface exists before the TAP is connected, the first route query already excludes it. */
	lp_route_interface(config->device_id, NULL, &guard->tap);
	guard->look_ns = LP_NEVER;
	*ret_guard = guard;
	return 0;
fail:
	lp_route_guard_free(guard);
	return result;
}

void lp_route_guard_free(struct lp_route_guard *guard)
{
	if (!guard)
		return;
	lp_reach_done(&guard->reach);
	lp_netwatch_free(guard->netwatch);
	lp_timer_free(guard->timer);
	free(guard);
}

void lp_route_guard_hold(struct lp_route_guard *guard, const struct lp_addr *relay)
{
	struct lp_addr addr = *relay;
	addr.port = 0;
	if (lp_addr_equal(&addr, &guard->relay))
		return;
	unpin(guard);
	guard->foreign = false;
	guard->relay = addr;
	look(guard);
}

void lp_route_guard_set_adapter(struct lp_route_guard *guard, uint32_t mtu)
{
	guard->mtu = mtu;
	guard->set[0] = guard->set[1] = false;
	guard->tested.family = 0;
	look(guard);
}

void lp_route_guard_leave(struct lp_route_guard *guard)
{
	lp_reach_leave(&guard->reach);
	guard->left = true;
	lp_timer_set(guard->timer, LP_NEVER);
}

bool lp_route_guard_has_lease(const struct lp_route_guard *guard)
{
	struct lp_addr address;
	return guard->tap.luid && find_address(guard, &address) && !lp_system_dhcp_is_off(guard->config.device_id);
}

bool lp_route_guard_follow_lan(struct lp_route_guard *guard, bool lan)
{
	struct lp_addr address;
	if (lan == guard->lease.lan && guard->lease.known)
		return false;
	return lp_lease_follow(&guard->lease, lan, find_address(guard, &address), lp_loop_now_ns(guard->loop));
}

void lp_route_guard_saw(struct lp_route_guard *guard, const uint8_t *frame, size_t len)
{
	if (lp_broadcast_test_saw(&guard->test, frame, len))
		lp_event_broadcast_arrives(guard->config.log, guard->config.device);
}
