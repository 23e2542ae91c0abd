#include "platform/fake/world.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/units.h"
#include "platform/fake/host_state.h"
#include "platform/fake/net/netwatch_fake.h"
#include "platform/fake/world_state.h"

/* The first ephemeral port, and the first outer port of a NAT. */
#define FIRST_PORT 49152

/* Parses an address of a test; aborts if it is none. */
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
	host->net.mtu_bytes = 1500;
	host->net.next_port = FIRST_PORT;
	host->net.next_outer_port = FIRST_PORT;
	host->next = world->hosts;
	world->hosts = host;
	lp_host_set_ip(host, ip);
	return host;
}

void lp_host_set_ip(struct lp_host *host, const char *ip)
{
	struct lp_addr addr = read_ip(ip);
	*(addr.family == 4 ? &host->net.ip4 : &host->net.ip6) = addr;
	host->net.old_ip = (struct lp_addr){0};
	lp_netwatch_changed(host);
}

void lp_host_add_ip(struct lp_host *host, const char *ip)
{
	struct lp_addr old = lp_host_net_ip(&host->net, read_ip(ip).family);
	lp_host_set_ip(host, ip);
	host->net.old_ip = old;
}

void lp_host_remove_ip(struct lp_host *host, uint8_t family)
{
	*(family == 4 ? &host->net.ip4 : &host->net.ip6) = (struct lp_addr){0};
	host->net.old_ip = (struct lp_addr){0};
	lp_netwatch_changed(host);
}

void lp_host_set_nat(struct lp_host *host, const char *outer_ip, uint64_t timeout_ns)
{
	host->net.outer_ip = read_ip(outer_ip);
	host->net.nat_timeout_ns = timeout_ns;
	host->net.n_mappings = 0;
}

void lp_host_set_nat_kind(struct lp_host *host, enum lp_nat_kind mapping, enum lp_nat_kind filter)
{
	host->net.nat_mapping = mapping;
	host->net.nat_filter = filter;
	host->net.n_mappings = 0;
}

void lp_host_set_nat_inside(struct lp_host *host, bool hairpin, bool lan)
{
	host->net.nat_no_hairpin = !hairpin;
	host->net.nat_lan = lan;
}

void lp_host_block(struct lp_host *host, const struct lp_addr *addr)
{
	host->net.blocked = addr ? *addr : (struct lp_addr){0};
}

void lp_host_rebind(struct lp_host *host)
{
	host->net.n_mappings = 0;
}

void lp_host_set_lines(struct lp_host *host, const struct lp_line *up, const struct lp_line *down)
{
	host->net.up.config = *up;
	host->net.down.config = *down;
}

void lp_host_set_mtu(struct lp_host *host, size_t mtu_bytes)
{
	host->net.mtu_bytes = mtu_bytes;
}

void lp_host_set_offline(struct lp_host *host, bool offline)
{
	host->net.offline = offline;
}

void lp_host_pause(struct lp_host *host, uint64_t pause_ns)
{
	host->paused_until_ns = host->world->now_ns + pause_ns;
}

void lp_host_watch(struct lp_host *host,
	void (*seen)(void *ctx, const struct lp_addr *to, const uint8_t *data, size_t len), void *ctx)
{
	host->net.seen = seen;
	host->net.seen_ctx = ctx;
}

void lp_host_send_raw(struct lp_host *host, uint16_t port, const struct lp_addr *to, const uint8_t *data, size_t len)
{
	struct lp_addr local = lp_host_net_ip(&host->net, to->family);
	local.port = port;
	lp_net_send(host, &local, to, 0, data, len);
}

void lp_host_fail_calls(struct lp_host *host, uint64_t n_good, uint64_t n_bad, int code)
{
	host->faults = (struct lp_faults){.n_good = n_good, .n_bad = n_bad, .code = code};
}

uint64_t lp_host_calls(struct lp_host *host)
{
	return host->faults.n_calls;
}
