/* A lane of the impairment proxy: packets are delayed, reordered, duplicated or dropped. */
#ifndef IMPAIR_LANE_H
#define IMPAIR_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LANE_PACKET_MAX 9216
#define LANE_PACKETS_MAX 16384

/* X(name of the setting, member, meaning) */
#define LANE_SETTINGS(X) \
	X("delay-ms", delay_ms, "each packet waits this long") \
	X("jitter-ms", jitter_ms, "and up to this much longer, but packets stay in order") \
	X("loss", loss_percent, "percent of packets that are lost") \
	X("dup", dup_percent, "percent of packets that arrive twice") \
	X("reorder", reorder_percent, "percent of packets that come too late") \
	X("reorder-ms", reorder_ms, "how much too late") \
	X("rate-kbps", rate_kbps, "the link's rate; 0: no limit") \
	X("queue-ms", queue_ms, "what waits for the link at most, 0: 100") \
	X("mtu", mtu, "IP bytes; larger packets vanish without a word; 0: no limit") \
	X("away", away, "1: nothing passes")

struct lane_settings {
#define X(name, member, text) double member;
	LANE_SETTINGS(X)
#undef X
};

struct lane_counters {
	uint64_t in, out, lost, too_big, queue_full, duplicated, reordered;
};

struct lane_packet {
	uint64_t due_ns, serial;
	uint32_t flow; /* owner of the packet */
	uint32_t len;
	uint8_t data[];
};

struct lane {
	struct lane_settings settings;
	struct lane_counters counters;
	struct lane_packet **heap; /* the earliest first */
	size_t n_heap;
	uint64_t serial;
	uint64_t link_free_ns; /* when the rate permits the next packet */
	uint64_t last_due_ns;  /* jitter does not reorder */
	uint64_t random;       /* xorshift state, never 0 */
};

/* Initialises an empty lane. False: no memory. */
bool lane_init(struct lane *lane, uint64_t seed);
void lane_done(struct lane *lane);
/* Sets "name" to a value; false: unknown setting. */
bool lane_set(struct lane *lane, const char *name, double value);
/* Adds a packet of |len| payload bytes with |headers| bytes of IP and UDP in front. */
void lane_put(struct lane *lane, uint32_t flow, const uint8_t *data, size_t len, size_t headers, uint64_t now_ns);
/* When the next packet leaves; UINT64_MAX: there is none. */
uint64_t lane_deadline(const struct lane *lane);
/* The next packet that is due, freed by the caller; NULL: none yet. */
struct lane_packet *lane_take(struct lane *lane, uint64_t now_ns);

#endif
