#include "egress/frame_pool.h"

#include <assert.h>
#include <stdlib.h>

#include "base/error.h"

/* Chunks are parts of slabs of this size. An empty slab is freed if another one is empty. */
#define SLAB_BYTES ((size_t)32 * 1024)

/* Two sizes: for the frames of games, and for any Ethernet frame. */
static const size_t chunk_bytes[] = {256, 1600};
_Static_assert(sizeof(struct lp_frame_chunk) + LP_QUEUE_FRAME_MAX <= 1600, "a chunk holds any frame");

#define N_SIZES (sizeof chunk_bytes / sizeof chunk_bytes[0])

struct lp_frame_slab {
	struct lp_frame_slab *prev, *next; /* in the list of its size's slabs that have a free chunk */
	struct lp_frame_chunk *free;       /* free chunks */
	uint32_t n_free, n_chunks;
	uint8_t size_index; /* into chunk_bytes */
};

struct lp_frame_pool {
	size_t max_bytes, used_bytes, held_bytes;
	struct lp_frame_slab *open[N_SIZES]; /* slabs with a free chunk, the fullest use first */
	uint32_t n_empty[N_SIZES];           /* of them without a used chunk */
};

int lp_frame_pool_new(size_t max_bytes, struct lp_frame_pool **ret_pool)
{
	struct lp_frame_pool *pool = calloc(1, sizeof *pool);
	if (!pool)
		return LP_ENOMEM;
	pool->max_bytes = max_bytes;
	*ret_pool = pool;
	return 0;
}

/* The index of the size that a frame of |len| bytes needs. */
static size_t size_for(size_t len)
{
	assert(len <= LP_QUEUE_FRAME_MAX);
	return sizeof(struct lp_frame_chunk) + len <= chunk_bytes[0] ? 0 : 1;
}

size_t lp_frame_chunk_bytes(size_t len)
{
	return chunk_bytes[size_for(len)];
}

static void slab_link(struct lp_frame_pool *pool, struct lp_frame_slab *slab)
{
	struct lp_frame_slab **head = &pool->open[slab->size_index];
	slab->prev = NULL;
	slab->next = *head;
	if (*head)
		(*head)->prev = slab;
	*head = slab;
}

static void slab_unlink(struct lp_frame_pool *pool, struct lp_frame_slab *slab)
{
	if (slab->prev)
		slab->prev->next = slab->next;
	else
		pool->open[slab->size_index] = slab->next;
	if (slab->next)
		slab->next->prev = slab->prev;
}

/* Allocates a slab and divides it into chunks. */
static struct lp_frame_slab *slab_new(struct lp_frame_pool *pool, size_t size_index)
{
	struct lp_frame_slab *slab = malloc(SLAB_BYTES);
	if (!slab)
		return NULL;
	size_t size = chunk_bytes[size_index];
	size_t offset = (sizeof *slab + 15) & ~(size_t)15;
	*slab = (struct lp_frame_slab){.size_index = (uint8_t)size_index};
	for (; offset + size <= SLAB_BYTES; offset += size) {
		struct lp_frame_chunk *chunk = (struct lp_frame_chunk *)(void *)((uint8_t *)slab + offset);
		chunk->slab = slab;
		chunk->next = slab->free;
		slab->free = chunk;
		slab->n_chunks++;
	}
	slab->n_free = slab->n_chunks;
	pool->held_bytes += SLAB_BYTES;
	pool->n_empty[size_index]++;
	slab_link(pool, slab);
	return slab;
}

static void slab_free(struct lp_frame_pool *pool, struct lp_frame_slab *slab)
{
	slab_unlink(pool, slab);
	pool->n_empty[slab->size_index]--;
	pool->held_bytes -= SLAB_BYTES;
	free(slab);
}

void lp_frame_pool_free(struct lp_frame_pool *pool)
{
	if (!pool)
		return;
	assert(pool->used_bytes == 0);
	for (size_t i = 0; i < N_SIZES; i++) {
		while (pool->open[i])
			slab_free(pool, pool->open[i]);
	}
	assert(pool->held_bytes == 0);
	free(pool);
}

struct lp_frame_chunk *lp_frame_pool_get(struct lp_frame_pool *pool, size_t len)
{
	size_t i = size_for(len);
	if (pool->used_bytes + chunk_bytes[i] > pool->max_bytes)
		return NULL;
	struct lp_frame_slab *slab = pool->open[i] ? pool->open[i] : slab_new(pool, i);
	if (!slab)
		return NULL;

	struct lp_frame_chunk *chunk = slab->free;
	slab->free = chunk->next;
	if (slab->n_free == slab->n_chunks)
		pool->n_empty[i]--;
	if (--slab->n_free == 0)
		slab_unlink(pool, slab);
	chunk->next = NULL;
	chunk->size = (uint32_t)chunk_bytes[i];
	chunk->frame.data = chunk->bytes;
	chunk->frame.len = len;
	pool->used_bytes += chunk->size;
	return chunk;
}

void lp_frame_pool_put(struct lp_frame_pool *pool, struct lp_frame_chunk *chunk)
{
	struct lp_frame_slab *slab = chunk->slab;
	assert(pool->used_bytes >= chunk->size);
	pool->used_bytes -= chunk->size;
	chunk->next = slab->free;
	slab->free = chunk;
	if (slab->n_free++ == 0)
		slab_link(pool, slab);
	if (slab->n_free < slab->n_chunks)
		return;
	/* One empty slab of each size is kept, because a queue whose length oscillates would otherwise allocate and
	   free a slab each time. */
	pool->n_empty[slab->size_index]++;
	if (pool->n_empty[slab->size_index] > 1)
		slab_free(pool, slab);
}

size_t lp_frame_pool_free_bytes(const struct lp_frame_pool *pool)
{
	return pool->max_bytes - pool->used_bytes;
}

size_t lp_frame_pool_used_bytes(const struct lp_frame_pool *pool)
{
	return pool->used_bytes;
}

size_t lp_frame_pool_held_bytes(const struct lp_frame_pool *pool)
{
	return pool->held_bytes;
}
