/* Any frame with any offload metadata is segmented or refused. Segmented frames that are coalesced and segmented again
   are the same. The input: 10 bytes of metadata, then the frame. */
#include <stdlib.h>
#include <string.h>

#include "proto/be.h"
#include "proto/coalesce.h"
#include "proto/segment.h"

#define METADATA 10U
#define FRAMES_MAX 200U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Consecutive frames. */
struct list {
	uint8_t *data[FRAMES_MAX];
	size_t len[FRAMES_MAX];
	size_t n;
};

/* Ends the run: an invariant is violated. */
static void check(bool good)
{
	if (!good)
		abort();
}

/* Stores a frame; frames beyond the list's end are only read. */
static void keep(void *ctx, const struct lp_bytes *parts, size_t n_parts)
{
	struct list *list = ctx;
	size_t len = parts[0].len + (n_parts > 1 ? parts[1].len : 0);
	uint8_t *frame = malloc(len ? len : 1);
	check(frame && n_parts >= 1 && n_parts <= 2);
	memcpy(frame, parts[0].data, parts[0].len);
	if (n_parts > 1)
		memcpy(frame + parts[0].len, parts[1].data, parts[1].len);
	if (list->n < FRAMES_MAX) {
		list->data[list->n] = frame;
		list->len[list->n] = len;
	} else {
		free(frame);
	}
	list->n++;
}

/* Empties a list. */
static void clear(struct list *list)
{
	for (size_t i = 0; i < list->n && i < FRAMES_MAX; i++)
		free(list->data[i]);
	list->n = 0;
}

/* Segments the output of a flush. */
static void cut(void *ctx, const struct lp_frame *frames, size_t n_frames)
{
	for (size_t i = 0; i < n_frames; i++)
		check(lp_segment(&frames[i], keep, ctx) > 0);
}

/* Coalesces the frames of |in| and segments them again: they must be unchanged. */
static void check_round_trip(const struct list *in)
{
	struct lp_coalesce_config config;
	lp_coalesce_config_init(&config);
	config.tcp4 = true;
	config.tcp6 = true;
	config.udp = true;
	config.max_supers = 8;
	struct lp_coalesce *coalesce;
	struct list out = {.n = 0};
	check(lp_coalesce_new(&config, &coalesce) == 0);
	for (size_t i = 0; i < in->n; i++) {
		int result = lp_coalesce_add(coalesce, in->data[i], in->len[i]);
		if (result < 0) {
			lp_coalesce_flush(coalesce, cut, &out);
			check(lp_coalesce_add(coalesce, in->data[i], in->len[i]) == 0);
		}
	}
	lp_coalesce_flush(coalesce, cut, &out);
	check(out.n == in->n);
	for (size_t i = 0; i < in->n; i++)
		check(out.len[i] == in->len[i] && memcmp(out.data[i], in->data[i], in->len[i]) == 0);
	clear(&out);
	lp_coalesce_free(coalesce);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len < METADATA)
		return 0;
	struct lp_frame frame = {
		.data = data + METADATA,
		.len = len - METADATA,
		.offload =
			{
				.gso = (enum lp_gso)(data[0] & 3),
				.gso_ecn = data[1] & 1,
				.needs_csum = data[1] & 2,
				.gso_size = lp_be16_get(data + 2),
				.csum_start = lp_be16_get(data + 4),
				.csum_offset = lp_be16_get(data + 6),
				.hdr_len = lp_be16_get(data + 8),
			},
	};
	struct list list = {.n = 0};
	int n = lp_segment(&frame, keep, &list);
	check(n < 0 ? list.n == 0 : list.n == (size_t)n);
	if (n > 1 && n <= (int)FRAMES_MAX)
		check_round_trip(&list);
	clear(&list);
	return 0;
}
