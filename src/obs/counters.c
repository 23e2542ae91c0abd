#include "obs/counters.h"

#include <inttypes.h>

#include "base/text.h"

void lp_link_counters_walk(const struct lp_link_counters *counters, lp_counter_fn fn, void *ctx)
{
#define X(name, meaning) fn(ctx, #name, NULL, meaning, counters->name);
	LP_LINK_COUNTERS(X)
#undef X
	for (int i = LP_DROP_NONE + 1; i < LP_DROP_COUNT; i++)
		fn(ctx, "drops", lp_drop_wire((enum lp_drop)i), lp_drop_text((enum lp_drop)i), counters->drops[i]);
}

void lp_link_counters_add(struct lp_link_counters *sum, const struct lp_link_counters *counters)
{
#define X(name, meaning) sum->name += counters->name;
	LP_LINK_COUNTERS(X)
#undef X
	for (int i = 0; i < LP_DROP_COUNT; i++)
		sum->drops[i] += counters->drops[i];
}

uint64_t lp_drops_total(const uint64_t drops[LP_DROP_COUNT])
{
	uint64_t total = 0;
	for (int i = LP_DROP_NONE + 1; i < LP_DROP_COUNT; i++)
		total += drops[i];
	return total;
}

void lp_drops_text(struct lp_text *text, const uint64_t drops[LP_DROP_COUNT])
{
	const char *comma = "";
	for (int i = LP_DROP_NONE + 1; i < LP_DROP_COUNT; i++) {
		if (drops[i] == 0)
			continue;
		lp_text_addf(text, "%s%s %" PRIu64, comma, lp_drop_wire((enum lp_drop)i), drops[i]);
		comma = ", ";
	}
}
