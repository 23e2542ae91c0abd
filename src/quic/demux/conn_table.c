#include "quic/demux/conn_table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define FIRST_BUCKETS 64

int lp_conn_table_init(struct lp_conn_table *table, const uint8_t key[LP_SIPHASH_KEY])
{
	memset(table, 0, sizeof *table);
	table->buckets = calloc(FIRST_BUCKETS, sizeof *table->buckets);
	if (!table->buckets)
		return LP_ENOMEM;
	table->n_buckets = FIRST_BUCKETS;
	memcpy(table->key, key, sizeof table->key);
	return 0;
}

void lp_conn_table_done(struct lp_conn_table *table)
{
	assert(table->n_cids == 0);
	free(table->buckets);
	table->buckets = NULL;
}

static struct lp_cid **bucket_of(const struct lp_conn_table *table, uint64_t hash)
{
	return &table->buckets[hash & (table->n_buckets - 1)];
}

/* The pointer to this ID, or the NULL at the end of its chain. */
static struct lp_cid **slot_of(const struct lp_conn_table *table, const uint8_t *cid, size_t len, uint64_t hash)
{
	struct lp_cid **slot = bucket_of(table, hash);
	while (*slot && ((*slot)->hash != hash || (*slot)->len != len || memcmp((*slot)->bytes, cid, len) != 0))
		slot = &(*slot)->next;
	return slot;
}

/* Doubles the number of buckets. Without memory the table keeps its size. */
static void grow(struct lp_conn_table *table)
{
	size_t n = table->n_buckets * 2;
	struct lp_cid **buckets = calloc(n, sizeof *buckets);
	if (!buckets)
		return;
	for (size_t i = 0; i < table->n_buckets; i++) {
		for (struct lp_cid *cid = table->buckets[i], *next; cid; cid = next) {
			next = cid->next;
			cid->next = buckets[cid->hash & (n - 1)];
			buckets[cid->hash & (n - 1)] = cid;
		}
	}
	free(table->buckets);
	table->buckets = buckets;
	table->n_buckets = n;
}

int lp_conn_table_add(struct lp_conn_table *table, const uint8_t *cid, size_t len, struct lp_quic_conn *conn,
	struct lp_cid_list *list)
{
	if (len > LP_QUIC_CID_MAX)
		return LP_EINVAL;
	uint64_t hash = lp_siphash(table->key, cid, len);
	if (*slot_of(table, cid, len, hash))
		return LP_EEXISTS;
	struct lp_cid *entry = calloc(1, sizeof *entry);
	if (!entry)
		return LP_ENOMEM;
	if (table->n_cids >= table->n_buckets)
		grow(table);
	entry->conn = conn;
	entry->hash = hash;
	entry->len = (uint8_t)len;
	memcpy(entry->bytes, cid, len);
	struct lp_cid **bucket = bucket_of(table, hash);
	entry->next = *bucket;
	*bucket = entry;
	entry->next_of_conn = list->first;
	list->first = entry;
	table->n_cids++;
	return 0;
}

/* Frees an entry that was removed from its connection's list. */
static void drop(struct lp_conn_table *table, struct lp_cid *entry)
{
	struct lp_cid **slot = slot_of(table, entry->bytes, entry->len, entry->hash);
	assert(*slot == entry);
	*slot = entry->next;
	table->n_cids--;
	free(entry);
}

void lp_conn_table_remove(struct lp_conn_table *table, const uint8_t *cid, size_t len, struct lp_cid_list *list)
{
	for (struct lp_cid **at = &list->first; *at; at = &(*at)->next_of_conn) {
		struct lp_cid *entry = *at;
		if (entry->len == len && memcmp(entry->bytes, cid, len) == 0) {
			*at = entry->next_of_conn;
			drop(table, entry);
			return;
		}
	}
}

void lp_conn_table_remove_all(struct lp_conn_table *table, struct lp_cid_list *list)
{
	while (list->first) {
		struct lp_cid *entry = list->first;
		list->first = entry->next_of_conn;
		drop(table, entry);
	}
}

struct lp_quic_conn *lp_conn_table_find(const struct lp_conn_table *table, const uint8_t *cid, size_t len)
{
	if (len > LP_QUIC_CID_MAX)
		return NULL;
	const struct lp_cid *entry = *slot_of(table, cid, len, lp_siphash(table->key, cid, len));
	return entry ? entry->conn : NULL;
}

void lp_conn_table_find_many(
	const struct lp_conn_table *table, const uint8_t *const cids[], size_t n, struct lp_quic_conn *ret_conns[])
{
	uint64_t hashes[LP_CONN_TABLE_MANY];
	assert(n <= LP_CONN_TABLE_MANY);
	for (size_t i = 0; i < n; i++) {
		hashes[i] = cids[i] ? lp_siphash(table->key, cids[i], LP_QUIC_CID_LEN) : 0;
		__builtin_prefetch(bucket_of(table, hashes[i]));
	}
	for (size_t i = 0; i < n; i++)
		__builtin_prefetch(*bucket_of(table, hashes[i]));
	for (size_t i = 0; i < n; i++) {
		const struct lp_cid *entry = cids[i] ? *slot_of(table, cids[i], LP_QUIC_CID_LEN, hashes[i]) : NULL;
		ret_conns[i] = entry ? entry->conn : NULL;
	}
}
