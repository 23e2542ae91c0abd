#include "route/route.h"

#include <assert.h>
#include <string.h>

/* Between probes of a candidate that does not reply: doubles up to the last. */
#define PUNCH_FIRST_NS (40 * LP_MS)
#define PUNCH_LAST_NS (30 * LP_SEC)
/* Of one that the limit on probes delays. */
#define PUNCH_LATER_NS (200 * LP_MS)
/* Of one that replies and is not the route. */
#define SPARE_NS (5 * LP_SEC)
/* Replies that a candidate needs to become the route, and the maximum age of the last one. */
#define REPLIES_NEEDED 2
#define FRESH_NS (1500 * LP_MS)
#define STAMP_AGE_NS (3 * LP_SEC)
/* Frames are sent if the last one is not older. */
#define USED_NS LP_SEC
/* A route that worked for this time resets the hold time. */
#define PROVEN_NS (30 * LP_SEC)
/* lp_route_choose() is called more often than this while frames are sent. */
#define STALL_NS (80 * LP_MS)
/* The last bits of a stamp are the index of the candidate that was probed, the rest is the time. */
#define STAMP_INDEX UINT64_C(15)
static_assert(LP_ROUTE_CANDIDATES_MAX <= STAMP_INDEX + 1, "candidates do not fit into stamps");
#define BETTER_NS (2 * LP_MS)
#define NOISE_NS (500 * LP_US) /* of a round trip in a local network */

void lp_route_init(struct lp_route *route)
{
	*route = (struct lp_route){.hold_ns = LP_ROUTE_HOLD_FIRST_NS};
	lp_ratelimit_init(&route->punch_limit, LP_ROUTE_PUNCHES_PER_S, LP_ROUTE_PUNCHES_BURST);
}

/* True for an address that a member may have: not a group, loopback, unspecified or link-local one. */
static bool is_usable(const struct lp_addr *addr)
{
	static const uint8_t zero[16];
	const uint8_t *ip = addr->ip;
	if (addr->port == 0)
		return false;
	if (addr->family == 4)
		return ip[0] != 0 && ip[0] != 127 && ip[0] < 224 && !(ip[0] == 169 && ip[1] == 254);
	if (addr->family != 6 || ip[0] == 0xff || (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80))
		return false;
	return memcmp(ip, zero, 10) != 0; /* also leaves out mapped IPv4 addresses */
}

static struct lp_route_candidate *find(struct lp_route *route, const struct lp_addr *addr)
{
	for (size_t i = 0; i < route->n_candidates; i++)
		if (lp_addr_equal(&route->candidates[i].addr, addr))
			return &route->candidates[i];
	return NULL;
}

static bool is_current(const struct lp_route *route, const struct lp_route_candidate *candidate)
{
	return route->chosen && candidate == &route->candidates[route->current];
}

/* Adds a candidate. A full list replaces one that was not offered and did not reply. */
static struct lp_route_candidate *add(struct lp_route *route, const struct lp_addr *addr, bool offered, uint64_t now_ns)
{
	struct lp_route_candidate *place = NULL;
	if (route->n_candidates < LP_ROUTE_CANDIDATES_MAX)
		place = &route->candidates[route->n_candidates++];
	for (size_t i = 0; !place && i < LP_ROUTE_CANDIDATES_MAX; i++) {
		struct lp_route_candidate *other = &route->candidates[i];
		if (!is_current(route, other) && !other->offered &&
			(other->replied_ns == 0 || now_ns - other->replied_ns > STAMP_AGE_NS))
			place = other;
	}
	if (place)
		*place = (struct lp_route_candidate){
			.addr = *addr, .offered = offered, .next_ns = now_ns, .added_ns = now_ns};
	return place;
}

void lp_route_offer(struct lp_route *route, const struct lp_addr *addrs, size_t n_addrs, uint64_t now_ns)
{
	for (size_t i = 0; i < route->n_candidates; i++)
		route->candidates[i].offered = false;
	for (size_t i = 0; i < n_addrs && i < LP_ROUTE_OFFERED_MAX; i++) {
		if (!is_usable(&addrs[i]))
			continue;
		struct lp_route_candidate *candidate = find(route, &addrs[i]);
		if (!candidate)
			candidate = add(route, &addrs[i], true, now_ns);
		if (!candidate)
			continue;
		candidate->offered = true;
		candidate->next_ns = now_ns;
		candidate->n_unanswered = 0;
	}
}

bool lp_route_is_busy(const struct lp_route *route, uint64_t now_ns)
{
	return route->used_ns && now_ns - route->used_ns < USED_NS;
}

void lp_route_used(struct lp_route *route, uint64_t now_ns)
{
	if (!lp_route_is_busy(route, now_ns)) {
		route->used_since_ns = now_ns;
		if (route->chosen && route->candidates[route->current].next_ns > now_ns)
			route->candidates[route->current].next_ns = now_ns;
	}
	route->used_ns = now_ns;
}

void lp_route_probed(struct lp_route *route, const struct lp_addr *from, uint64_t now_ns)
{
	struct lp_route_candidate *candidate = find(route, from);
	if (!candidate) {
		if (is_usable(from))
			(void)add(route, from, false, now_ns);
		return;
	}
	/* Datagrams arrive from there now, so ours may arrive, too. */
	if (!is_current(route, candidate) && candidate->next_ns > now_ns + PUNCH_FIRST_NS &&
		(candidate->replied_ns == 0 || now_ns - candidate->replied_ns > SPARE_NS))
		candidate->next_ns = now_ns + PUNCH_FIRST_NS;
}

void lp_route_replied(struct lp_route *route, const struct lp_addr *from, uint64_t stamp, uint64_t now_ns)
{
	struct lp_route_candidate *candidate = find(route, from);
	uint64_t sent_ns = stamp & ~STAMP_INDEX;
	if (!candidate || sent_ns > now_ns || now_ns - sent_ns > STAMP_AGE_NS || stamp <= candidate->stamp)
		return;
	bool probed_there = (stamp & STAMP_INDEX) == (uint64_t)(candidate - route->candidates) &&
			    stamp >= (candidate->added_ns & ~STAMP_INDEX);
	if (!probed_there)
		return;
	uint64_t rtt_ns = now_ns - sent_ns;
	candidate->rtt_ns = candidate->rtt_ns ? (7 * candidate->rtt_ns + rtt_ns) / 8 : rtt_ns;
	candidate->stamp = stamp;
	candidate->replied_ns = now_ns;
	candidate->n_unanswered = 0;
	candidate->n_replies++;
	if (is_current(route, candidate))
		route->alive_ns = now_ns;
	else if (candidate->n_replies < REPLIES_NEEDED)
		candidate->next_ns = now_ns;
}

/* Leaves the route, and holds it back for a time. */
void lp_route_fail(struct lp_route *route, uint64_t now_ns)
{
	if (!route->chosen)
		return;
	if (now_ns - route->chosen_ns > PROVEN_NS)
		route->hold_ns = LP_ROUTE_HOLD_FIRST_NS;
	route->chosen = false;
	route->hold_until_ns = now_ns + route->hold_ns;
	route->hold_ns = route->hold_ns * 2 < LP_ROUTE_HOLD_LAST_NS ? route->hold_ns * 2 : LP_ROUTE_HOLD_LAST_NS;
	for (size_t i = 0; i < route->n_candidates; i++) {
		struct lp_route_candidate *candidate = &route->candidates[i];
		candidate->n_replies = candidate->n_unanswered = 0;
		candidate->next_ns = now_ns + PUNCH_FIRST_NS;
	}
}

/* The time until a candidate that is probed now is probed again. */
static uint64_t interval_ns(const struct lp_route *route, const struct lp_route_candidate *candidate, uint64_t now_ns)
{
	if (is_current(route, candidate))
		return lp_route_is_busy(route, now_ns) ? LP_ROUTE_BUSY_NS : LP_ROUTE_IDLE_NS;
	if (candidate->n_replies && candidate->n_unanswered == 0)
		return route->chosen ? SPARE_NS : LP_ROUTE_IDLE_NS;
	unsigned doubled = candidate->n_unanswered < 16 ? candidate->n_unanswered : 16;
	return lp_earlier(PUNCH_FIRST_NS << doubled, PUNCH_LAST_NS);
}

const struct lp_addr *lp_route_next_probe(struct lp_route *route, uint64_t now_ns, uint64_t *ret_stamp)
{
	for (size_t i = 0; i < route->n_candidates; i++) {
		struct lp_route_candidate *candidate = &route->candidates[i];
		if (candidate->next_ns > now_ns)
			continue;
		if (candidate->replied_ns == 0 && !lp_bucket_take(&route->punches, &route->punch_limit, 1, now_ns)) {
			candidate->next_ns = now_ns + PUNCH_LATER_NS;
			continue;
		}
		candidate->next_ns = now_ns + interval_ns(route, candidate, now_ns);
		candidate->n_unanswered++;
		*ret_stamp = (now_ns & ~STAMP_INDEX) | i;
		return &candidate->addr;
	}
	return NULL;
}

/* True if the route gave no sign of life for too long. */
static bool is_dead(const struct lp_route *route, uint64_t now_ns)
{
	uint64_t rtt_ns = route->candidates[route->current].rtt_ns, alive_ns = route->alive_ns;
	if (now_ns - alive_ns > LP_ROUTE_STALE_NS + 2 * rtt_ns)
		return true;
	if (!lp_route_is_busy(route, now_ns))
		return false;
	/* Probes are frequent only since frames are sent. */
	uint64_t since_ns = alive_ns > route->used_since_ns ? alive_ns : route->used_since_ns;
	return now_ns - since_ns > LP_ROUTE_DEAD_NS + 2 * rtt_ns;
}

/* True if |a_ns| is better than |b_ns| by enough to justify a change. */
static bool is_much_better(uint64_t a_ns, uint64_t b_ns)
{
	return a_ns + BETTER_NS < b_ns || (a_ns + a_ns / 5 < b_ns && a_ns + NOISE_NS < b_ns);
}

/* The best candidate that may become the route, or NULL. */
static const struct lp_route_candidate *best(const struct lp_route *route, uint64_t now_ns)
{
	const struct lp_route_candidate *found = NULL;
	for (size_t i = 0; i < route->n_candidates; i++) {
		const struct lp_route_candidate *candidate = &route->candidates[i];
		if (candidate->n_replies < REPLIES_NEEDED || now_ns - candidate->replied_ns > FRESH_NS)
			continue;
		if (!found || candidate->rtt_ns < found->rtt_ns)
			found = candidate;
	}
	return found;
}

bool lp_route_choose(struct lp_route *route, uint64_t forwarded_ns, uint64_t now_ns)
{
	bool was_chosen = route->chosen;
	/* While this computer was busy with something else, what came back waited for us. */
	if (lp_route_is_busy(route, now_ns) && route->used_since_ns < route->looked_ns &&
		now_ns - route->looked_ns > STALL_NS)
		route->alive_ns = lp_earlier(now_ns, route->alive_ns + (now_ns - route->looked_ns));
	route->looked_ns = now_ns;
	if (route->chosen && is_dead(route, now_ns))
		lp_route_fail(route, now_ns);
	const struct lp_route_candidate *candidate = best(route, now_ns);
	if (!candidate || is_current(route, candidate))
		return was_chosen != route->chosen;
	bool take = route->chosen ? is_much_better(candidate->rtt_ns, route->candidates[route->current].rtt_ns)
				  : now_ns >= route->hold_until_ns &&
					    !(forwarded_ns && is_much_better(forwarded_ns, candidate->rtt_ns));
	if (!take)
		return was_chosen != route->chosen;
	route->chosen = true;
	route->current = (size_t)(candidate - route->candidates);
	route->chosen_ns = route->alive_ns = now_ns;
	route->candidates[route->current].next_ns = now_ns;
	return true;
}
