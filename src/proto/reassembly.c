#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "proto/budget.h"
#include "proto/fragment.h"

/* Completed frames that are recorded, so that a late duplicate doesn't start a new frame. */
#define RECENT 16U
/* An incomplete frame is discarded when the frame ids of its source have advanced this far, long before they wrap. */
#define ID_WINDOW 4096

/* An incomplete frame. */
struct slot {
	bool used;
	uint8_t count;      /* fragments of the frame */
	uint8_t have;       /* bit set of the fragments received */
	uint32_t last_len;  /* of the last fragment; 0: not received */
	uint32_t piece_len; /* of the others; 0: none received, and the last one is at the end of the buffer */
	uint32_t key;       /* source peer and frame id */
	uint64_t born_ns;
	uint8_t *data;
};

/* A completed frame. */
struct done {
	uint32_t key;
	uint64_t until_ns; /* when the record expires; 0: empty */
};

struct lp_reassembly {
	struct lp_reassembly_config config;
	struct lp_reassembly_counters counters;
	uint64_t last_ns; /* of the last fragment */
	struct done recent[RECENT];
	unsigned recent_next;
	uint8_t *memory; /* of the frames of all slots; NULL: idle */
	struct slot slots[];
};

void lp_reassembly_config_init(struct lp_reassembly_config *config)
{
	*config = (struct lp_reassembly_config){
		.max_frames = 8,
		.max_frame_bytes = LP_BUDGET_FRAME_MAX,
		.timeout_ns = 200 * LP_MS,
		.idle_ns = LP_SEC,
	};
}

int lp_reassembly_new(const struct lp_reassembly_config *config, struct lp_reassembly **ret_reassembly)
{
	struct lp_reassembly *r = calloc(1, sizeof *r + config->max_frames * sizeof r->slots[0]);
	if (!r)
		return LP_ENOMEM;
	r->config = *config;
	*ret_reassembly = r;
	return 0;
}

void lp_reassembly_free(struct lp_reassembly *reassembly)
{
	if (!reassembly)
		return;
	free(reassembly->memory);
	free(reassembly);
}

/* Allocates the memory for all frames, with the first fragment after a pause. */
static int take_memory(struct lp_reassembly *r)
{
	if (r->memory)
		return 0;
	r->memory = malloc(r->config.max_frames * r->config.max_frame_bytes);
	if (!r->memory)
		return LP_ENOMEM;
	for (size_t i = 0; i < r->config.max_frames; i++)
		r->slots[i].data = r->memory + i * r->config.max_frame_bytes;
	return 0;
}

/* True if a frame with this key was completed recently. */
static bool is_recent(const struct lp_reassembly *r, uint32_t key, uint64_t now_ns)
{
	for (unsigned i = 0; i < RECENT; i++) {
		if (r->recent[i].key == key && r->recent[i].until_ns > now_ns)
			return true;
	}
	return false;
}

/* Discards the frame in |slot| and counts the reason. */
static void discard(struct slot *slot, uint64_t *counter)
{
	slot->used = false;
	++*counter;
}

/* The incomplete frame with this key, or NULL. */
static struct slot *find_slot(struct lp_reassembly *r, uint32_t key, uint64_t now_ns)
{
	for (size_t i = 0; i < r->config.max_frames; i++) {
		struct slot *slot = &r->slots[i];
		if (!slot->used || slot->key != key)
			continue;
		if (now_ns - slot->born_ns < r->config.timeout_ns)
			return slot;
		discard(slot, &r->counters.timed_out);
	}
	return NULL;
}

/* True if |key| is of the same source, and so distant that the frame in |slot| must be a remnant. */
static bool is_stale(const struct slot *slot, uint32_t key)
{
	int distance = (int16_t)(uint16_t)(key - slot->key);
	return slot->key >> 16 == key >> 16 && (distance > ID_WINDOW || distance < -ID_WINDOW);
}

/* The frame that gives way to a new one of this key: the oldest of the source that has the most, the new one included.
   So a member that leaves many frames incomplete costs no other member more than its share. */
static struct slot *find_victim(struct lp_reassembly *r, uint32_t key)
{
	struct slot *victim = NULL;
	size_t most = 0;
	for (size_t i = 0; i < r->config.max_frames; i++) {
		struct slot *slot = &r->slots[i];
		size_t n = slot->key >> 16 == key >> 16;
		for (size_t j = 0; j < r->config.max_frames; j++)
			n += r->slots[j].key >> 16 == slot->key >> 16;
		if (n < most || (n == most && slot->born_ns >= victim->born_ns))
			continue;
		victim = slot;
		most = n;
	}
	return victim;
}

/* A slot for a new frame: a free one, or that of a frame that gives way. */
static struct slot *claim_slot(struct lp_reassembly *r, uint32_t key, uint64_t now_ns)
{
	struct slot *free_slot = NULL;
	for (size_t i = 0; i < r->config.max_frames; i++) {
		struct slot *slot = &r->slots[i];
		if (slot->used && now_ns - slot->born_ns >= r->config.timeout_ns)
			discard(slot, &r->counters.timed_out);
		if (slot->used && is_stale(slot, key))
			discard(slot, &r->counters.evicted);
		if (!slot->used && !free_slot)
			free_slot = slot;
	}
	if (!free_slot) {
		free_slot = find_victim(r, key);
		discard(free_slot, &r->counters.evicted);
	}
	return free_slot;
}

/* Copies a fragment to its position. False if it contradicts the others. */
static bool place(const struct lp_reassembly *r, struct slot *slot, const struct lp_datagram *fragment)
{
	size_t max = r->config.max_frame_bytes, len = fragment->payload_len;
	size_t before_last = slot->count - (size_t)1;
	if (len > max)
		return false;
	if (fragment->index < before_last) {
		if (slot->piece_len && slot->piece_len != len)
			return false;
		if (len * before_last + (slot->last_len ? slot->last_len : 1) > max || slot->last_len > len)
			return false;
		if (!slot->piece_len && slot->last_len)
			memmove(slot->data + len * before_last, slot->data + max - slot->last_len, slot->last_len);
		slot->piece_len = (uint32_t)len;
		memcpy(slot->data + len * fragment->index, fragment->payload, len);
		return true;
	}
	if (slot->piece_len && (len > slot->piece_len || slot->piece_len * before_last + len > max))
		return false;
	size_t at = slot->piece_len ? slot->piece_len * before_last : max - len;
	slot->last_len = (uint32_t)len;
	memcpy(slot->data + at, fragment->payload, len);
	return true;
}

/* Returns the complete frame in |slot|, and records it. */
static void complete(
	struct lp_reassembly *r, struct slot *slot, uint64_t now_ns, const uint8_t **ret_frame, size_t *ret_len)
{
	slot->used = false;
	r->counters.completed++;
	r->recent[r->recent_next++ % RECENT] = (struct done){
		.key = slot->key, .until_ns = now_ns + r->config.timeout_ns};
	*ret_frame = slot->data;
	*ret_len = slot->piece_len * (slot->count - (size_t)1) + slot->last_len;
}

int lp_reassembly_add(struct lp_reassembly *reassembly, const struct lp_datagram *fragment, uint64_t now_ns,
	const uint8_t **ret_frame, size_t *ret_len)
{
	struct lp_reassembly *r = reassembly;
	uint32_t key = (uint32_t)fragment->source << 16 | fragment->frame_id;
	r->last_ns = now_ns;
	struct slot *slot = find_slot(r, key, now_ns);
	if (!slot) {
		if (is_recent(r, key, now_ns)) {
			r->counters.duplicates++;
			return 0;
		}
		if (take_memory(r) < 0) {
			r->counters.no_memory++;
			return LP_ENOMEM;
		}
		slot = claim_slot(r, key, now_ns);
		*slot = (struct slot){
			.used = true, .count = fragment->count, .key = key, .born_ns = now_ns, .data = slot->data};
	}
	uint8_t bit = (uint8_t)(1U << fragment->index);
	if (fragment->count == slot->count && (slot->have & bit)) {
		r->counters.duplicates++;
		return 0;
	}
	if (fragment->count != slot->count || !place(r, slot, fragment)) {
		discard(slot, &r->counters.mixed);
		return LP_EMALFORMED;
	}
	slot->have |= bit;
	if (slot->have != (1U << slot->count) - 1)
		return 0;
	complete(r, slot, now_ns, ret_frame, ret_len);
	return 1;
}

void lp_reassembly_expire(struct lp_reassembly *reassembly, uint64_t now_ns)
{
	if (!reassembly->memory)
		return;
	bool busy = false;
	for (size_t i = 0; i < reassembly->config.max_frames; i++) {
		struct slot *slot = &reassembly->slots[i];
		if (slot->used && now_ns - slot->born_ns >= reassembly->config.timeout_ns)
			discard(slot, &reassembly->counters.timed_out);
		busy |= slot->used;
	}
	if (!busy && now_ns - reassembly->last_ns >= reassembly->config.idle_ns) {
		free(reassembly->memory);
		reassembly->memory = NULL;
	}
}

uint64_t lp_reassembly_deadline(const struct lp_reassembly *reassembly)
{
	if (!reassembly->memory)
		return LP_NEVER;
	uint64_t deadline_ns = LP_NEVER;
	for (size_t i = 0; i < reassembly->config.max_frames; i++) {
		const struct slot *slot = &reassembly->slots[i];
		if (slot->used)
			deadline_ns = lp_earlier(deadline_ns, slot->born_ns + reassembly->config.timeout_ns);
	}
	if (deadline_ns == LP_NEVER)
		deadline_ns = reassembly->last_ns + reassembly->config.idle_ns;
	return deadline_ns;
}

const struct lp_reassembly_counters *lp_reassembly_counters(const struct lp_reassembly *reassembly)
{
	return &reassembly->counters;
}
