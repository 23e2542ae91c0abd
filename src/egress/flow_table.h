/* The flows of a queue by hash (RFC 8290 §4.1.1). Memory is allocated in small blocks, none before the first frame. If
   there are more flows than entries, flows share entries. */
#ifndef LP_EGRESS_FLOW_TABLE_H
#define LP_EGRESS_FLOW_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "egress/codel.h"
#include "egress/drr.h"

struct lp_frame_chunk;

/* A flow of frames with the same addresses and ports. */
struct lp_flow {
	struct lp_drr_item item;            /* among the flows of its member, while it has frames; first */
	struct lp_frame_chunk *head, *tail; /* its frames, oldest first */
	size_t bytes;                       /* of its frames */
	struct lp_codel codel;
	uint16_t bucket; /* of the hash that it was made for */
};

#define LP_FLOWS_PER_BLOCK 16U
#define LP_FLOW_BLOCKS 16U

struct lp_flow_table {
	uint16_t *buckets;                      /* index of the bucket's flow, or none; NULL before the first flow */
	struct lp_flow *blocks[LP_FLOW_BLOCKS]; /* LP_FLOWS_PER_BLOCK flows each */
	uint32_t n_flows;                       /* made so far */
	uint32_t hand;                          /* where the search for an idle flow goes on */
};

void lp_flow_table_init(struct lp_flow_table *table);
void lp_flow_table_done(struct lp_flow_table *table);
/* The flow for frames with |hash|; NULL: none yet. */
struct lp_flow *lp_flow_table_find(const struct lp_flow_table *table, uint32_t hash);
/* The flow for |hash|: its own, a new one (reusing an idle one if possible), or a shared one if all are busy. NULL
   without memory. The pointer is valid until lp_flow_table_done(). */
struct lp_flow *lp_flow_table_get(struct lp_flow_table *table, uint32_t hash);
/* Bytes that the table holds. */
size_t lp_flow_table_held_bytes(const struct lp_flow_table *table);

#endif
