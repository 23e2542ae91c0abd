/* How long a member waits before it tries to reach its relay again. Pure: the caller brings the random bytes. */
#ifndef LP_SESSION_BACKOFF_H
#define LP_SESSION_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/units.h"

struct lp_disconnect;
struct lp_failure;
struct lp_reject;

#define LP_BACKOFF_MIN_NS (200 * LP_MS)
#define LP_BACKOFF_MAX_NS (15 * LP_SEC)

struct lp_backoff {
	uint64_t ceiling_ns; /* the next wait is between the half of it and the whole; 0: as after a success */
};

/* After a success, or when the network has changed: the next wait is a short one again. */
void lp_backoff_reset(struct lp_backoff *backoff);
/* The wait before the next attempt, LP_BACKOFF_MIN_NS to LP_BACKOFF_MAX_NS. Each may be a quarter longer than the one
   before, so that a wait is never much longer than a quarter of the time that the relay has been away: what was away
   for ten seconds is found again within three, and a relay that stays away hears from nobody more than eight times a
   minute. |random| spreads the members of a relay that restarts over the upper half. */
uint64_t lp_backoff_next(struct lp_backoff *backoff, const uint8_t random[8]);
/* True if another attempt may end otherwise than this session did, which ended by one of the three (the others are
   NULL). False for a reject that cannot change, for a place that was taken over, and where one end does not
   understand the other. */
bool lp_backoff_may_retry(
	const struct lp_reject *reject, const struct lp_disconnect *disconnect, const struct lp_failure *failure);

#endif
