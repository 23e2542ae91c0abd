/* Limits on what the relay sends: for all members together, for a room, and for the members at one source, an IPv4
   address or an IPv6 /48.

   A frame is charged to its sender, once per target. Two rows count copies alone, the bytes that are sent beyond those
   that were received: by them, members cannot use the relay as an amplifier of broadcasts, while what they send to one
   target each is not limited. A frame over a limit is dropped for all of its targets. */
#ifndef LP_ROOM_OUTPUT_H
#define LP_ROOM_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ratelimit.h"
#include "filter/limit.h"

struct lp_peer;
struct lp_rooms;

/* X(name, wire name, kbit per second by default (0: no limit), text). The wire name is that of the option. A row with a
   burst of 0 has one of a second. */
#define LP_OUTPUTS(X) \
	X(TOTAL, "output-total", 0, "everything that the relay sends for members") \
	X(ROOM, "output-room", 0, "everything that it sends for the members of a room") \
	X(SOURCE, "output-source", 0, "everything that it sends for the members at one IPv4 address or IPv6 /48") \
	X(COPIES_ROOM, "copies-room", 400000, \
		"copies of broadcasts and multicasts beyond the first, for the members of a room") \
	X(COPIES_SOURCE, "copies-source", 200000, "the same for the members at one IPv4 address or IPv6 /48")

enum lp_output {
#define X(name, wire, kbit, text) LP_OUTPUT_##name,
	LP_OUTPUTS(X)
#undef X
		LP_OUTPUT_COUNT,
};

/* A row of the table above. */
struct lp_output_row {
	const char *wire;
	struct lp_rate rate; /* kbit, by default */
	const char *text;
};

const struct lp_output_row *lp_output_row(enum lp_output output);

/* Buckets of one owner, by row; each uses those that are its own. */
struct lp_output_buckets {
	struct lp_bucket of[LP_OUTPUT_COUNT];
};

/* A source has two entries of this table, and is limited only if both are empty, so that another source in one of them
   does not matter. */
#define LP_OUTPUT_SOURCES 1024U

struct lp_output_limits {
	struct lp_ratelimit of[LP_OUTPUT_COUNT]; /* bytes */
	bool counts_all;                         /* a limit of everything, not only of copies, is on */
	struct lp_output_buckets total;
	struct lp_output_buckets sources[LP_OUTPUT_SOURCES];
};

/* Prepares the limits |rates|, LP_OUTPUT_COUNT of them, in kbit. */
void lp_output_init(struct lp_output_limits *limits, const struct lp_rate rates[LP_OUTPUT_COUNT]);
/* lp_output_take() if there is something to charge. */
bool lp_output_charge(struct lp_rooms *rooms, struct lp_peer *from, size_t len, size_t n_targets, uint64_t now_ns);

/* Charges |len| bytes to each of |n_targets|, sent by |from|. False: a limit is reached, and they must be dropped. */
static inline bool lp_output_take(const struct lp_output_limits *limits, struct lp_rooms *rooms, struct lp_peer *from,
	size_t len, size_t n_targets, uint64_t now_ns)
{
	return (n_targets <= 1 && !limits->counts_all) || lp_output_charge(rooms, from, len, n_targets, now_ns);
}

#endif
