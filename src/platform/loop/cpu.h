/* CPU policy: how the thread that carries frames competes for processors.

   A frame of a game is 20 us of work after a sleep. It is late if the thread has to wait for a processor, and on a
   player's computer the game, a stream encoder or a file copy takes every processor there is. Three rules follow, one
   because of the other:

   1. Priority. The thread runs before ordinary programs: with the lowest real-time priority on Linux, above normal on
      Windows. The kernel's own network code already runs before programs, so the tunnel is treated like the network
      that it replaces. Nothing the program starts later inherits the priority.
   2. Real-time budget (Linux). The kernel stops real-time threads that use more than 95 % of a second, for the 50 ms
      that remain (sched(7), "Limiting the CPU usage of real-time and deadline processes"), and a game freezes for that
      long. A busy loop therefore pauses itself for half a millisecond every 8 ms, before the kernel stops it.
   3. Receive coalescing (Linux). A thread that preempts everybody is woken for every second frame of a flood, and
      takes the processor from the program that sends them. A wake-up costs more than a small frame. In a flood of
      small frames, and only then, the loop sleeps 0.2 ms between passes and finds a batch, like the interrupt
      moderation of a network card. Request and response are not delayed: there are never two frames at once. Nor are
      file copies, whose frames are large.

   What this does not do: the thread is not bound to a processor. Programs that share one machine would exchange frames
   faster on one processor, but a player's computer runs one of them. */
#ifndef LP_PLATFORM_LOOP_CPU_H
#define LP_PLATFORM_LOOP_CPU_H

#include <stdbool.h>

/* Raises the priority of the calling thread. Call it before other threads exist: on Linux later threads start with
   normal priority.

   0; LP_EPERM without the permission (CAP_SYS_NICE); LP_EUNSUPPORTED if the system has no such priority, or reserves no
   time for other programs. */
int lp_cpu_raise_priority(void);
/* Makes threads that the calling thread starts inherit its priority, or not; without priority nothing changes. Switch
   it on before privileges are dropped. */
void lp_cpu_inherit_priority(bool inherit);

#endif
