#include "platform/fake/net/internet.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "platform/fake/host_state.h"
#include "platform/fake/world_state.h"

#define DEFAULT_REORDER_NS (10 * LP_MS)
#define DEFAULT_QUEUE_BYTES ((size_t)64 * 1024)

/* A datagram in transit. */
struct transit {
	struct lp_node node; /* in the world's list */
	struct lp_event event;
	struct lp_world *world;
	struct lp_host *to; /* NULL: still on the sender's line */
	struct lp_addr source, destination;
	uint8_t ecn;
	size_t len;
	uint8_t data[];
};

/* The length of the IP packet with this payload. */
static size_t ip_bytes(const struct lp_addr *addr, size_t len)
{
	return len + (addr->family == 4 ? 28 : 48);
}

/* Removes a datagram from the world's list and frees it. */
static void transit_free(struct transit *transit)
{
	struct lp_world *world = transit->world;
	lp_schedule_cancel(&world->schedule, &transit->event);
	lp_list_remove(&transit->node);
	free(transit);
}

/* Creates a datagram; |run| is its event. */
static struct transit *transit_new(struct lp_world *world, const uint8_t *data, size_t len, void (*run)(void *ctx))
{
	struct transit *transit = calloc(1, sizeof *transit + len);
	if (!transit)
		abort();
	transit->world = world;
	transit->event.run = run;
	transit->event.ctx = transit;
	transit->len = len;
	if (len)
		memcpy(transit->data, data, len);
	lp_list_insert(&world->transits, &transit->node);
	return transit;
}

void lp_net_clear(struct lp_world *world)
{
	while (!lp_list_is_empty(&world->transits))
		transit_free(LP_LIST_ELEMENT(world->transits.next, struct transit, node));
}

/* What jitter adds for a datagram that leaves the queue at |at_ns|. */
static uint64_t line_jitter(struct lp_world *world, struct lp_fake_line *line, uint64_t at_ns)
{
	if (at_ns >= line->late_until_ns) {
		line->late_ns = lp_dice_below(&world->dice, line->config.jitter_ns);
		line->late_until_ns = at_ns + line->config.jitter_for_ns;
	}
	return line->late_ns;
}

/* The time at which a datagram that enters the line now leaves it; LP_NEVER: it is lost. */
static uint64_t line_pass(struct lp_world *world, struct lp_fake_line *line, size_t bytes)
{
	const struct lp_line *config = &line->config;
	if (config->mtu_bytes && bytes > config->mtu_bytes) {
		world->counters.too_big++;
		return LP_NEVER;
	}
	bool lost = line->n_to_lose > 0;
	if (lost) {
		line->n_to_lose--;
	} else if (lp_dice_chance(&world->dice, config->loss / (config->loss_run ? config->loss_run : 1))) {
		lost = true;
		line->n_to_lose = config->loss_run ? config->loss_run - 1 : 0;
	}
	if (lost) {
		world->counters.lost++;
		return LP_NEVER;
	}
	uint64_t at_ns = world->now_ns;
	if (config->rate_bps) {
		uint64_t start_ns = line->busy_until_ns > at_ns ? line->busy_until_ns : at_ns;
		uint64_t waiting_bytes = (start_ns - at_ns) * config->rate_bps / (8 * LP_SEC);
		if (waiting_bytes + bytes > (config->queue_bytes ? config->queue_bytes : DEFAULT_QUEUE_BYTES)) {
			world->counters.queue_lost++;
			return LP_NEVER;
		}
		line->busy_until_ns = start_ns + bytes * 8 * LP_SEC / config->rate_bps;
		at_ns = line->busy_until_ns;
	}
	at_ns += config->delay_ns + line_jitter(world, line, at_ns);
	if (config->burst_ns)
		at_ns = (at_ns + config->burst_ns - 1) / config->burst_ns * config->burst_ns;
	if (lp_dice_chance(&world->dice, config->reorder))
		return at_ns + (config->reorder_ns ? config->reorder_ns : DEFAULT_REORDER_NS);
	if (at_ns < line->last_ns)
		at_ns = line->last_ns;
	line->last_ns = at_ns;
	return at_ns;
}

/* Corrupts or marks a datagram as the line is configured. */
static void line_harm(struct lp_world *world, const struct lp_line *line, struct transit *transit)
{
	if (transit->len && lp_dice_chance(&world->dice, line->corrupt))
		transit->data[lp_dice_below(&world->dice, transit->len)] ^= (uint8_t)(1 +
										      lp_dice_below(&world->dice, 255));
	if ((transit->ecn == 1 || transit->ecn == 2) && lp_dice_chance(&world->dice, line->congestion))
		transit->ecn = 3;
}

static bool same_ip(const struct lp_addr *a, const struct lp_addr *b)
{
	return a->family == b->family && memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

static bool has_ip(const struct lp_host *host, const struct lp_addr *addr)
{
	struct lp_addr own = lp_host_net_ip(&host->net, addr->family);
	return addr->family && (same_ip(&own, addr) || same_ip(&host->net.old_ip, addr));
}

/* The live mapping of an outer port, or NULL. */
static struct lp_mapping *mapping_of(struct lp_host *host, uint8_t family, uint16_t outer_port)
{
	for (size_t i = 0; i < host->net.n_mappings; i++) {
		struct lp_mapping *mapping = &host->net.mappings[i];
		if (mapping->family != family || mapping->outer_port != outer_port)
			continue;
		if (host->net.nat_timeout_ns == 0 || mapping->used_ns + host->net.nat_timeout_ns > host->world->now_ns)
			return mapping;
		*mapping = host->net.mappings[--host->net.n_mappings];
		return NULL;
	}
	return NULL;
}

/* True if two remote addresses are the same for a NAT of this kind. */
static bool same_remote(enum lp_nat_kind kind, const struct lp_addr *a, const struct lp_addr *b)
{
	return kind == LP_NAT_INDEPENDENT || (same_ip(a, b) && (kind == LP_NAT_ADDRESS || a->port == b->port));
}

/* The live mapping of an inner port for what goes to |remote|, or NULL. */
static struct lp_mapping *mapping_to(struct lp_host *host, uint16_t inner_port, const struct lp_addr *remote)
{
	for (size_t i = 0; i < host->net.n_mappings; i++) {
		struct lp_mapping *mapping = &host->net.mappings[i];
		uint16_t outer_port = mapping->outer_port;
		if (mapping->family == remote->family && mapping->inner_port == inner_port &&
			same_remote(host->net.nat_mapping, &mapping->remotes[0], remote))
			return mapping_of(host, remote->family, outer_port);
	}
	return NULL;
}

/* Notes that the host sends to |remote|. The first one stays: it may be what the mapping depends on. */
static void note_remote(struct lp_mapping *mapping, const struct lp_addr *remote)
{
	for (size_t i = 0; i < mapping->n_remotes; i++)
		if (lp_addr_equal(&mapping->remotes[i], remote))
			return;
	size_t at = mapping->n_remotes < LP_MAPPING_REMOTES_MAX ? mapping->n_remotes++ : LP_MAPPING_REMOTES_MAX - 1;
	mapping->remotes[at] = *remote;
}

/* True if the NAT's filter lets a datagram from |remote| in. */
static bool is_let_in(const struct lp_host *host, const struct lp_mapping *mapping, const struct lp_addr *remote)
{
	bool let_in = host->net.nat_filter == LP_NAT_INDEPENDENT;
	for (size_t i = 0; i < mapping->n_remotes; i++)
		let_in = let_in || same_remote(host->net.nat_filter, &mapping->remotes[i], remote);
	return let_in;
}

/* True if another host behind the same NAT has a mapping with this outer port. */
static bool is_port_taken(const struct lp_host *host, uint8_t family, uint16_t outer_port)
{
	for (struct lp_host *other = host->world->hosts; other; other = other->next)
		if (other != host && same_ip(&other->net.outer_ip, &host->net.outer_ip) &&
			mapping_of(other, family, outer_port))
			return true;
	return false;
}

/* True if |addr| is the inner address of a host in the same network behind the same NAT. */
static bool is_in_lan(const struct lp_host *host, const struct lp_addr *addr)
{
	if (!host->net.nat_lan || host->net.outer_ip.family != addr->family)
		return false;
	for (const struct lp_host *other = host->world->hosts; other; other = other->next)
		if (other->net.nat_lan && same_ip(&other->net.outer_ip, &host->net.outer_ip) && has_ip(other, addr))
			return true;
	return false;
}

/* The source address outside the NAT of what the host sends from |local| to |remote|. */
static struct lp_addr translate_out(struct lp_host *host, const struct lp_addr *local, const struct lp_addr *remote)
{
	if (!host->net.outer_ip.family || host->net.outer_ip.family != local->family || is_in_lan(host, remote))
		return *local;
	struct lp_mapping *mapping = mapping_to(host, local->port, remote);
	if (!mapping) {
		if (host->net.n_mappings == LP_HOST_MAPPINGS_MAX)
			host->net.n_mappings = 0;
		while (is_port_taken(host, local->family, host->net.next_outer_port))
			host->net.next_outer_port++;
		mapping = &host->net.mappings[host->net.n_mappings++];
		*mapping = (struct lp_mapping){
			.family = local->family,
			.inner_port = local->port,
			.outer_port = host->net.next_outer_port++,
		};
	}
	mapping->used_ns = host->world->now_ns;
	note_remote(mapping, remote);
	struct lp_addr outer = host->net.outer_ip;
	outer.port = mapping->outer_port;
	return outer;
}

/* The host that has an address, and the address inside its NAT; NULL: none that gets datagrams from |source| there. */
static struct lp_host *find_host(
	struct lp_world *world, const struct lp_addr *addr, const struct lp_addr *source, struct lp_addr *ret_inner)
{
	for (struct lp_host *host = world->hosts; host; host = host->next) {
		struct lp_addr ip = lp_host_net_ip(&host->net, addr->family);
		if (host->net.outer_ip.family == addr->family) {
			if (has_ip(host, addr) && is_in_lan(host, source)) {
				*ret_inner = *addr;
				return host;
			}
			if (!same_ip(&host->net.outer_ip, addr) ||
				(host->net.nat_no_hairpin && same_ip(&host->net.outer_ip, source)))
				continue;
			struct lp_mapping *mapping = mapping_of(host, addr->family, addr->port);
			if (!mapping || !is_let_in(host, mapping, source))
				continue;
			*ret_inner = ip;
			ret_inner->port = mapping->inner_port;
			return host;
		}
		if (has_ip(host, addr)) {
			*ret_inner = *addr;
			return host;
		}
	}
	return NULL;
}

static void arrive(void *ctx)
{
	struct transit *transit = ctx;
	struct lp_world *world = transit->world;
	bool taken = !transit->to->net.offline && transit->to->net.deliver &&
		     transit->to->net.deliver(transit->to, &transit->destination, &transit->source, transit->ecn,
			     transit->data, transit->len);
	if (taken)
		world->counters.delivered++;
	else
		world->counters.unreachable++;
	transit_free(transit);
}

/* Sends a copy down the destination's line. */
static void descend(struct transit *transit, struct lp_host *to, const struct lp_addr *inner)
{
	struct lp_world *world = transit->world;
	uint64_t at_ns = line_pass(world, &to->net.down, ip_bytes(inner, transit->len));
	if (at_ns == LP_NEVER)
		return;
	struct transit *last = transit_new(world, transit->data, transit->len, arrive);
	last->to = to;
	last->source = transit->source;
	last->destination = *inner;
	last->ecn = transit->ecn;
	line_harm(world, &to->net.down.config, last);
	lp_schedule_set(&world->schedule, &last->event, at_ns);
}

/* A datagram reached the middle: finds its destination. */
static void cross(void *ctx)
{
	struct transit *transit = ctx;
	struct lp_world *world = transit->world;
	struct lp_addr inner;
	struct lp_host *to = find_host(world, &transit->destination, &transit->source, &inner);
	if (!to || to->net.offline || same_ip(&to->net.blocked, &transit->source)) {
		world->counters.unreachable++;
	} else {
		descend(transit, to, &inner);
		if (lp_dice_chance(&world->dice, to->net.down.config.duplicate))
			descend(transit, to, &inner);
	}
	transit_free(transit);
}

/* Sends a copy up the host's line. */
static void ascend(struct lp_host *host, const struct lp_addr *source, const struct lp_addr *remote, uint8_t ecn,
	const uint8_t *data, size_t len)
{
	struct lp_world *world = host->world;
	uint64_t at_ns = line_pass(world, &host->net.up, ip_bytes(remote, len));
	if (at_ns == LP_NEVER)
		return;
	struct transit *transit = transit_new(world, data, len, cross);
	transit->source = *source;
	transit->destination = *remote;
	transit->ecn = ecn;
	line_harm(world, &host->net.up.config, transit);
	lp_schedule_set(&world->schedule, &transit->event, at_ns);
}

int lp_net_send(struct lp_host *host, const struct lp_addr *local, const struct lp_addr *remote, uint8_t ecn,
	const uint8_t *data, size_t len)
{
	struct lp_world *world = host->world;
	if (local->family != remote->family || !has_ip(host, local)) {
		world->counters.refused++;
		return LP_EUNREACH;
	}
	if (ip_bytes(remote, len) > host->net.mtu_bytes) {
		world->counters.refused++;
		return LP_ETOOBIG;
	}
	world->counters.sent++;
	if (host->net.seen)
		host->net.seen(host->net.seen_ctx, remote, data, len);
	if (host->net.offline || same_ip(&host->net.blocked, remote)) {
		world->counters.unreachable++;
		return 0;
	}
	struct lp_addr source = translate_out(host, local, remote);
	ascend(host, &source, remote, ecn, data, len);
	if (lp_dice_chance(&world->dice, host->net.up.config.duplicate))
		ascend(host, &source, remote, ecn, data, len);
	return 0;
}
