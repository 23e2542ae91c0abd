/* DHCP on the member's adapter.

   Linux has no DHCP client of its own that every system runs, so the program runs one: dhcpcd, for the TAP alone, which
   sets an address and changes nothing else on the computer. A small process between the two, the keeper, starts dhcpcd
   and starts it again when it ends. The keeper is forked before the program drops its privileges and keeps its own. It
   has no other task, reads nothing from the network, and takes one command (lp_dhcp_request()). It ends dhcpcd and
   itself when the program ends in any way, because the socket between them is then closed.

   Windows has a DHCP client of its own (net/system_dhcp.h). */
#ifndef LP_PLATFORM_NET_DHCP_H
#define LP_PLATFORM_NET_DHCP_H

#include <stdbool.h>
#include <stdint.h>

struct lp_dhcp;
struct lp_failure;
struct lp_loop;

struct lp_dhcp_events {
	/* A line that the DHCP client printed; valid until the call returns. */
	void (*line)(void *ctx, const char *line);
	/* The DHCP client ended. |retry_ns|: it is started again after this time; 0: it is not. */
	void (*ended)(void *ctx, const char *reason, uint64_t retry_ns);
};

struct lp_dhcp_config {
	const char *device;                  /* name of the interface */
	bool accept_routes;                  /* set default and static routes too */
	bool accept_dns;                     /* set name servers and search domains too */
	const struct lp_dhcp_events *events; /* borrowed until lp_dhcp_free() */
	void *ctx;
};

/* Prepares a DHCP client for the interface; it runs from lp_dhcp_request() on. 0; LP_ENOTFOUND: none is installed;
   LP_EPERM: it needs more privileges; LP_EUNSUPPORTED: the system asks for addresses without help; or another LP_E*.
   |failure| says what to do. */
int lp_dhcp_new(struct lp_loop *loop, const struct lp_dhcp_config *config, struct lp_failure *failure,
	struct lp_dhcp **ret_dhcp);
/* The LAN is reachable now, and it may be another one: asks for an address, or for the present one again, which stays
   in use while the LAN's server confirms it. */
void lp_dhcp_request(struct lp_dhcp *dhcp);
/* Ends the DHCP client; it needs no privileges. NULL is fine. */
void lp_dhcp_free(struct lp_dhcp *dhcp);

#endif
