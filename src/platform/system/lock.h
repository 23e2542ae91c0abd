/* A lock that one program of the computer has at a time; it goes with the program, however that ends. */
#ifndef LP_PLATFORM_SYSTEM_LOCK_H
#define LP_PLATFORM_SYSTEM_LOCK_H

struct lp_failure;
struct lp_lock;

/* Takes the lock that a file stands for; the file is there as long as the lock is held. Missing folders are made.
   0; LP_EINUSE: somebody has it; LP_EPERM, … */
int lp_lock_take(const char *path, struct lp_failure *failure, struct lp_lock **ret_lock);
/* NULL is fine. */
void lp_lock_free(struct lp_lock *lock);

#endif
