#include "page/history.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

void lp_page_history_add(struct lp_page_history *history, const uint64_t sample[LP_PAGE_SERIES])
{
	memcpy(history->samples[history->next], sample, sizeof history->samples[0]);
	history->next = (history->next + 1) % LP_PAGE_HISTORY_S;
	if (history->n < LP_PAGE_HISTORY_S)
		history->n++;
}

void lp_page_history_json(const struct lp_page_history *history, struct lp_text *json)
{
	size_t first = (history->next + LP_PAGE_HISTORY_S - history->n) % LP_PAGE_HISTORY_S;
	for (size_t series = 0; series < LP_PAGE_SERIES; series++) {
		lp_text_add(json, series ? ",[" : "[[");
		for (size_t i = 0; i < history->n; i++)
			lp_text_addf(json, "%s%" PRIu64, i ? "," : "",
				history->samples[(first + i) % LP_PAGE_HISTORY_S][series]);
		lp_text_add(json, "]");
	}
	lp_text_add(json, "]");
}
