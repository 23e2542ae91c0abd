/* Drops privileges that are no longer needed. */
#ifndef LP_PLATFORM_SYSTEM_SANDBOX_H
#define LP_PLATFORM_SYSTEM_SANDBOX_H

struct lp_failure;

/* Drops all capabilities permanently, and prevents new ones from privileged programs. Call it after devices are opened
   and ports are bound, which keep working. The user stays the same. No error in a process without capabilities, or on a
   system without them. It affects the calling thread only, so call it while there is only one. 0 or LP_E*. */
int lp_drop_privileges(struct lp_failure *failure);

#endif
