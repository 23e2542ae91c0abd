#include "quic/cc/pmtud.h"

#include "base/units.h"

#define LOSSES_MIN 3                 /* fewer may be chance */
#define SILENCE_NS (20 * LP_MS)      /* and two RTTs without an ACK of a large packet */
#define PROBE_TRIES 2                /* lost probes until a size counts as too large */
#define RETRY_FIRST_NS (30 * LP_SEC) /* until the first new search for a larger MTU */
#define RETRY_MAX_NS (600 * LP_SEC)  /* PMTU_RAISE_TIMER (RFC 8899 §5.1.1) */

/* UDP payloads of common paths, descending: MTU minus the headers of IPv4 and UDP (28) or IPv6 and UDP (48). */
static const size_t sizes[] = {
	8972, 8952, 4052, 2028, 1472, 1464, 1452, 1444, 1432, 1412, 1392, 1372, 1352, 1312, 1272, 1252, 1232};
#define N_SIZES (sizeof sizes / sizeof *sizes)

void lp_pmtud_init(struct lp_pmtud *pmtud)
{
	*pmtud = (struct lp_pmtud){.path_max = LP_MTU_BASE, .cap = LP_MTU_BASE, .retry_ns = LP_NEVER};
}

/* ngtcp2's view of the path is right. */
static void trust_path(struct lp_pmtud *pmtud)
{
	pmtud->cap = pmtud->path_max;
	pmtud->probe = 0;
	pmtud->probe_sent = false;
	pmtud->large_losses = 0;
	pmtud->retry_ns = LP_NEVER;
	pmtud->retry_wait_ns = 0;
}

void lp_pmtud_path(struct lp_pmtud *pmtud, size_t path_max, bool other_path, uint64_t now_ns)
{
	bool capped = pmtud->cap < pmtud->path_max;
	if (path_max == pmtud->path_max && !other_path)
		return;
	pmtud->path_max = path_max;
	if (other_path || !capped || pmtud->cap > path_max) {
		trust_path(pmtud);
		pmtud->silent_ns = now_ns;
	}
}

size_t lp_pmtud_cap(const struct lp_pmtud *pmtud)
{
	return pmtud->cap;
}

void lp_pmtud_sent(struct lp_pmtud *pmtud, uint64_t now_ns)
{
	if (pmtud->large_out++ == 0 && pmtud->large_losses == 0)
		pmtud->silent_ns = now_ns;
}

void lp_pmtud_acked(struct lp_pmtud *pmtud, uint64_t now_ns)
{
	if (pmtud->large_out > 0)
		pmtud->large_out--;
	pmtud->large_losses = 0;
	pmtud->silent_ns = now_ns;
}

/* Starts a search from |top| down. */
static void search(struct lp_pmtud *pmtud, size_t top)
{
	pmtud->probe = top > pmtud->cap ? top : 0;
	pmtud->probe_sent = false;
	pmtud->probe_losses = 0;
}

/* Schedules the next search; the interval doubles. */
static void plan_retry(struct lp_pmtud *pmtud, uint64_t now_ns)
{
	pmtud->retry_wait_ns = pmtud->retry_wait_ns ? pmtud->retry_wait_ns * 2 : RETRY_FIRST_NS;
	if (pmtud->retry_wait_ns > RETRY_MAX_NS)
		pmtud->retry_wait_ns = RETRY_MAX_NS;
	pmtud->retry_ns = now_ns + pmtud->retry_wait_ns;
}

bool lp_pmtud_lost(struct lp_pmtud *pmtud, uint64_t srtt_ns, uint64_t now_ns)
{
	if (pmtud->large_out > 0)
		pmtud->large_out--;
	pmtud->large_losses++;
	if (pmtud->cap <= LP_MTU_BASE || pmtud->large_losses < LOSSES_MIN ||
		now_ns - pmtud->silent_ns < 2 * srtt_ns + SILENCE_NS)
		return false;
	size_t top = pmtud->cap;
	pmtud->cap = LP_MTU_BASE;
	pmtud->large_losses = 0;
	pmtud->retry_ns = LP_NEVER;
	search(pmtud, top);
	return true;
}

size_t lp_pmtud_probe(const struct lp_pmtud *pmtud, uint64_t now_ns)
{
	if (pmtud->probe)
		return pmtud->probe_sent ? 0 : pmtud->probe;
	return now_ns >= pmtud->retry_ns ? pmtud->path_max : 0;
}

void lp_pmtud_probe_sent(struct lp_pmtud *pmtud)
{
	if (!pmtud->probe) {
		search(pmtud, pmtud->path_max);
		pmtud->retry_ns = LP_NEVER;
	}
	pmtud->probe_sent = true;
}

/* A probe of |size| was acknowledged: it is the new cap, and the search ends. */
static bool probe_passed(struct lp_pmtud *pmtud, size_t size, uint64_t now_ns)
{
	bool rose = size > pmtud->cap;
	if (size >= pmtud->path_max) {
		trust_path(pmtud);
	} else {
		if (rose)
			pmtud->cap = size;
		pmtud->probe = 0;
		pmtud->probe_sent = false;
		plan_retry(pmtud, now_ns);
	}
	pmtud->large_losses = 0;
	pmtud->silent_ns = now_ns;
	return rose;
}

bool lp_pmtud_probe_done(struct lp_pmtud *pmtud, size_t size, bool acked, uint64_t now_ns)
{
	if (acked && size > pmtud->cap && size <= pmtud->path_max)
		return probe_passed(pmtud, size, now_ns);
	if (acked || size != pmtud->probe || !pmtud->probe_sent)
		return false;
	pmtud->probe_sent = false;
	if (++pmtud->probe_losses < PROBE_TRIES)
		return false;
	pmtud->probe_losses = 0;
	for (size_t i = 0; i < N_SIZES; i++) {
		if (sizes[i] < pmtud->probe && sizes[i] > pmtud->cap) {
			pmtud->probe = sizes[i];
			return false;
		}
	}
	pmtud->probe = 0;
	plan_retry(pmtud, now_ns);
	return false;
}

uint64_t lp_pmtud_deadline(const struct lp_pmtud *pmtud)
{
	if (pmtud->probe)
		return pmtud->probe_sent ? LP_NEVER : 0;
	return pmtud->retry_ns;
}
