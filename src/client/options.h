/* The client's own options; app/member_options.h has those that it shares with the gateway. */
#ifndef LP_CLIENT_OPTIONS_H
#define LP_CLIENT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mac.h"
#include "cli/options.h"

struct lp_client_guard_ops;

#define LP_CLIENT_PATH_MAX 4096

struct lp_client_address {
	struct lp_addr ip; /* family 0: none */
	uint8_t prefix_bits;
};

struct lp_client_options {
	char tap[256]; /* the adapter; empty: the first (Windows) */
	struct lp_mac mac;
	bool has_mac; /* --virtual-mac was given */
	char identity_path[LP_CLIENT_PATH_MAX];
	bool action; /* Windows: main() does something else than to join */
	bool broadcast_routes;
	unsigned stations; /* Linux */
	bool accept_new_gateway;
	bool lan_internet;                /* accept default and static routes from the LAN */
	bool lan_dns;                     /* accept name servers, search domains and proxies from the LAN */
	bool dhcp;                        /* Linux */
	struct lp_client_address address; /* Linux */
	bool inbound;                     /* Windows: let the LAN reach programs of this computer */
};

/* Each system has its own (options.c, windows/options.c). */
extern const struct lp_program lp_client_program;
extern const struct lp_option lp_client_option_rows[];
extern const size_t lp_client_option_rows_n;
/* How a user gets the rights that a client needs. */
extern const char *const lp_client_rights_advice;
/* The guard of the client, NULL if the system needs none. */
extern const struct lp_client_guard_ops *const lp_client_guard_ops;

#endif
