/* Which MAC belongs to whom: an open-addressed table with a keyed hash, because the MACs are chosen by peers. Entries
   either stay until they are removed, or age. A small cache of hints, one for each of the last MACs that were looked
   up, answers nearly every search on the data path without the hash. */
#ifndef LP_PROTO_MAC_TABLE_H
#define LP_PROTO_MAC_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mac.h"
#include "base/siphash.h"
#include "base/units.h"

#define LP_MAC_HINTS 64U

struct lp_mac_entry {
	uint64_t key;        /* lp_mac_key(); 0: the slot is empty */
	void *owner;         /* the caller's */
	uint64_t expires_ns; /* LP_NEVER: it stays */
};

struct lp_mac_table {
	struct lp_mac_entry *slots;
	size_t capacity;    /* of slots, a power of two */
	size_t n_entries;   /* in use, those that expired and were not yet swept among them */
	size_t n_aging;     /* of those, the ones that can expire */
	size_t max_aging;   /* n_aging never exceeds it */
	uint64_t swept_ns;  /* when expired entries were last looked for */
	uint64_t n_refused; /* entries that did not fit */
	uint8_t hash_key[LP_SIPHASH_KEY];
	uint32_t hints[LP_MAC_HINTS]; /* slot of a MAC that was looked up; always below capacity */
};

/* When an entry that is heard of now expires: never LP_NEVER, whatever the clock says. */
static inline uint64_t lp_mac_expiry(uint64_t now_ns, uint64_t age_ns)
{
	uint64_t expires_ns = now_ns + age_ns;
	return expires_ns < now_ns || expires_ns == LP_NEVER ? LP_NEVER - 1 : expires_ns;
}

/* The hint that |key| uses: the low octets differ most, so they reach all bits. */
static inline uint32_t *lp_mac_table_hint(struct lp_mac_table *table, uint64_t key)
{
	return &table->hints[key * UINT64_C(0x9e3779b97f4a7c15) >> 58];
}

/* Makes an empty table for at most |max_aging| entries that age. 0 or LP_ENOMEM. */
int lp_mac_table_init(struct lp_mac_table *table, const uint8_t hash_key[LP_SIPHASH_KEY], size_t max_aging);
/* Every entry must have been removed. A table of zeros is fine. */
void lp_mac_table_done(struct lp_mac_table *table);
/* Adds |key|, or gives it a new owner and expiry. |expires_ns| LP_NEVER: it does not age and is not bounded here.
   0; LP_EFULL: max_aging entries are there; LP_EINVAL: the key is 0; LP_ENOMEM. */
int lp_mac_table_put(struct lp_mac_table *table, uint64_t key, void *owner, uint64_t expires_ns, uint64_t now_ns);
/* Removes |key|; false if it was not there. */
bool lp_mac_table_remove(struct lp_mac_table *table, uint64_t key);
/* Removes all entries of |owner|; returns how many there were. */
size_t lp_mac_table_remove_owner(struct lp_mac_table *table, const void *owner);
/* The slow half of lp_mac_table_find(). */
struct lp_mac_entry *lp_mac_table_search(struct lp_mac_table *table, uint64_t key, uint64_t now_ns);

/* The entry of |key|, or NULL if there is none or it expired. Its expires_ns may be moved on (not to or from
   LP_NEVER). Valid until something is added or removed. */
static inline struct lp_mac_entry *lp_mac_table_find(struct lp_mac_table *table, uint64_t key, uint64_t now_ns)
{
	struct lp_mac_entry *entry = &table->slots[*lp_mac_table_hint(table, key)];
	if (__builtin_expect(entry->key == key && key != 0 && entry->expires_ns > now_ns, 1))
		return entry;
	return lp_mac_table_search(table, key, now_ns);
}

#endif
