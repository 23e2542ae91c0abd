/* The live view of a terminal: a block of lines with the present figures. Pure; the caller moves the cursor. */
#ifndef LP_REPORT_LIVE_VIEW_H
#define LP_REPORT_LIVE_VIEW_H

#include <stddef.h>
#include <stdint.h>

struct lp_status;
struct lp_text;

/* Most lines of the block; one without a value is left out. The terminal needs one more, for the cursor. */
#define LP_LIVE_VIEW_LINES 7

/* Appends the block: up to LP_LIVE_VIEW_LINES lines of at most |columns| characters, each with a newline. A longer line
   ends with "…". A terminal with too
   few |rows| gets the status line only, and one with a single row gets nothing, because lines that scrolled out of view
   cannot be overwritten. */
void lp_live_view_format(
	struct lp_text *text, const struct lp_status *status, uint64_t now_ns, size_t rows, size_t columns);

#endif
