/* Part of a test in a process of its own: what it changes for its process stays there. */
#ifndef CHILD_H
#define CHILD_H

#include <sys/types.h>

/* Runs |fn| in a new process, whose exit code it makes. */
pid_t child_start(int (*fn)(void));
/* Waits for its end. Returns the exit code; the test fails where there is none. */
int child_result(pid_t pid);
/* Both. */
int in_child(int (*fn)(void));

#endif
