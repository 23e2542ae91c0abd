/* How long a member waits before it connects again. Pure: the caller provides the random bytes. */
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
	uint64_t ceiling_ns; /* the next wait is between half of it and all of it; 0: after a success */
};

/* After a success, or when the host's network changed: the next wait is short. */
void lp_backoff_reset(struct lp_backoff *backoff);
/* The wait before the next attempt, LP_BACKOFF_MIN_NS to LP_BACKOFF_MAX_NS. The ceiling grows by a quarter with each
   attempt, so a wait is about a quarter of the outage: after 10 s of outage the relay is found within 3 s, and a relay
   that stays away gets at most eight attempts per minute from a member. |random| spreads the members of a restarted
   relay over the upper half. */
uint64_t lp_backoff_next(struct lp_backoff *backoff, const uint8_t random[8]);
/* True if another attempt may succeed after a session that ended by one of the three (the others are NULL). False for a
   final reject, for a membership that another connection took over, and for a protocol violation. */
bool lp_backoff_may_retry(
	const struct lp_reject *reject, const struct lp_disconnect *disconnect, const struct lp_failure *failure);

#endif
