/* A file that a command writes for its user: a capture, a report. */
#ifndef LP_PLATFORM_SYSTEM_OUTPUT_H
#define LP_PLATFORM_SYSTEM_OUTPUT_H

#include <stdio.h>

struct lp_failure;

/* Opens |path| for bytes, empty, and readable by its owner alone where it is new; "-" is standard output. The caller
   closes it with fclose(). LP_EINVAL: standard output is a terminal; LP_EPERM, LP_ENOTFOUND, … */
int lp_output_open(const char *path, struct lp_failure *failure, FILE **ret_file);

#endif
