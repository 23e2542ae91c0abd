#include "room/output.h"

#include "room/room.h"
#include "room/state.h"

#define BYTES_PER_KBIT 125U
/* The smallest burst: a frame of the largest size for every member of a large room. */
#define BURST_MIN (512U << 10)

static const struct lp_output_row rows[LP_OUTPUT_COUNT] = {
#define X(name, wire, kbit, text) {wire, {kbit, 0}, text},
	LP_OUTPUTS(X)
#undef X
};

const struct lp_output_row *lp_output_row(enum lp_output output)
{
	return &rows[output];
}

void lp_output_init(struct lp_output_limits *limits, const struct lp_rate rates[LP_OUTPUT_COUNT])
{
	*limits = (struct lp_output_limits){0};
	for (size_t i = 0; i < LP_OUTPUT_COUNT; i++) {
		uint64_t burst = (uint64_t)(rates[i].burst ? rates[i].burst : rates[i].per_s) * BYTES_PER_KBIT;
		lp_ratelimit_init(&limits->of[i], (uint64_t)rates[i].per_s * BYTES_PER_KBIT,
			burst > BURST_MIN ? burst : BURST_MIN);
	}
	limits->counts_all = rates[LP_OUTPUT_TOTAL].per_s || rates[LP_OUTPUT_ROOM].per_s ||
			     rates[LP_OUTPUT_SOURCE].per_s;
}

static bool take(
	struct lp_rooms *rooms, struct lp_output_buckets *buckets, enum lp_output row, size_t bytes, uint64_t now_ns)
{
	return lp_bucket_take(&buckets->of[row], &rooms->output.of[row], (uint32_t)bytes, now_ns);
}

static bool take_source(
	struct lp_rooms *rooms, const struct lp_peer *peer, enum lp_output row, size_t bytes, uint64_t now_ns)
{
	struct lp_output_buckets *first = &rooms->output.sources[peer->source_hash % LP_OUTPUT_SOURCES];
	struct lp_output_buckets *second =
		&rooms->output.sources[peer->source_hash / LP_OUTPUT_SOURCES % LP_OUTPUT_SOURCES];
	bool a = take(rooms, first, row, bytes, now_ns);
	bool b = first == second ? a : take(rooms, second, row, bytes, now_ns);
	return a || b;
}

/* Notifies the owner of the rooms, once in a while for each room. */
static void report(struct lp_rooms *rooms, const struct lp_peer *from, enum lp_output row, uint64_t now_ns)
{
	const struct lp_rooms_config *config = &rooms->config;
	if (now_ns < from->room->output_event_ns || !config->events->output_limited)
		return;
	from->room->output_event_ns = now_ns + LP_ROOM_OVERFLOW_NS;
	config->events->output_limited(config->ctx, from, row);
}

bool lp_output_charge(struct lp_rooms *rooms, struct lp_peer *from, size_t len, size_t n_targets, uint64_t now_ns)
{
	size_t all = len * n_targets, copies = n_targets > 1 ? all - len : 0;
	struct lp_output_buckets *room = &from->room->output;
	enum lp_output row;
	if (!take_source(rooms, from, row = LP_OUTPUT_COPIES_SOURCE, copies, now_ns) ||
		!take(rooms, room, row = LP_OUTPUT_COPIES_ROOM, copies, now_ns) ||
		!take_source(rooms, from, row = LP_OUTPUT_SOURCE, all, now_ns) ||
		!take(rooms, room, row = LP_OUTPUT_ROOM, all, now_ns) ||
		!take(rooms, &rooms->output.total, row = LP_OUTPUT_TOTAL, all, now_ns)) {
		report(rooms, from, row, now_ns);
		return false;
	}
	return true;
}
