/* The program's terminal, for the live view. */
#ifndef LP_PLATFORM_SYSTEM_TERMINAL_H
#define LP_PLATFORM_SYSTEM_TERMINAL_H

#include <stdbool.h>

enum lp_terminal {
	LP_TERMINAL_OUT, /* standard output */
	LP_TERMINAL_ERR, /* standard error */
};

/* True if the stream is a terminal that supports escape sequences (ECMA-48). Enables them if necessary. */
bool lp_terminal_is_live(enum lp_terminal terminal);
/* The current size; 24 rows of 80 columns if unknown. */
void lp_terminal_size(enum lp_terminal terminal, unsigned *ret_rows, unsigned *ret_columns);

#endif
