#include "platform/fake/host.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/units.h"

/* Where ephemeral ports begin, and the outer ports of NATs. */
#define FIRST_PORT 49152

/* Reads an address that a test wrote. */
static struct lp_addr read_ip(const char *ip)
{
	struct lp_addr addr;
	if (lp_addr_parse(ip, 0, &addr) != 0) {
		fprintf(stderr, "fake world: %s is not an address\n", ip);
		abort();
	}
	addr.port = 0;
	return addr;
}

struct lp_host *lp_world_add_host(struct lp_world *world, const char *name, const char *ip)
{
	struct lp_host *host = calloc(1, sizeof *host);
	if (!host)
		abort();
	snprintf(host->name, sizeof host->name, "%s", name);
	host->world = world;
	host->mtu_bytes = 1500;
	host->next_port = FIRST_PORT;
	host->next_outer_port = FIRST_PORT;
	host->next = world->hosts;
	world->hosts = host;
	lp_host_set_ip(host, ip);
	return host;
}

const struct lp_addr *lp_host_ip(const struct lp_host *host, uint8_t family)
{
	static const struct lp_addr none = {0};
	return family == 4 ? &host->ip4 : family == 6 ? &host->ip6 : &none;
}

void lp_host_set_ip(struct lp_host *host, const char *ip)
{
	struct lp_addr addr = read_ip(ip);
	*(addr.family == 4 ? &host->ip4 : &host->ip6) = addr;
	host->old_ip = (struct lp_addr){0};
	lp_netwatch_changed(host);
}

void lp_host_add_ip(struct lp_host *host, const char *ip)
{
	struct lp_addr old = *lp_host_ip(host, read_ip(ip).family);
	lp_host_set_ip(host, ip);
	host->old_ip = old;
}

void lp_host_remove_ip(struct lp_host *host, uint8_t family)
{
	*(family == 4 ? &host->ip4 : &host->ip6) = (struct lp_addr){0};
	host->old_ip = (struct lp_addr){0};
	lp_netwatch_changed(host);
}

void lp_host_set_nat(struct lp_host *host, const char *outer_ip, uint64_t timeout_ns)
{
	host->outer_ip = read_ip(outer_ip);
	host->nat_timeout_ns = timeout_ns;
	host->n_mappings = 0;
}

void lp_host_rebind(struct lp_host *host)
{
	host->n_mappings = 0;
}

void lp_host_set_lines(struct lp_host *host, const struct lp_line *up, const struct lp_line *down)
{
	host->up.config = *up;
	host->down.config = *down;
}

void lp_host_set_mtu(struct lp_host *host, size_t mtu_bytes)
{
	host->mtu_bytes = mtu_bytes;
}

void lp_host_set_offline(struct lp_host *host, bool offline)
{
	host->offline = offline;
}

void lp_host_pause(struct lp_host *host, uint64_t pause_ns)
{
	host->paused_until_ns = host->world->now_ns + pause_ns;
}

void lp_host_watch(struct lp_host *host,
	void (*seen)(void *ctx, const struct lp_addr *to, const uint8_t *data, size_t len), void *ctx)
{
	host->seen = seen;
	host->seen_ctx = ctx;
}

void lp_host_send_raw(struct lp_host *host, uint16_t port, const struct lp_addr *to, const uint8_t *data, size_t len)
{
	struct lp_addr local = *lp_host_ip(host, to->family);
	local.port = port;
	lp_net_send(host, &local, to, 0, data, len);
}
