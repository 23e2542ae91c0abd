/* A place before what can wait: frames of a game go through this program while the game, or a copy, takes every
   processor. The kernel's own network code has that place as well. */
#ifndef LP_PLATFORM_LOOP_PRIORITY_H
#define LP_PLATFORM_LOOP_PRIORITY_H

/* Raises the priority of the calling thread; call it before there are others: on Linux those that are made later have
   the usual one.

   Linux: real-time scheduling, the lowest of its priorities. The kernel keeps some of each processor for everybody else
   (sched(7), "Limiting the CPU usage of real-time and deadline processes"); where that is switched off, this is
   refused. Windows: above normal, and no slowing down while the window is covered.

   0; LP_EPERM without the right to it (CAP_SYS_NICE); LP_EUNSUPPORTED where the system cannot, or keeps nothing for
   others. */
int lp_priority_raise(void);

#endif
