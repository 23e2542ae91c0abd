/* Lists of copied frames, for tests that compare input and output. */
#ifndef LP_TESTS_FRAME_LIST_H
#define LP_TESTS_FRAME_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "proto/offload.h"

#define FRAME_LIST_MAX 512

/* A list of frames with their metadata; the list owns the bytes. */
struct frame_list {
	size_t n;
	struct lp_frame frame[FRAME_LIST_MAX];
};

/* Adds a copy of a frame that is given in parts. */
static inline void frame_list_add(
	struct frame_list *list, const struct lp_bytes *parts, size_t n_parts, const struct lp_offload *offload)
{
	size_t len = 0;
	for (size_t i = 0; i < n_parts; i++)
		len += parts[i].len;
	uint8_t *data = malloc(len ? len : 1);
	if (!data || list->n == FRAME_LIST_MAX)
		abort();
	list->frame[list->n++] = (struct lp_frame){.data = data, .len = len, .offload = *offload};
	for (size_t i = 0; i < n_parts; data += parts[i].len, i++)
		memcpy(data, parts[i].data, parts[i].len);
}

/* Empties a list. */
static inline void frame_list_clear(struct frame_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free((void *)(uintptr_t)list->frame[i].data);
	list->n = 0;
}

/* Stores a frame without metadata; an lp_segment_fn. */
static inline void frame_list_keep(void *list, const struct lp_bytes *parts, size_t n_parts)
{
	frame_list_add(list, parts, n_parts, &(struct lp_offload){0});
}

/* True if both lists have the same bytes in the same order. */
static inline bool frame_list_same(const struct frame_list *a, const struct frame_list *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		if (a->frame[i].len != b->frame[i].len ||
			memcmp(a->frame[i].data, b->frame[i].data, a->frame[i].len) != 0)
			return false;
	}
	return true;
}

#endif
