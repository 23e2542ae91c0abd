#include "quic/control.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define BLOCK_BYTES 2000

/* A contiguous part of the stream. Bytes never move; new ones are appended. */
struct lp_control_block {
	struct lp_control_block *next;
	uint64_t offset; /* of the first byte */
	size_t len;
	uint8_t data[BLOCK_BYTES];
};

void lp_control_init(struct lp_control *control, size_t *total)
{
	*control = (struct lp_control){.total = total};
}

/* Bytes that are not acknowledged yet. */
static size_t pending(const struct lp_control *control)
{
	return (size_t)(control->queued - control->acked);
}

void lp_control_done(struct lp_control *control)
{
	while (control->first) {
		struct lp_control_block *block = control->first;
		control->first = block->next;
		free(block);
	}
	*control->total -= pending(control);
	lp_control_init(control, control->total);
}

/* Appends empty blocks until |len| bytes fit. On failure the empty blocks remain, which is harmless. */
static int make_room(struct lp_control *control, size_t len)
{
	size_t room = 0;
	struct lp_control_block **end = &control->first;
	if (control->last) {
		room = BLOCK_BYTES - control->last->len;
		end = &control->last->next;
	}
	while (*end) {
		room += BLOCK_BYTES;
		end = &(*end)->next;
	}
	for (; room < len; room += BLOCK_BYTES) {
		struct lp_control_block *block = malloc(sizeof *block);
		if (!block)
			return LP_ENOMEM;
		block->next = NULL;
		block->len = 0;
		*end = block;
		end = &block->next;
	}
	if (!control->last)
		control->last = control->first;
	return 0;
}

int lp_control_queue(struct lp_control *control, const uint8_t *data, size_t len)
{
	if (len == 0)
		return 0;
	bool crowded = *control->total + len > LP_CONTROL_TOTAL;
	size_t max = crowded ? LP_CONTROL_SHARE : LP_CONTROL_MAX;
	if (pending(control) + len > max)
		return LP_EFULL;
	int result = make_room(control, len);
	if (result < 0)
		return result;
	*control->total += len;
	while (len > 0) {
		struct lp_control_block *block = control->last;
		if (block->len == BLOCK_BYTES) {
			block = control->last = block->next;
			block->len = 0;
		}
		if (block->len == 0)
			block->offset = control->queued;
		size_t n = BLOCK_BYTES - block->len;
		if (n > len)
			n = len;
		memcpy(block->data + block->len, data, n);
		block->len += n;
		control->queued += n;
		data += n;
		len -= n;
		if (!control->unsent)
			control->unsent = block;
	}
	return 0;
}

size_t lp_control_next(const struct lp_control *control, const uint8_t **ret_data)
{
	const struct lp_control_block *block = control->unsent;
	if (!block)
		return 0;
	size_t skip = (size_t)(control->sent - block->offset);
	*ret_data = block->data + skip;
	return block->len - skip;
}

void lp_control_sent(struct lp_control *control, size_t len)
{
	control->sent += len;
	struct lp_control_block *block = control->unsent;
	if (!block || control->sent < block->offset + block->len)
		return;
	control->unsent = control->sent < control->queued ? block->next : NULL;
}

void lp_control_acked(struct lp_control *control, uint64_t offset)
{
	if (offset > control->acked && offset <= control->queued) {
		*control->total -= (size_t)(offset - control->acked);
		control->acked = offset;
	}
	while (control->first && control->first->len &&
		control->first->offset + control->first->len <= control->acked) {
		struct lp_control_block *block = control->first;
		control->first = block->next;
		if (control->last == block)
			control->last = control->first;
		free(block);
	}
}
