/* The files of the page, embedded at build by scripts/embed. */
#ifndef LP_PAGE_ASSETS_H
#define LP_PAGE_ASSETS_H

#include <stddef.h>
#include <stdint.h>

struct lp_page_asset {
	const char *name; /* "page.js" */
	const char *type; /* its media type */
	const uint8_t *data;
	size_t len;
};

/* Ends with a row without a name. uplot.js is empty if uPlot was not there at build. */
extern const struct lp_page_asset lp_page_assets[];

#endif
