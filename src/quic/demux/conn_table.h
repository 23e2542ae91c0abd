/* Finds connections by connection ID. Peers choose some of the IDs, so the hash is keyed (SipHash). A connection has
   several IDs at a time (RFC 9000 §5.1). */
#ifndef LP_QUIC_DEMUX_CONN_TABLE_H
#define LP_QUIC_DEMUX_CONN_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/siphash.h"

#define LP_QUIC_CID_MAX 20
#define LP_QUIC_CID_LEN 8 /* of the IDs that we choose */
#define LP_CONN_TABLE_MANY 64

struct lp_quic_conn;

struct lp_cid {
	struct lp_cid *next;         /* in the hash chain */
	struct lp_cid *next_of_conn; /* of the same connection */
	struct lp_quic_conn *conn;
	uint64_t hash;
	uint8_t len;
	uint8_t bytes[LP_QUIC_CID_MAX];
};

/* Head of the list of one connection's IDs. */
struct lp_cid_list {
	struct lp_cid *first;
};

struct lp_conn_table {
	struct lp_cid **buckets;
	size_t n_buckets; /* a power of two */
	size_t n_cids;
	uint8_t key[LP_SIPHASH_KEY];
};

/* 0 or LP_ENOMEM. */
int lp_conn_table_init(struct lp_conn_table *table, const uint8_t key[LP_SIPHASH_KEY]);
/* Every ID must have been removed. */
void lp_conn_table_done(struct lp_conn_table *table);
/* Adds an ID of |conn|, whose IDs are |list|. 0; LP_EEXISTS: in use; LP_EINVAL: too long; LP_ENOMEM. */
int lp_conn_table_add(struct lp_conn_table *table, const uint8_t *cid, size_t len, struct lp_quic_conn *conn,
	struct lp_cid_list *list);
/* Removes an ID of the connection whose IDs are |list|. */
void lp_conn_table_remove(struct lp_conn_table *table, const uint8_t *cid, size_t len, struct lp_cid_list *list);
/* Removes all IDs of |list|. */
void lp_conn_table_remove_all(struct lp_conn_table *table, struct lp_cid_list *list);
/* The connection with this ID, or NULL. */
struct lp_quic_conn *lp_conn_table_find(const struct lp_conn_table *table, const uint8_t *cid, size_t len);
/* The same for |n| IDs in one call, at most LP_CONN_TABLE_MANY, each LP_QUIC_CID_LEN bytes; NULL for a NULL. With many
   connections every step of a lookup is a cache miss; here the misses of all lookups overlap. */
void lp_conn_table_find_many(
	const struct lp_conn_table *table, const uint8_t *const cids[], size_t n, struct lp_quic_conn *ret_conns[]);

#endif
