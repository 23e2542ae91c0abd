/* The command `capture`: asks the running program for its frames and writes them as pcapng. */
#ifndef LP_APP_CAPTURE_COMMAND_H
#define LP_APP_CAPTURE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/capture.h"
#include "cli/options.h"

struct lp_control_options;

struct lp_capture_options {
	char path[4096]; /* -w; "-": standard output */
	char peer[LP_CAPTURE_NAME_MAX];
	bool drops;
	uint32_t seconds;
	uint64_t max_bytes; /* of a file */
	char keylog[4096];  /* of the running program, not of the command; empty: none */
};

extern const struct lp_option lp_capture_option_rows[];
extern const size_t lp_capture_option_rows_n;

/* Runs the command and returns the exit code; failures are printed. |room|: only its frames; empty: all. */
int lp_capture_command(const struct lp_program *program, const struct lp_control_options *control,
	const struct lp_capture_options *options, const char *room);

#endif
