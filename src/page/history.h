/* The page's figures of the last ten minutes, one sample per second. Pure. */
#ifndef LP_PAGE_HISTORY_H
#define LP_PAGE_HISTORY_H

#include <stddef.h>
#include <stdint.h>

struct lp_text;

#define LP_PAGE_HISTORY_S 600U
/* Round trip and jitter in microseconds, loss up and down in parts per million, bits per second up and down. */
#define LP_PAGE_SERIES 6U

/* Zero is empty. */
struct lp_page_history {
	uint64_t samples[LP_PAGE_HISTORY_S][LP_PAGE_SERIES];
	size_t next, n;
};

void lp_page_history_add(struct lp_page_history *history, const uint64_t sample[LP_PAGE_SERIES]);
/* Appends one JSON array for each series, the oldest sample first: "[[…],[…]]". */
void lp_page_history_json(const struct lp_page_history *history, struct lp_text *json);

#endif
