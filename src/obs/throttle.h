/* At most so many lines at once, and so many a second: keeps what peers can cause out of the log. */
#ifndef LP_OBS_THROTTLE_H
#define LP_OBS_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

struct lp_throttle {
	uint32_t per_s;      /* 0: no limit */
	uint32_t burst;      /* lines for which credit can be saved up */
	uint64_t credit_ns;  /* time saved up; a line costs a second divided by per_s */
	uint64_t last_ns;    /* when credit_ns was true */
	uint64_t suppressed; /* since lp_throttle_take_suppressed() */
};

/* Starts with the credit of |burst| lines. */
void lp_throttle_init(struct lp_throttle *throttle, uint32_t per_s, uint32_t burst);
/* True if a line may go now; otherwise it is counted. */
bool lp_throttle_allow(struct lp_throttle *throttle, uint64_t now_ns);
/* How many lines were held back since the last call. */
uint64_t lp_throttle_take_suppressed(struct lp_throttle *throttle);

#endif
