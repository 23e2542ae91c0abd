/* Network namespaces for tests that need network devices. */
#ifndef LP_TESTS_NETNS_H
#define LP_TESTS_NETNS_H

/* Creates and enters a namespace with loopback up. It ends with its last descriptor, socket and device. Returns its
   descriptor, or ends the program with 77 (meson: skipped) if that is not permitted. */
int netns_new(void);
/* Enters a namespace. */
void netns_enter(int netns);
/* Runs a shell command in the current namespace; the test fails if the command fails. */
void netns_run(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
