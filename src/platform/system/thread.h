/* Threads and mutexes (POSIX), for a relay with several workers. Programs with one loop need neither. */
#ifndef LP_PLATFORM_SYSTEM_THREAD_H
#define LP_PLATFORM_SYSTEM_THREAD_H

#include <stdint.h>

#include "base/lock.h"

struct lp_mutex;
struct lp_thread;

/* Runs |fn| in a new thread, which gets no signals. |name| is for ps and debuggers, at most 15 bytes. 0; LP_ENOMEM;
   LP_EAGAIN: the system has too many. */
int lp_thread_start(void (*fn)(void *ctx), void *ctx, const char *name, struct lp_thread **ret_thread);
/* Waits for the end of the thread and frees it. NULL is fine. */
void lp_thread_join(struct lp_thread *thread);

/* A mutex that its holder may lock again. LP_ENOMEM. */
int lp_mutex_new(struct lp_mutex **ret_mutex);
/* NULL is fine. */
void lp_mutex_free(struct lp_mutex *mutex);
/* The mutex as a lock; valid until lp_mutex_free(). */
struct lp_lock lp_mutex_lock(struct lp_mutex *mutex);

/* The number of processors that this process may use, at least 1. */
unsigned lp_processors(void);
/* Processor time that all threads of this process have used, microseconds. */
uint64_t lp_processor_us(void);

#endif
