/* The owners of MACs: an open-addressed table with a keyed hash, because peers choose the MACs. Entries are permanent
   or age. A small cache of hints with the slots of recent searches avoids the hash for nearly all searches on the data
   path. */
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
	uint64_t key;        /* lp_mac_key(); 0: empty slot */
	void *owner;         /* opaque */
	uint64_t expires_ns; /* LP_NEVER: permanent */
};

struct lp_mac_table {
	struct lp_mac_entry *slots;
	size_t capacity;    /* of slots, a power of two */
	size_t n_entries;   /* including expired ones that were not removed yet */
	size_t n_aging;     /* of them, those that age */
	size_t max_aging;   /* maximum of n_aging */
	uint64_t swept_ns;  /* when expired entries were removed last */
	uint64_t n_refused; /* entries that did not fit, because max_aging is 0 or memory was short */
	uint64_t n_evicted; /* aging entries that were forgotten before they expired, to make space */
	uint8_t hash_key[LP_SIPHASH_KEY];
	uint32_t hints[LP_MAC_HINTS]; /* slots of recent searches; always below capacity */
};

/* The expiry of an entry that is used now; never LP_NEVER. */
static inline uint64_t lp_mac_expiry(uint64_t now_ns, uint64_t age_ns)
{
	uint64_t expires_ns = now_ns + age_ns;
	return expires_ns < now_ns || expires_ns == LP_NEVER ? LP_NEVER - 1 : expires_ns;
}

/* The hint for |key|. The multiplication spreads the low octets, which differ most, over the index. */
static inline uint32_t *lp_mac_table_hint(struct lp_mac_table *table, uint64_t key)
{
	return &table->hints[key * UINT64_C(0x9e3779b97f4a7c15) >> 58];
}

/* Initialises an empty table for at most |max_aging| aging entries. 0 or LP_ENOMEM. */
int lp_mac_table_init(struct lp_mac_table *table, const uint8_t hash_key[LP_SIPHASH_KEY], size_t max_aging);
/* All entries must have been removed. A zeroed table is permitted. */
void lp_mac_table_done(struct lp_mac_table *table);
/* Adds |key|, or changes its owner and expiry. |expires_ns| LP_NEVER: permanent, and not limited by max_aging.
   If max_aging entries are in the table, those that expire first are forgotten.
   0; LP_EFULL: max_aging is 0; LP_EINVAL: the key is 0; LP_ENOMEM. */
int lp_mac_table_put(struct lp_mac_table *table, uint64_t key, void *owner, uint64_t expires_ns, uint64_t now_ns);
/* Removes |key|; false if it was not in the table. */
bool lp_mac_table_remove(struct lp_mac_table *table, uint64_t key);
/* Removes all entries of |owner|; returns their number. */
size_t lp_mac_table_remove_owner(struct lp_mac_table *table, const void *owner);
/* The search without a hint; use lp_mac_table_find(). */
struct lp_mac_entry *lp_mac_table_search(struct lp_mac_table *table, uint64_t key, uint64_t now_ns);

/* The entry of |key|, or NULL if there is none or it has expired. The caller may change its expires_ns, but not from or
   to LP_NEVER. Valid until an entry is added or removed. */
static inline struct lp_mac_entry *lp_mac_table_find(struct lp_mac_table *table, uint64_t key, uint64_t now_ns)
{
	struct lp_mac_entry *entry = &table->slots[*lp_mac_table_hint(table, key)];
	if (__builtin_expect(entry->key == key && key != 0 && entry->expires_ns > now_ns, 1))
		return entry;
	return lp_mac_table_search(table, key, now_ns);
}

#endif
