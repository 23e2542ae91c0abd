#include "egress/flow_table.h"

#include <stdlib.h>
#include <string.h>

#define N_BUCKETS 1024U
#define MAX_FLOWS (LP_FLOWS_PER_BLOCK * LP_FLOW_BLOCKS)

/* A bucket without a flow. */
#define NO_FLOW UINT16_MAX

void lp_flow_table_init(struct lp_flow_table *table)
{
	*table = (struct lp_flow_table){0};
}

void lp_flow_table_done(struct lp_flow_table *table)
{
	for (size_t i = 0; i < LP_FLOW_BLOCKS; i++)
		free(table->blocks[i]);
	free(table->buckets);
	*table = (struct lp_flow_table){0};
}

/* The flow with an index below n_flows. */
static struct lp_flow *flow_at(const struct lp_flow_table *table, uint32_t index)
{
	return &table->blocks[index / LP_FLOWS_PER_BLOCK][index % LP_FLOWS_PER_BLOCK];
}

/* Allocates the empty table of buckets. False without memory. */
static bool make_buckets(struct lp_flow_table *table)
{
	table->buckets = malloc(N_BUCKETS * sizeof *table->buckets);
	if (!table->buckets)
		return false;
	for (size_t i = 0; i < N_BUCKETS; i++)
		table->buckets[i] = NO_FLOW;
	return true;
}

/* The index of a flow that has no frames, searched in a circle from the last hit; n_flows: none. */
static uint32_t find_idle(struct lp_flow_table *table)
{
	for (uint32_t n = 0; n < table->n_flows; n++) {
		table->hand = (table->hand + 1) % table->n_flows;
		if (!flow_at(table, table->hand)->item.listed)
			return table->hand;
	}
	return table->n_flows;
}

/* The index for a new flow: unused, idle, or of a new block; MAX_FLOWS: all are busy. */
static uint32_t find_place(struct lp_flow_table *table)
{
	if (table->n_flows % LP_FLOWS_PER_BLOCK != 0)
		return table->n_flows++;
	uint32_t index = find_idle(table);
	if (index < table->n_flows)
		return index;
	if (table->n_flows == MAX_FLOWS)
		return MAX_FLOWS;
	struct lp_flow *block = calloc(LP_FLOWS_PER_BLOCK, sizeof *block);
	if (!block)
		return MAX_FLOWS;
	table->blocks[table->n_flows / LP_FLOWS_PER_BLOCK] = block;
	return table->n_flows++;
}

/* Gives a bucket its own flow at |index|. */
static struct lp_flow *assign(struct lp_flow_table *table, uint16_t bucket, uint32_t index)
{
	struct lp_flow *flow = flow_at(table, index);
	if (table->buckets[flow->bucket] == index)
		table->buckets[flow->bucket] = NO_FLOW;
	*flow = (struct lp_flow){.bucket = bucket};
	table->buckets[bucket] = (uint16_t)index;
	return flow;
}

struct lp_flow *lp_flow_table_find(const struct lp_flow_table *table, uint32_t hash)
{
	if (!table->buckets)
		return NULL;
	uint16_t bucket = (uint16_t)(hash % N_BUCKETS);
	uint32_t index = table->buckets[bucket];
	if (index == NO_FLOW)
		return NULL;
	/* A shared flow is kept while it has frames, otherwise later frames would overtake them. */
	struct lp_flow *flow = flow_at(table, index);
	return flow->bucket == bucket || flow->item.listed ? flow : NULL;
}

struct lp_flow *lp_flow_table_get(struct lp_flow_table *table, uint32_t hash)
{
	struct lp_flow *flow = lp_flow_table_find(table, hash);
	if (flow)
		return flow;
	if (!table->buckets && !make_buckets(table))
		return NULL;
	uint16_t bucket = (uint16_t)(hash % N_BUCKETS);
	uint32_t index = find_place(table);
	if (index != MAX_FLOWS)
		return assign(table, bucket, index);
	if (table->n_flows == 0)
		return NULL;
	index = hash % table->n_flows;
	table->buckets[bucket] = (uint16_t)index;
	return flow_at(table, index);
}

size_t lp_flow_table_held_bytes(const struct lp_flow_table *table)
{
	size_t n_blocks = (table->n_flows + LP_FLOWS_PER_BLOCK - 1) / LP_FLOWS_PER_BLOCK;
	return (table->buckets ? N_BUCKETS * sizeof *table->buckets : 0) +
	       n_blocks * LP_FLOWS_PER_BLOCK * sizeof(struct lp_flow);
}
