/* Calls into a loop from other threads (POSIX): the only part of a loop that another thread may use.

   A call runs in the thread of the loop, between two of its devices. Calls run in the order in which they were posted.
 */
#ifndef LP_PLATFORM_LOOP_CALLS_H
#define LP_PLATFORM_LOOP_CALLS_H

#include <stdbool.h>

struct lp_loop;
struct lp_loop_calls;

/* One call. The poster owns it; it may be reused or freed when |fn| runs. */
struct lp_loop_call {
	void (*fn)(void *ctx);
	void *ctx;
	struct lp_loop_call *next; /* for the queue */
};

/* Attaches to |loop|, whose thread may not run yet. 0, LP_ENOMEM or LP_EIO. */
int lp_loop_calls_new(struct lp_loop *loop, struct lp_loop_calls **ret_calls);
/* No thread may post any more. Calls that did not run are dropped. NULL is fine. */
void lp_loop_calls_free(struct lp_loop_calls *calls);
/* Queues a call and returns. From any thread. */
void lp_loop_calls_post(struct lp_loop_calls *calls, struct lp_loop_call *call);
/* Runs |fn| in the loop and waits until it has returned. From any thread but the loop's own, while the loop runs. */
void lp_loop_calls_wait(struct lp_loop_calls *calls, void (*fn)(void *ctx), void *ctx);

#endif
