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

/* Adds "name n" to a list, unless n is 0. */
static void add_count(struct lp_text *text, const char **comma, const char *name, uint64_t n)
{
	if (n == 0)
		return;
	lp_text_addf(text, "%s%s %" PRIu64, *comma, name, n);
	*comma = ", ";
}

void lp_drops_text(struct lp_text *text, const uint64_t drops[LP_DROP_COUNT])
{
	const char *comma = "";
	for (int i = LP_DROP_NONE + 1; i < LP_DROP_COUNT; i++)
		add_count(text, &comma, lp_drop_wire((enum lp_drop)i), drops[i]);
}

void lp_bounds_text(struct lp_text *text, const struct lp_bound_counters *counters)
{
	const char *comma = "";
#define X(name, meaning) add_count(text, &comma, #name, counters->name);
	LP_BOUND_COUNTERS(X)
#undef X
}
