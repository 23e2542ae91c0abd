/* A call that blocks, on a thread of its own: a name lookup, a request to the system that takes seconds.

   A thread for each call rather than a pool: a call that hangs does not delay the end of the program, and no idle
   thread keeps privileges that the program has dropped. The thread and the owner share the call's data, and the second
   to release it destroys it, so the owner can lose interest while the thread blocks. */
#ifndef LP_PLATFORM_LOOP_TASK_H
#define LP_PLATFORM_LOOP_TASK_H

#include <stdbool.h>

struct lp_loop;
struct lp_task;

struct lp_task_call {
	void (*run)(void *data);     /* on the thread */
	void (*destroy)(void *data); /* on either; frees |data| too */
	void *data;
};

/* Starts the thread, with all signals blocked. |done| is called from the loop when |run| has returned, never from
   inside this call; with |loop| NULL it is not called. 0: the task owns the data; LP_ENOMEM, LP_EFULL: the caller does,
   and nothing runs. */
int lp_task_start(const struct lp_task_call *call, struct lp_loop *loop, void (*done)(void *ctx), void *ctx,
	struct lp_task **ret_task);
/* Waits until |run| has returned, at most |timeout_ms|. True if it has: the data may be read. */
bool lp_task_wait(struct lp_task *task, unsigned timeout_ms);
/* |done| is not called any more; |run| goes on to its end. From |done| too. NULL is fine. */
void lp_task_free(struct lp_task *task);

#endif
