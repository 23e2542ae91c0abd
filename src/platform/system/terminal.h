/* The terminal that a program was started in, for a view that draws itself anew. */
#ifndef LP_PLATFORM_SYSTEM_TERMINAL_H
#define LP_PLATFORM_SYSTEM_TERMINAL_H

#include <stdbool.h>

enum lp_terminal {
	LP_TERMINAL_OUT, /* standard output */
	LP_TERMINAL_ERR, /* standard error */
};

/* True if the stream is a terminal that understands escape sequences (ECMA-48); where they have to be switched on,
   they are from then on. */
bool lp_terminal_is_live(enum lp_terminal terminal);
/* Its size now; 24 rows of 80 columns where that is not known. */
void lp_terminal_size(enum lp_terminal terminal, unsigned *ret_rows, unsigned *ret_columns);

#endif
