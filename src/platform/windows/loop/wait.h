/* A handle that the loop waits for. Embedded in what owns the handle. */
#ifndef LP_PLATFORM_WINDOWS_LOOP_WAIT_H
#define LP_PLATFORM_WINDOWS_LOOP_WAIT_H

#include <windows.h>

struct lp_loop;

/* The handle was signalled. */
typedef void (*lp_wait_fn)(void *ctx);

struct lp_wait {
	struct lp_loop *loop; /* NULL: not attached */
	HANDLE handle;        /* the owner's; an event that resets itself, or that |fn| resets */
	lp_wait_fn fn;
	void *ctx;
	unsigned place; /* among the loop's handles */
};

/* Attaches a handle. LP_EFULL when the loop has as many as the system can wait for. */
int lp_wait_add(struct lp_wait *wait, struct lp_loop *loop, HANDLE handle, lp_wait_fn fn, void *ctx);
/* Detaches it; also from inside |fn|. What is not attached is fine. */
void lp_wait_remove(struct lp_wait *wait);

#endif
