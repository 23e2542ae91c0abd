/* A part of a test in its own process, so that changes to its process do not affect others. */
#ifndef CHILD_H
#define CHILD_H

#include <sys/types.h>

/* Runs |fn| in a new process; its result is the exit code. */
pid_t child_start(int (*fn)(void));
/* Waits for the process to end. Returns the exit code; the test fails if there is none. */
int child_result(pid_t pid);
/* Both. */
int in_child(int (*fn)(void));

#endif
