/* Network namespaces for tests that need devices of their own. */
#ifndef LP_TESTS_NETNS_H
#define LP_TESTS_NETNS_H

/* Makes a namespace with loopback up and goes into it; it ends with the last descriptor, socket and device of it.
   Returns its descriptor, or ends the program with 77 (meson: skipped) where that is not permitted. */
int netns_new(void);
/* Goes into a namespace. */
void netns_enter(int netns);
/* Runs a command of the shell in the current namespace; the test fails if it fails. */
void netns_run(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
