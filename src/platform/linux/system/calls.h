/* Restricts the system calls of a process (seccomp). */
#ifndef LP_PLATFORM_LINUX_SYSTEM_CALLS_H
#define LP_PLATFORM_LINUX_SYSTEM_CALLS_H

/* Restricts all threads to the list in calls.c, permanently. Other calls fail with ENOSYS, as on a kernel that lacks
   them. 0 or the errno. */
int lp_calls_restrict(void);

#endif
