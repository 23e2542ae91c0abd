#include "session/backoff.h"

#include "base/cursor.h"
#include "base/error.h"
#include "base/failure.h"
#include "ctrl/message.h"

void lp_backoff_reset(struct lp_backoff *backoff)
{
	backoff->ceiling_ns = 0;
}

uint64_t lp_backoff_next(struct lp_backoff *backoff, const uint8_t random[8])
{
	struct lp_reader reader = lp_reader_init(random, 8);
	if (backoff->ceiling_ns == 0)
		backoff->ceiling_ns = 2 * LP_BACKOFF_MIN_NS;
	uint64_t half_ns = backoff->ceiling_ns / 2;
	uint64_t wait_ns = half_ns + lp_reader_u64(&reader) % (half_ns + 1);
	backoff->ceiling_ns += backoff->ceiling_ns / 4;
	if (backoff->ceiling_ns > LP_BACKOFF_MAX_NS)
		backoff->ceiling_ns = LP_BACKOFF_MAX_NS;
	return wait_ns;
}

bool lp_backoff_may_retry(
	const struct lp_reject *reject, const struct lp_disconnect *disconnect, const struct lp_failure *failure)
{
	if (reject)
		return lp_reject_may_retry(reject->code);
	if (disconnect)
		return disconnect->reason != LP_REASON_REPLACED && disconnect->reason != LP_REASON_PROTOCOL &&
		       disconnect->reason != LP_REASON_KICKED && disconnect->reason != LP_REASON_BANNED;
	return !failure || (failure->code != LP_EPROTO && failure->code != LP_ECERT);
}
