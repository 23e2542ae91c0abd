#include "obs/counters.h"

#include <inttypes.h>

#include "base/text.h"

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
