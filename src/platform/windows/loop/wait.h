/* A handle that the loop waits for. Embedded in the struct that owns the handle. */
#ifndef LP_PLATFORM_WINDOWS_LOOP_WAIT_H
#define LP_PLATFORM_WINDOWS_LOOP_WAIT_H

#include <windows.h>

struct lp_loop;

/* The handle was signalled. */
typedef void (*lp_wait_fn)(void *ctx);

struct lp_wait {
	struct lp_loop *loop; /* NULL: not attached */
	HANDLE handle;        /* owned by the caller; an auto-reset event, or one that |fn| resets */
	lp_wait_fn fn;
	void *ctx;
	unsigned place; /* its index among the loop's handles */
};

/* Attaches a handle. 0; LP_EFULL: the loop has as many handles as the system can wait for. */
int lp_wait_add(struct lp_wait *wait, struct lp_loop *loop, HANDLE handle, lp_wait_fn fn, void *ctx);
/* Detaches it; allowed from inside |fn|, and if it is not attached. */
void lp_wait_remove(struct lp_wait *wait);

#endif
