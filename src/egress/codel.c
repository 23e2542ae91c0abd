#include "egress/codel.h"

/* If dropping starts again within this many intervals, it resumes at its old rate (RFC 8289 §5.5). */
#define RESUME_INTERVALS 16

/* The integer square root, rounded down. */
static uint32_t square_root(uint64_t value)
{
	uint64_t root = 0;
	for (uint64_t bit = (uint64_t)1 << 31; bit; bit >>= 1) {
		uint64_t candidate = root | bit;
		if (candidate * candidate <= value)
			root = candidate;
	}
	return (uint32_t)root;
}

uint64_t lp_codel_gap_ns(uint64_t interval_ns, uint32_t count)
{
	/* 16 fractional bits: an error below 1 in 65,000 */
	uint32_t root = square_root((uint64_t)count << 32);
	return root ? (interval_ns << 16) / root : interval_ns;
}

/* Tracks the delay: true after it was above target for a whole interval. */
static bool stands(struct lp_codel *codel, const struct lp_codel_config *config, uint64_t sojourn_ns,
	size_t backlog_bytes, uint64_t now_ns)
{
	if (sojourn_ns < config->target_ns || backlog_bytes <= config->mtu_bytes) {
		codel->first_above_ns = 0;
		return false;
	}
	if (codel->first_above_ns == 0) {
		codel->first_above_ns = now_ns + config->interval_ns;
		return false;
	}
	return now_ns >= codel->first_above_ns;
}

/* Starts dropping, near the rate at which a recent episode ended, if there was one. */
static void begin(struct lp_codel *codel, const struct lp_codel_config *config, uint64_t now_ns)
{
	uint32_t done = codel->count - codel->last_count;
	bool recent = now_ns < codel->drop_next_ns + RESUME_INTERVALS * config->interval_ns;

	codel->dropping = true;
	codel->count = done > 1 && recent ? done : 1;
	codel->last_count = codel->count;
	codel->drop_next_ns = now_ns + lp_codel_gap_ns(config->interval_ns, codel->count);
}

bool lp_codel_drop(struct lp_codel *codel, const struct lp_codel_config *config, uint64_t sojourn_ns,
	size_t backlog_bytes, uint64_t now_ns)
{
	if (!stands(codel, config, sojourn_ns, backlog_bytes, now_ns)) {
		codel->dropping = false;
		return false;
	}
	if (!codel->dropping) {
		begin(codel, config, now_ns);
		return true;
	}
	if (now_ns < codel->drop_next_ns)
		return false;
	codel->count++;
	codel->drop_next_ns += lp_codel_gap_ns(config->interval_ns, codel->count);
	return true;
}

void lp_codel_empty(struct lp_codel *codel)
{
	codel->first_above_ns = 0;
	codel->dropping = false;
}
