/* Giving up rights that are not needed any more. */
#ifndef LP_PLATFORM_SYSTEM_SANDBOX_H
#define LP_PLATFORM_SYSTEM_SANDBOX_H

struct lp_failure;

/* Gives up all capabilities for good, and the way to new ones by starting a privileged program. To be called when the
   devices are open and the ports bound: those go on working. The user stays the same. A process without
   capabilities, or a system without them, is fine. Only the calling thread is meant: call it while there is
   only one. */
int lp_drop_privileges(struct lp_failure *failure);

#endif
