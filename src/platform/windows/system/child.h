/* A child process without a window, whose standard output and error are read line by line. */
#ifndef LP_PLATFORM_WINDOWS_SYSTEM_CHILD_H
#define LP_PLATFORM_WINDOWS_SYSTEM_CHILD_H

#include <stddef.h>

#include <windows.h>

struct lp_child;
struct lp_failure;

/* What the child printed, in pieces of any size; called on another thread, until lp_child_free() at the latest. */
typedef void lp_child_output_fn(void *ctx, const char *data, size_t len);

/* Starts |command_line| (UTF-8) with |input| on its standard input, which then ends. It inherits these handles only. 0,
   or a negative LP_E* with a failure. */
int lp_child_start(const char *command_line, const char *input, lp_child_output_fn *output, void *ctx,
	struct lp_failure *failure, struct lp_child **ret_child);
/* Signalled when it has ended. */
HANDLE lp_child_event(const struct lp_child *child);
/* Waits until all of its output was read, after its end, and returns its exit code. Ends a child that still runs. */
unsigned lp_child_free(struct lp_child *child);

#endif
