/* The routes and interfaces of a simulated host, for tests. */
#ifndef LP_PLATFORM_FAKE_NET_ROUTE_FAKE_H
#define LP_PLATFORM_FAKE_NET_ROUTE_FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/device/adapter_mac.h"
#include "platform/net/route_change.h"

struct lp_host;

#define LP_FAKE_INTERFACES_MAX 8
#define LP_FAKE_ROUTES_MAX 16
#define LP_FAKE_BROADCAST_MAX 64

struct lp_fake_interface {
	char name[64];
	struct lp_route_interface id;
	struct lp_addr address; /* family 0: none */
	bool tentative;         /* the address is still checked for duplicates */
	bool absent;            /* disabled: it can't be found */
	bool loopback;
	struct lp_route_settings settings[2]; /* IPv4, IPv6 */
};

/* The network that the TAP is in, and the firewall. */
struct lp_fake_inbound {
	int category;                 /* LP_INBOUND_PUBLIC or LP_INBOUND_PRIVATE; 0: there is no network */
	bool allowed;                 /* the firewall's rules are there */
	int set_result, allow_result; /* a negative LP_E* that the calls return; 0: they work */
};

/* The MAC setting of an adapter. */
struct lp_fake_mac_setting {
	char guid[LP_ADAPTER_GUID_MAX]; /* empty: no adapter has one */
	char mac[LP_ADAPTER_MAC_MAX];
	bool absent; /* the adapter can't be found */
};

struct lp_fake_state {
	struct lp_fake_inbound inbound;
	struct lp_fake_mac_setting mac_setting;
	bool dhcp_off; /* the TAP's address was set by somebody */
	struct lp_fake_interface interfaces[LP_FAKE_INTERFACES_MAX];
	struct lp_route routes[LP_FAKE_ROUTES_MAX];
	size_t n_interfaces, n_routes;
};

/* The host's state, which the caller may change. Created by the first call. */
struct lp_fake_state *lp_host_routes(struct lp_host *host);
/* True if both are equal, in the same order. */
bool lp_fake_state_equal(const struct lp_fake_state *a, const struct lp_fake_state *b);
/* The last broadcast that was sent. Returns the number of broadcasts. */
unsigned lp_host_broadcast(struct lp_host *host, const uint8_t **ret_data, size_t *ret_len);

/* The world frees them with the host. */
void lp_fake_routes_free(struct lp_host *host);

#endif
