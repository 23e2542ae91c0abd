/* A place before what can wait: frames of a game go through this program while the game takes every processor. */
#ifndef LP_PLATFORM_WINDOWS_PRIORITY_H
#define LP_PLATFORM_WINDOWS_PRIORITY_H

/* Raises this process's priority a little, and has Windows not slow it down while its window is covered. What a
   version of Windows does not know is left out. */
void lp_priority_raise(void);

#endif
