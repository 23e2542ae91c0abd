/* A lock that one process of the computer holds at a time. The system releases it when the process ends, however it
   ends. */
#ifndef LP_PLATFORM_SYSTEM_LOCK_H
#define LP_PLATFORM_SYSTEM_LOCK_H

struct lp_failure;
struct lp_lock;

/* Takes the lock on a file; the file exists while the lock is held. Creates missing folders. 0; LP_EINUSE: another
   process holds it; LP_EPERM, … */
int lp_lock_take(const char *path, struct lp_failure *failure, struct lp_lock **ret_lock);
/* NULL is fine. */
void lp_lock_free(struct lp_lock *lock);

#endif
