#include "platform/net/route_change.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/fake/current.h"
#include "platform/fake/host_state.h"
#include "platform/fake/net/route_fake.h"
#include "platform/net/broadcast.h"

struct lp_fake_routes {
	struct lp_fake_state state;
	uint8_t broadcast[LP_FAKE_BROADCAST_MAX]; /* the last broadcast */
	size_t broadcast_len;
	unsigned n_broadcasts;
};

/* A host's routes, created if necessary. */
static struct lp_fake_routes *routes_of(struct lp_host *host)
{
	if (!host->routes)
		host->routes = calloc(1, sizeof *host->routes);
	if (!host->routes)
		abort();
	return host->routes;
}

struct lp_fake_state *lp_host_routes(struct lp_host *host)
{
	return &routes_of(host)->state;
}

void lp_fake_routes_free(struct lp_host *host)
{
	free(host->routes);
	host->routes = NULL;
}

/* Starts a call: the state of the current host, or NULL and the error in |ret_code|. */
static struct lp_fake_state *begin(struct lp_failure *failure, int *ret_code)
{
	struct lp_host *host = lp_host_current();
	if (!host->routes) {
		*ret_code = lp_fail(failure, LP_EUNSUPPORTED, "this simulated host has no routes to ask about");
		return NULL;
	}
	*ret_code = lp_faults_next(&host->faults);
	if (*ret_code < 0) {
		lp_fail(failure, *ret_code, "made to fail: %s", lp_error_text(*ret_code));
		return NULL;
	}
	return &host->routes->state;
}

/* The interface if it is present, or NULL. */
static struct lp_fake_interface *find_interface(struct lp_fake_state *state, uint64_t luid)
{
	for (size_t i = 0; i < state->n_interfaces; i++)
		if (state->interfaces[i].id.luid == luid && !state->interfaces[i].absent)
			return &state->interfaces[i];
	return NULL;
}

/* True if both are the same route; the metric may differ. */
static bool is_same(const struct lp_route *a, const struct lp_route *b)
{
	return a->interface.luid == b->interface.luid && a->prefix_bits == b->prefix_bits &&
	       lp_addr_equal(&a->destination, &b->destination) && lp_addr_equal(&a->next_hop, &b->next_hop);
}

/* True if the route's prefix covers the address. */
static bool covers(const struct lp_route *route, const struct lp_addr *addr)
{
	if (route->destination.family != addr->family)
		return false;
	for (unsigned bit = 0; bit < route->prefix_bits; bit++)
		if ((route->destination.ip[bit / 8] ^ addr->ip[bit / 8]) & 0x80 >> bit % 8)
			return false;
	return true;
}

static bool same_settings(const struct lp_route_settings *a, const struct lp_route_settings *b)
{
	return a->mtu == b->mtu && a->metric == b->metric && a->automatic_metric == b->automatic_metric &&
	       a->no_default_routes == b->no_default_routes;
}

bool lp_fake_state_equal(const struct lp_fake_state *a, const struct lp_fake_state *b)
{
	if (a->n_interfaces != b->n_interfaces || a->n_routes != b->n_routes ||
		a->inbound.category != b->inbound.category || a->inbound.allowed != b->inbound.allowed ||
		strcmp(a->mac_setting.mac, b->mac_setting.mac) != 0)
		return false;
	for (size_t i = 0; i < a->n_routes; i++)
		if (!is_same(&a->routes[i], &b->routes[i]) || a->routes[i].metric != b->routes[i].metric)
			return false;
	for (size_t i = 0; i < a->n_interfaces; i++) {
		const struct lp_fake_interface *x = &a->interfaces[i], *y = &b->interfaces[i];
		if (x->id.luid != y->id.luid || x->absent != y->absent || !lp_addr_equal(&x->address, &y->address) ||
			!same_settings(&x->settings[0], &y->settings[0]) ||
			!same_settings(&x->settings[1], &y->settings[1]))
			return false;
	}
	return true;
}

/* What counts against a route: the shorter its prefix the more, then the metrics. */
static uint64_t cost(const struct lp_route *route, const struct lp_fake_interface *interface)
{
	const struct lp_route_settings *settings = &interface->settings[route->destination.family == 6];
	return (uint64_t)(128 - route->prefix_bits) << 32 | (route->metric + settings->metric);
}

int lp_route_best(const struct lp_route_query *query, struct lp_failure *failure, struct lp_route *ret_route)
{
	uint64_t best = UINT64_MAX;
	int result;
	struct lp_fake_state *state = begin(failure, &result);
	if (!state)
		return result;
	struct lp_route route;
	for (size_t i = 0; i < state->n_routes; i++) {
		const struct lp_route *row = &state->routes[i];
		const struct lp_fake_interface *interface = find_interface(state, row->interface.luid);
		if (!interface || !covers(row, &query->remote) || row->interface.luid == query->except_luid ||
			(query->except && is_same(row, query->except)) || cost(row, interface) >= best ||
			(row->prefix_bits == 0 && interface->settings[query->remote.family == 6].no_default_routes))
			continue;
		best = cost(row, interface);
		route = *row;
		route.source = interface->address;
		route.loopback = interface->loopback;
	}
	if (best == UINT64_MAX)
		return lp_fail(failure, LP_EUNREACH, "no route");
	*ret_route = route;
	return 0;
}

int lp_route_interface(const char *name, struct lp_failure *failure, struct lp_route_interface *ret_interface)
{
	int result;
	struct lp_fake_state *state = begin(failure, &result);
	if (!state)
		return result;
	for (size_t i = 0; i < state->n_interfaces; i++) {
		if (strcmp(state->interfaces[i].name, name) != 0 || state->interfaces[i].absent)
			continue;
		*ret_interface = state->interfaces[i].id;
		return 0;
	}
	return lp_fail(failure, LP_ENOTFOUND, "%s: no such interface", name);
}

int lp_route_addresses(struct lp_route_address *addresses, size_t max, struct lp_failure *failure)
{
	size_t n = 0;
	int result;
	struct lp_fake_state *state = begin(failure, &result);
	if (!state)
		return result;
	for (size_t i = 0; i < state->n_interfaces && n < max; i++) {
		const struct lp_fake_interface *interface = &state->interfaces[i];
		if (!interface->address.family || interface->absent)
			continue;
		addresses[n++] = (struct lp_route_address){
			.address = interface->address,
			.interface = interface->id,
			.prefix_bits = interface->address.family == 6 ? 64 : 24,
			.tentative = interface->tentative,
		};
	}
	return (int)n;
}

int lp_route_add(const struct lp_route *route, struct lp_failure *failure)
{
	int result;
	struct lp_fake_state *state = begin(failure, &result);
	if (!state)
		return result;
	if (!find_interface(state, route->interface.luid))
		return lp_fail(failure, LP_ENOTFOUND, "no such interface");
	for (size_t i = 0; i < state->n_routes; i++)
		if (is_same(&state->routes[i], route))
			return lp_fail(failure, LP_EEXISTS, "there is such a route");
	if (state->n_routes == LP_FAKE_ROUTES_MAX)
		return lp_fail(failure, LP_EFULL, "too many routes");
	state->routes[state->n_routes++] = *route;
	return 0;
}

int lp_route_remove(const struct lp_route *route, struct lp_failure *failure)
{
	int result;
	struct lp_fake_state *state = begin(failure, &result);
	if (!state)
		return result;
	for (size_t i = 0; i < state->n_routes; i++) {
		if (!is_same(&state->routes[i], route))
			continue;
		state->n_routes--;
		memmove(&state->routes[i], &state->routes[i + 1], (state->n_routes - i) * sizeof state->routes[0]);
		memset(&state->routes[state->n_routes], 0, sizeof state->routes[0]);
		return 0;
	}
	return lp_fail(failure, LP_ENOTFOUND, "no such route");
}

int lp_route_settings(const struct lp_route_interface *interface, uint8_t family, struct lp_failure *failure,
	struct lp_route_settings *ret_settings)
{
	int result;
	struct lp_fake_state *state = begin(failure, &result);
	if (!state)
		return result;
	struct lp_fake_interface *row = find_interface(state, interface->luid);
	if (!row || row->settings[family == 6].mtu == 0)
		return lp_fail(failure, LP_ENOTFOUND, "no such interface");
	*ret_settings = row->settings[family == 6];
	return 0;
}

int lp_route_set(const struct lp_route_interface *interface, uint8_t family, const struct lp_route_settings *settings,
	struct lp_failure *failure)
{
	int result;
	struct lp_fake_state *state = begin(failure, &result);
	if (!state)
		return result;
	struct lp_fake_interface *row = find_interface(state, interface->luid);
	if (!row || row->settings[family == 6].mtu == 0)
		return lp_fail(failure, LP_ENOTFOUND, "no such interface");
	row->settings[family == 6] = *settings;
	/* An automatic metric is the system's to choose. */
	if (settings->automatic_metric)
		row->settings[family == 6].metric = 25;
	return 0;
}

int lp_broadcast_send(uint16_t port, const uint8_t *data, size_t len)
{
	struct lp_fake_routes *routes = routes_of(lp_host_current());
	(void)port;
	if (len > sizeof routes->broadcast)
		return LP_ETOOBIG;
	memcpy(routes->broadcast, data, len);
	routes->broadcast_len = len;
	routes->n_broadcasts++;
	return 0;
}

unsigned lp_host_broadcast(struct lp_host *host, const uint8_t **ret_data, size_t *ret_len)
{
	struct lp_fake_routes *routes = routes_of(host);
	*ret_data = routes->broadcast;
	*ret_len = routes->broadcast_len;
	return routes->n_broadcasts;
}

int lp_adapter_restore_mac(const char *guid, const char *before, const char *after, struct lp_failure *failure)
{
	int result;
	struct lp_fake_state *state = begin(failure, &result);
	if (!state)
		return result;
	struct lp_fake_mac_setting *setting = &state->mac_setting;
	if (setting->absent || strcmp(setting->guid, guid) != 0)
		return lp_fail(failure, LP_ENOTFOUND, "%s: no such adapter", guid);
	if (strcmp(setting->mac, after) == 0)
		snprintf(setting->mac, sizeof setting->mac, "%s", before);
	return 0;
}
