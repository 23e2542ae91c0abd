/* A member's status as GET /status serves it and as the command `status` prints it. Pure.

   The document is a flat struct with rows of fields: lp_status in the units that JSON carries (microseconds,
   milliseconds, text addresses), without what is internal. The program writes it, the command reads it by the same
   rows. */
#ifndef LP_REPORT_STATUS_JSON_H
#define LP_REPORT_STATUS_JSON_H

#include <stddef.h>
#include <stdint.h>

struct lp_failure;
struct lp_status;
struct lp_text;

/* Bytes that the text for people takes at most. */
#define LP_STATUS_PAGE_MAX ((size_t)8 << 10)

/* The status as one JSON object, malloc'd; NULL without memory. */
char *lp_status_json(const struct lp_status *status, uint64_t now_ns);
/* Appends what such an object says as lines for people, each of at most 80 columns unless a name or a reason is long.
   0, or LP_EMALFORMED. */
int lp_status_page(const char *json, size_t len, struct lp_text *page, struct lp_failure *failure);

#endif
