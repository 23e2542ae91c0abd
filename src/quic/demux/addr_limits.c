#include "quic/demux/addr_limits.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/error.h"

#define FIRST_BUCKETS 64

int lp_addr_limits_init(struct lp_addr_limits *sources, const uint8_t key[LP_SIPHASH_KEY])
{
	memset(sources, 0, sizeof *sources);
	sources->buckets = calloc(FIRST_BUCKETS, sizeof *sources->buckets);
	if (!sources->buckets)
		return LP_ENOMEM;
	sources->n_buckets = FIRST_BUCKETS;
	memcpy(sources->key, key, sizeof sources->key);
	return 0;
}

void lp_addr_limits_done(struct lp_addr_limits *sources)
{
	assert(sources->n_sources == 0);
	free(sources->buckets);
	sources->buckets = NULL;
}

/* Kinds of prefixes. */
enum { OF_ADDRESS = 4, OF_SUBNET = 6, OF_SITE = 48 };

/* The prefix of a source. */
static void prefix_of(const struct lp_addr *addr, uint8_t ret_prefix[9])
{
	memset(ret_prefix, 0, 9);
	ret_prefix[0] = addr->family == 6 ? OF_SUBNET : OF_ADDRESS;
	memcpy(ret_prefix + 1, addr->ip, addr->family == 6 ? 8 : 4);
}

/* The prefix of the site of an IPv6 address. */
static void site_of(const struct lp_addr *addr, uint8_t ret_prefix[9])
{
	memset(ret_prefix, 0, 9);
	ret_prefix[0] = OF_SITE;
	memcpy(ret_prefix + 1, addr->ip, 6);
}

/* The pointer to this source, or the NULL at the end of its chain. */
static struct lp_addr_limit **slot_of(const struct lp_addr_limits *sources, const uint8_t prefix[9])
{
	uint64_t hash = lp_siphash(sources->key, prefix, 9);
	struct lp_addr_limit **slot = &sources->buckets[hash & (sources->n_buckets - 1)];
	while (*slot && memcmp((*slot)->prefix, prefix, 9) != 0)
		slot = &(*slot)->next;
	return slot;
}

/* Doubles the number of buckets. Without memory the table keeps its size. */
static void grow(struct lp_addr_limits *sources)
{
	struct lp_addr_limits wider = *sources;
	wider.n_buckets *= 2;
	wider.buckets = calloc(wider.n_buckets, sizeof *wider.buckets);
	if (!wider.buckets)
		return;
	for (size_t i = 0; i < sources->n_buckets; i++) {
		for (struct lp_addr_limit *source = sources->buckets[i], *next; source; source = next) {
			next = source->next;
			source->next = NULL;
			*slot_of(&wider, source->prefix) = source;
		}
	}
	free(sources->buckets);
	*sources = wider;
}

/* The counter for half-open handshakes. */
static size_t *half_open_of(struct lp_addr_limit *source, bool proven)
{
	return proven ? &source->n_handshakes : &source->n_unproven;
}

const struct lp_addr_limit *lp_addr_limits_find(const struct lp_addr_limits *sources, const struct lp_addr *addr)
{
	uint8_t prefix[9];
	prefix_of(addr, prefix);
	return *slot_of(sources, prefix);
}

const struct lp_addr_limit *lp_addr_limits_find_site(const struct lp_addr_limits *sources, const struct lp_addr *addr)
{
	uint8_t prefix[9];
	if (addr->family != 6)
		return NULL;
	site_of(addr, prefix);
	return *slot_of(sources, prefix);
}

struct lp_bucket *lp_addr_limits_bucket(struct lp_addr_limits *sources, const struct lp_addr *addr)
{
	uint8_t prefix[9];
	if (addr->family == 6)
		site_of(addr, prefix);
	else
		prefix_of(addr, prefix);
	return &sources->handshakes[lp_siphash(sources->key, prefix, sizeof prefix) % LP_ADDR_LIMITS_BUCKETS];
}

/* Counts a half-open handshake of |prefix|, creating its entry if needed. NULL without memory. */
static struct lp_addr_limit *enter_prefix(struct lp_addr_limits *sources, const uint8_t prefix[9], bool proven)
{
	struct lp_addr_limit *source = *slot_of(sources, prefix);
	if (!source) {
		if (sources->n_sources >= sources->n_buckets)
			grow(sources);
		source = calloc(1, sizeof *source);
		if (!source)
			return NULL;
		memcpy(source->prefix, prefix, sizeof source->prefix);
		*slot_of(sources, prefix) = source;
		sources->n_sources++;
	}
	source->n_conns++;
	*half_open_of(source, proven) += 1;
	return source;
}

/* Removes a connection from |source|; the last one frees it. */
static void leave_prefix(struct lp_addr_limits *sources, struct lp_addr_limit *source)
{
	assert(source->n_conns > 0);
	source->n_conns--;
	if (source->n_conns > 0)
		return;
	struct lp_addr_limit **slot = slot_of(sources, source->prefix);
	assert(*slot == source);
	*slot = source->next;
	sources->n_sources--;
	free(source);
}

struct lp_addr_limit *lp_addr_limits_enter(struct lp_addr_limits *sources, const struct lp_addr *addr, bool proven)
{
	uint8_t prefix[9], site_prefix[9];
	prefix_of(addr, prefix);
	struct lp_addr_limit *source = enter_prefix(sources, prefix, proven);
	if (!source || addr->family != 6)
		return source;
	site_of(addr, site_prefix);
	source->site = enter_prefix(sources, site_prefix, proven);
	if (source->site)
		return source;
	*half_open_of(source, proven) -= 1;
	leave_prefix(sources, source);
	return NULL;
}

void lp_addr_limits_settle(struct lp_addr_limit *source, bool proven)
{
	for (; source; source = source->site) {
		assert(*half_open_of(source, proven) > 0);
		*half_open_of(source, proven) -= 1;
	}
}

void lp_addr_limits_leave(struct lp_addr_limits *sources, struct lp_addr_limit *source)
{
	struct lp_addr_limit *site = source->site;
	leave_prefix(sources, source);
	if (site)
		leave_prefix(sources, site);
}
