#include "lane.h"

#include <stdlib.h>
#include <string.h>

#define MS_NS 1000000.0

/* A random number from 0 to below 100 (xorshift64*). */
static double percent(struct lane *lane)
{
	lane->random ^= lane->random >> 12;
	lane->random ^= lane->random << 25;
	lane->random ^= lane->random >> 27;
	return (double)((lane->random * 2685821657736338717ULL) >> 11) * 100.0 / 9007199254740992.0;
}

/* True if |a| leaves before |b|. */
static bool earlier(const struct lane_packet *a, const struct lane_packet *b)
{
	return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->serial < b->serial;
}

/* Moves the entry at |at| up to its position. */
static void sift_up(struct lane *lane, size_t at)
{
	while (at > 0 && earlier(lane->heap[at], lane->heap[(at - 1) / 2])) {
		struct lane_packet *parent = lane->heap[(at - 1) / 2];

		lane->heap[(at - 1) / 2] = lane->heap[at];
		lane->heap[at] = parent;
		at = (at - 1) / 2;
	}
}

/* Moves the first entry down to its position. */
static void sift_down(struct lane *lane)
{
	size_t at = 0;

	for (;;) {
		size_t least = at;

		for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < lane->n_heap; child++)
			if (earlier(lane->heap[child], lane->heap[least]))
				least = child;
		if (least == at)
			return;

		struct lane_packet *held = lane->heap[at];

		lane->heap[at] = lane->heap[least];
		lane->heap[least] = held;
		at = least;
	}
}

/* Adds a copy of the bytes to the heap. */
static void schedule(struct lane *lane, uint32_t flow, const uint8_t *data, size_t len, uint64_t due_ns)
{
	struct lane_packet *packet = lane->n_heap < LANE_PACKETS_MAX ? malloc(sizeof(*packet) + len) : NULL;

	if (packet == NULL) {
		lane->counters.queue_full++;
		return;
	}
	packet->due_ns = due_ns;
	packet->serial = lane->serial++;
	packet->flow = flow;
	packet->len = (uint32_t)len;
	memcpy(packet->data, data, len);
	lane->heap[lane->n_heap] = packet;
	sift_up(lane, lane->n_heap++);
}

bool lane_init(struct lane *lane, uint64_t seed)
{
	memset(lane, 0, sizeof(*lane));
	lane->random = seed * 0x9E3779B97F4A7C15ULL + 1;
	lane->heap = calloc(LANE_PACKETS_MAX, sizeof(*lane->heap));
	return lane->heap != NULL;
}

void lane_done(struct lane *lane)
{
	for (size_t i = 0; i < lane->n_heap; i++)
		free(lane->heap[i]);
	free(lane->heap);
}

bool lane_set(struct lane *lane, const char *name, double value)
{
#define X(text, member, what) \
	if (strcmp(name, text) == 0) { \
		lane->settings.member = value; \
		return true; \
	}
	LANE_SETTINGS(X)
#undef X
	return false;
}

/* When the link has sent the packet; 0: its queue is full. */
static uint64_t link_end(struct lane *lane, size_t bytes, uint64_t now_ns)
{
	const struct lane_settings *s = &lane->settings;
	uint64_t start_ns = lane->link_free_ns > now_ns ? lane->link_free_ns : now_ns;

	if (s->rate_kbps <= 0)
		return now_ns;
	if ((double)(start_ns - now_ns) > (s->queue_ms > 0 ? s->queue_ms : 100) * MS_NS)
		return 0;
	lane->link_free_ns = start_ns + (uint64_t)((double)bytes * 8 * MS_NS / s->rate_kbps);
	return lane->link_free_ns;
}

void lane_put(struct lane *lane, uint32_t flow, const uint8_t *data, size_t len, size_t headers, uint64_t now_ns)
{
	const struct lane_settings *s = &lane->settings;

	lane->counters.in++;
	if (s->mtu > 0 && (double)(len + headers) > s->mtu) {
		lane->counters.too_big++;
		return;
	}
	if (s->away > 0 || percent(lane) < s->loss_percent) {
		lane->counters.lost++;
		return;
	}

	uint64_t due_ns = link_end(lane, len + headers, now_ns);

	if (due_ns == 0) {
		lane->counters.queue_full++;
		return;
	}
	due_ns += (uint64_t)((s->delay_ms + s->jitter_ms * percent(lane) / 100) * MS_NS);
	if (percent(lane) < s->reorder_percent) {
		due_ns += (uint64_t)((s->reorder_ms > 0 ? s->reorder_ms : 10) * MS_NS);
		lane->counters.reordered++;
	} else {
		if (due_ns < lane->last_due_ns)
			due_ns = lane->last_due_ns;
		lane->last_due_ns = due_ns;
	}
	schedule(lane, flow, data, len, due_ns);
	if (percent(lane) < s->dup_percent) {
		schedule(lane, flow, data, len, due_ns);
		lane->counters.duplicated++;
	}
}

uint64_t lane_deadline(const struct lane *lane)
{
	return lane->n_heap > 0 ? lane->heap[0]->due_ns : UINT64_MAX;
}

struct lane_packet *lane_take(struct lane *lane, uint64_t now_ns)
{
	if (lane->n_heap == 0 || lane->heap[0]->due_ns > now_ns)
		return NULL;

	struct lane_packet *packet = lane->heap[0];

	lane->heap[0] = lane->heap[--lane->n_heap];
	sift_down(lane);
	lane->counters.out++;
	return packet;
}
