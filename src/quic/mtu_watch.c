#include "quic/mtu_watch.h"

#include "base/units.h"

#define LOSSES_MIN 3                 /* fewer say nothing */
#define SILENCE_NS (20 * LP_MS)      /* and two round trips: longer without an acknowledgement is suspicious */
#define PROBE_TRIES 2                /* losses of a probe until its size counts as too large */
#define RETRY_FIRST_NS (30 * LP_SEC) /* until the first look whether the path carries more again */
#define RETRY_MAX_NS (600 * LP_SEC)  /* PMTU_RAISE_TIMER (RFC 8899 §5.1.1) */

/* UDP payloads of usual paths, falling: their MTUs less the headers of IPv4 and UDP (28) or IPv6 and UDP (48). */
static const size_t sizes[] = {
	8972, 8952, 4052, 2028, 1472, 1464, 1452, 1444, 1432, 1412, 1392, 1372, 1352, 1312, 1272, 1252, 1232};
#define N_SIZES (sizeof sizes / sizeof *sizes)

void lp_mtu_watch_init(struct lp_mtu_watch *watch)
{
	*watch = (struct lp_mtu_watch){.path_max = LP_MTU_BASE, .cap = LP_MTU_BASE, .retry_ns = LP_NEVER};
}

/* All is as the library believes. */
static void trust_path(struct lp_mtu_watch *watch)
{
	watch->cap = watch->path_max;
	watch->probe = 0;
	watch->probe_sent = false;
	watch->large_losses = 0;
	watch->retry_ns = LP_NEVER;
	watch->retry_wait_ns = 0;
}

void lp_mtu_watch_path(struct lp_mtu_watch *watch, size_t path_max, bool other_path, uint64_t now_ns)
{
	bool capped = watch->cap < watch->path_max;
	if (path_max == watch->path_max && !other_path)
		return;
	watch->path_max = path_max;
	if (other_path || !capped || watch->cap > path_max) {
		trust_path(watch);
		watch->silent_ns = now_ns;
	}
}

size_t lp_mtu_watch_cap(const struct lp_mtu_watch *watch)
{
	return watch->cap;
}

void lp_mtu_watch_sent(struct lp_mtu_watch *watch, uint64_t now_ns)
{
	if (watch->large_out++ == 0 && watch->large_losses == 0)
		watch->silent_ns = now_ns;
}

void lp_mtu_watch_acked(struct lp_mtu_watch *watch, uint64_t now_ns)
{
	if (watch->large_out > 0)
		watch->large_out--;
	watch->large_losses = 0;
	watch->silent_ns = now_ns;
}

/* Begins to look for what passes, from |top| down. */
static void search(struct lp_mtu_watch *watch, size_t top)
{
	watch->probe = top > watch->cap ? top : 0;
	watch->probe_sent = false;
	watch->probe_losses = 0;
}

/* Plans the next look; the waits grow. */
static void plan_retry(struct lp_mtu_watch *watch, uint64_t now_ns)
{
	watch->retry_wait_ns = watch->retry_wait_ns ? watch->retry_wait_ns * 2 : RETRY_FIRST_NS;
	if (watch->retry_wait_ns > RETRY_MAX_NS)
		watch->retry_wait_ns = RETRY_MAX_NS;
	watch->retry_ns = now_ns + watch->retry_wait_ns;
}

bool lp_mtu_watch_lost(struct lp_mtu_watch *watch, uint64_t srtt_ns, uint64_t now_ns)
{
	if (watch->large_out > 0)
		watch->large_out--;
	watch->large_losses++;
	if (watch->cap <= LP_MTU_BASE || watch->large_losses < LOSSES_MIN ||
		now_ns - watch->silent_ns < 2 * srtt_ns + SILENCE_NS)
		return false;
	size_t top = watch->cap;
	watch->cap = LP_MTU_BASE;
	watch->large_losses = 0;
	watch->retry_ns = LP_NEVER;
	search(watch, top);
	return true;
}

size_t lp_mtu_watch_probe(const struct lp_mtu_watch *watch, uint64_t now_ns)
{
	if (watch->probe)
		return watch->probe_sent ? 0 : watch->probe;
	return now_ns >= watch->retry_ns ? watch->path_max : 0;
}

void lp_mtu_watch_probe_sent(struct lp_mtu_watch *watch)
{
	if (!watch->probe) {
		search(watch, watch->path_max);
		watch->retry_ns = LP_NEVER;
	}
	watch->probe_sent = true;
}

/* The size passed: it is the new cap, and the search is over. */
static bool probe_passed(struct lp_mtu_watch *watch, size_t size, uint64_t now_ns)
{
	bool rose = size > watch->cap;
	if (size >= watch->path_max) {
		trust_path(watch);
	} else {
		if (rose)
			watch->cap = size;
		watch->probe = 0;
		watch->probe_sent = false;
		plan_retry(watch, now_ns);
	}
	watch->large_losses = 0;
	watch->silent_ns = now_ns;
	return rose;
}

bool lp_mtu_watch_probe_done(struct lp_mtu_watch *watch, size_t size, bool acked, uint64_t now_ns)
{
	if (acked && size > watch->cap && size <= watch->path_max)
		return probe_passed(watch, size, now_ns);
	if (acked || size != watch->probe || !watch->probe_sent)
		return false;
	watch->probe_sent = false;
	if (++watch->probe_losses < PROBE_TRIES)
		return false;
	watch->probe_losses = 0;
	for (size_t i = 0; i < N_SIZES; i++) {
		if (sizes[i] < watch->probe && sizes[i] > watch->cap) {
			watch->probe = sizes[i];
			return false;
		}
	}
	watch->probe = 0;
	plan_retry(watch, now_ns);
	return false;
}

uint64_t lp_mtu_watch_deadline(const struct lp_mtu_watch *watch)
{
	if (watch->probe)
		return watch->probe_sent ? LP_NEVER : 0;
	return watch->retry_ns;
}
