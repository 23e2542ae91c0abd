#include "base/ratelimit.h"

#include "base/units.h"

/* With more tokens, their billionths would not fit 64 bits. */
#define TOKENS_MAX (UINT64_C(1) << 34)

void lp_ratelimit_init(struct lp_ratelimit *limit, uint64_t per_s, uint64_t burst)
{
	*limit = (struct lp_ratelimit){.per_s = per_s};
	if (per_s == 0)
		return;
	limit->size = (burst < TOKENS_MAX ? burst : TOKENS_MAX) * LP_SEC;
	limit->fill_ns = limit->size / per_s + 1;
}

bool lp_bucket_take(struct lp_bucket *bucket, const struct lp_ratelimit *limit, uint32_t tokens, uint64_t now_ns)
{
	if (limit->per_s == 0)
		return true;
	uint64_t cost = tokens * LP_SEC;
	if (now_ns > bucket->at_ns) {
		uint64_t passed_ns = now_ns - bucket->at_ns;
		/* passed_ns < fill_ns keeps the product below size + per_s. */
		uint64_t regained = passed_ns < limit->fill_ns ? passed_ns * limit->per_s : limit->size;
		bucket->used = regained < bucket->used ? bucket->used - regained : 0;
	}
	bucket->at_ns = now_ns;
	if (cost > limit->size - bucket->used)
		return false;
	bucket->used += cost;
	return true;
}
