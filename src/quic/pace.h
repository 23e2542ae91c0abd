/* How often something may happen: so many at once, and one more after each pause. */
#ifndef LP_QUIC_PACE_H
#define LP_QUIC_PACE_H

#include <stdbool.h>
#include <stdint.h>

/* All zero at the start. */
struct lp_pace {
	uint64_t next_ns; /* the next one's turn, if they kept the pauses; in the past: some were saved up */
};

/* True if one more may come now, which it then does: |burst| at once, and one more in each |every_ns|. */
static inline bool lp_pace_take(struct lp_pace *pace, uint64_t every_ns, uint64_t burst, uint64_t now_ns)
{
	uint64_t turn_ns = pace->next_ns > now_ns ? pace->next_ns : now_ns;
	if (turn_ns + every_ns > now_ns + every_ns * burst)
		return false;
	pace->next_ns = turn_ns + every_ns;
	return true;
}

#endif
