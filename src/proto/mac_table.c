#include "proto/mac_table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define CAPACITY_MIN 16U

/* Shortest interval between removals of expired entries. */
#define SWEEP_EVERY_NS LP_SEC
/* A full table forgets up to one part in this many of its aging entries. */
#define EVICT_PARTS 16U

/* The first slot for |key|. */
static size_t first_slot(const struct lp_mac_table *table, uint64_t key)
{
	return (size_t)lp_siphash(table->hash_key, &key, sizeof key) & (table->capacity - 1);
}

/* The slot of |key|, or the empty slot where its search ends. */
static size_t probe(const struct lp_mac_table *table, uint64_t key)
{
	size_t i = first_slot(table, key);
	while (table->slots[i].key != 0 && table->slots[i].key != key)
		i = (i + 1) & (table->capacity - 1);
	return i;
}

/* Moves all entries to |capacity| slots. */
static int resize(struct lp_mac_table *table, size_t capacity)
{
	struct lp_mac_entry *old = table->slots;
	size_t n_old = table->capacity;
	struct lp_mac_entry *slots = calloc(capacity, sizeof *slots);
	if (!slots)
		return LP_ENOMEM;
	table->slots = slots;
	table->capacity = capacity;
	memset(table->hints, 0, sizeof table->hints);
	for (size_t i = 0; i < n_old; i++) {
		if (old[i].key != 0)
			slots[probe(table, old[i].key)] = old[i];
	}
	free(old);
	return 0;
}

/* Empties slot |hole|, and moves entries into it whose search passes it (Knuth, TAOCP 3, §6.4, algorithm R). */
static void remove_at(struct lp_mac_table *table, size_t hole)
{
	size_t mask = table->capacity - 1;
	table->n_entries--;
	table->n_aging -= table->slots[hole].expires_ns != LP_NEVER;
	for (size_t i = (hole + 1) & mask; table->slots[i].key != 0; i = (i + 1) & mask) {
		size_t wanted = first_slot(table, table->slots[i].key);
		if (((i - wanted) & mask) < ((i - hole) & mask))
			continue; /* its first slot is after the hole */
		table->slots[hole] = table->slots[i];
		hole = i;
	}
	table->slots[hole] = (struct lp_mac_entry){0};
}

/* Removes expired entries, at most once in SWEEP_EVERY_NS. */
static void sweep(struct lp_mac_table *table, uint64_t now_ns)
{
	if (now_ns - table->swept_ns < SWEEP_EVERY_NS)
		return;
	table->swept_ns = now_ns;
	/* A removal moves a later entry into this slot, so the slot is checked again. Entries that move across the end
	   of the table were checked before. */
	for (size_t i = 0; i < table->capacity;) {
		if (table->slots[i].key != 0 && table->slots[i].expires_ns <= now_ns)
			remove_at(table, i);
		else
			i++;
	}
}

/* Forgets the aging entries that expire first: at least one, and about a sixteenth of their span of time, so that a
   flood of new MACs does not search the table for each of them. */
static void evict(struct lp_mac_table *table)
{
	uint64_t first_ns = LP_NEVER, last_ns = 0;
	size_t left = table->n_aging / EVICT_PARTS + 1;
	for (size_t i = 0; i < table->capacity; i++) {
		if (table->slots[i].key == 0 || table->slots[i].expires_ns == LP_NEVER)
			continue;
		first_ns = table->slots[i].expires_ns < first_ns ? table->slots[i].expires_ns : first_ns;
		last_ns = table->slots[i].expires_ns > last_ns ? table->slots[i].expires_ns : last_ns;
	}
	uint64_t limit_ns = first_ns + (last_ns - first_ns) / EVICT_PARTS;
	for (size_t i = 0; i < table->capacity && left > 0;) {
		if (table->slots[i].key == 0 || table->slots[i].expires_ns > limit_ns) {
			i++;
			continue;
		}
		remove_at(table, i);
		table->n_evicted++;
		left--;
	}
}

int lp_mac_table_init(struct lp_mac_table *table, const uint8_t hash_key[LP_SIPHASH_KEY], size_t max_aging)
{
	*table = (struct lp_mac_table){.max_aging = max_aging};
	memcpy(table->hash_key, hash_key, sizeof table->hash_key);
	return resize(table, CAPACITY_MIN);
}

void lp_mac_table_done(struct lp_mac_table *table)
{
	assert(table->n_entries == 0 && table->n_aging == 0);
	free(table->slots);
	*table = (struct lp_mac_table){0};
}

int lp_mac_table_put(struct lp_mac_table *table, uint64_t key, void *owner, uint64_t expires_ns, uint64_t now_ns)
{
	bool aging = expires_ns != LP_NEVER;
	if (key == 0)
		return LP_EINVAL;
	size_t i = probe(table, key);
	bool was = table->slots[i].key != 0, was_aging = was && table->slots[i].expires_ns != LP_NEVER;
	if (aging && !was_aging && table->n_aging >= table->max_aging) {
		sweep(table, now_ns);
		if (table->max_aging == 0) {
			table->n_refused++;
			return LP_EFULL;
		}
		if (table->n_aging >= table->max_aging)
			evict(table);
		i = probe(table, key);
	}
	if (!was && (table->n_entries + 1) * 4 > table->capacity * 3) {
		sweep(table, now_ns);
		if ((table->n_entries + 1) * 4 > table->capacity * 3 && resize(table, table->capacity * 2) < 0) {
			table->n_refused++;
			return LP_ENOMEM;
		}
		i = probe(table, key);
	}
	table->n_entries += !was;
	table->n_aging += (size_t)aging - (size_t)was_aging;
	table->slots[i] = (struct lp_mac_entry){.key = key, .owner = owner, .expires_ns = expires_ns};
	return 0;
}

bool lp_mac_table_remove(struct lp_mac_table *table, uint64_t key)
{
	size_t i = probe(table, key);
	if (key == 0 || table->slots[i].key != key)
		return false;
	remove_at(table, i);
	return true;
}

size_t lp_mac_table_remove_owner(struct lp_mac_table *table, const void *owner)
{
	size_t before = table->n_entries, fit = table->capacity;
	for (size_t i = 0; i < table->capacity;) {
		if (table->slots[i].key != 0 && table->slots[i].owner == owner)
			remove_at(table, i);
		else
			i++;
	}
	while (fit > CAPACITY_MIN && table->n_entries * 4 < fit)
		fit /= 2;
	if (fit < table->capacity)
		(void)resize(table, fit); /* out of memory: it stays large */
	return before - table->n_entries;
}

struct lp_mac_entry *lp_mac_table_search(struct lp_mac_table *table, uint64_t key, uint64_t now_ns)
{
	size_t i = probe(table, key);
	struct lp_mac_entry *entry = &table->slots[i];
	if (key == 0 || entry->key != key || entry->expires_ns <= now_ns)
		return NULL;
	*lp_mac_table_hint(table, key) = (uint32_t)i;
	return entry;
}
