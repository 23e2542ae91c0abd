/* A lock for what several threads share, in modules that know no threads: the owner gives the functions
   (platform/system/thread.h has them). A zeroed lock locks nothing. Nothing on the path of a frame takes one. */
#ifndef LP_BASE_LOCK_H
#define LP_BASE_LOCK_H

struct lp_lock {
	void (*lock)(void *ctx);
	void (*unlock)(void *ctx);
	void *ctx;
};

static inline void lp_lock_take(const struct lp_lock *lock)
{
	if (lock->lock)
		lock->lock(lock->ctx);
}

static inline void lp_lock_release(const struct lp_lock *lock)
{
	if (lock->unlock)
		lock->unlock(lock->ctx);
}

#endif
