/* A failure, for people: what failed, on what, why, and what to do. Set where the failure is detected, printed once by
   a program. */
#ifndef LP_BASE_FAILURE_H
#define LP_BASE_FAILURE_H

#include "base/attribute.h"

struct lp_failure {
	int code;       /* a negative LP_E*, 0 when nothing failed */
	char text[400]; /* one line without a newline */
};

/* Sets a failure and returns |code|, so that a caller can write `return lp_fail(f, LP_EPERM, …)`.
   |failure| may be NULL: then only the code is passed on. */
int lp_fail(struct lp_failure *failure, int code, const char *format, ...) LP_PRINTF(3, 4);

#endif
