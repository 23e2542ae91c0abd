/* Which connection a connection id belongs to. Peers choose some of the ids, so the hash is keyed (SipHash). One
   connection has several ids at a time (RFC 9000 §5.1). */
#ifndef LP_QUIC_DEMUX_CONN_TABLE_H
#define LP_QUIC_DEMUX_CONN_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/siphash.h"

#define LP_QUIC_CID_MAX 20
#define LP_QUIC_CID_LEN 8 /* of the ids that we choose */
#define LP_CONN_TABLE_MANY 64

struct lp_quic_conn;

/* One id. */
struct lp_cid {
	struct lp_cid *next;         /* in the bucket */
	struct lp_cid *next_of_conn; /* of the same connection */
	struct lp_quic_conn *conn;
	uint64_t hash;
	uint8_t len;
	uint8_t bytes[LP_QUIC_CID_MAX];
};

/* The ids of one connection: the head of a list through the table. */
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
/* All ids must have been removed. */
void lp_conn_table_done(struct lp_conn_table *table);
/* Adds an id of |conn|, whose ids are |list|. LP_EEXISTS if it is taken, LP_EINVAL if it is too long, LP_ENOMEM. */
int lp_conn_table_add(struct lp_conn_table *table, const uint8_t *cid, size_t len, struct lp_quic_conn *conn,
	struct lp_cid_list *list);
/* Forgets an id of the connection whose ids are |list|. */
void lp_conn_table_remove(struct lp_conn_table *table, const uint8_t *cid, size_t len, struct lp_cid_list *list);
/* Forgets all ids of |list|. */
void lp_conn_table_remove_all(struct lp_conn_table *table, struct lp_cid_list *list);
/* The connection that has this id, or NULL. */
struct lp_quic_conn *lp_conn_table_find(const struct lp_conn_table *table, const uint8_t *cid, size_t len);
/* The same for |n| ids of ours at once, at most LP_CONN_TABLE_MANY, each LP_QUIC_CID_LEN bytes; NULL for a NULL. With
   many connections each step to one is a miss of the caches: here those of all ids go on at the same time. */
void lp_conn_table_find_many(
	const struct lp_conn_table *table, const uint8_t *const cids[], size_t n, struct lp_quic_conn *ret_conns[]);

#endif
