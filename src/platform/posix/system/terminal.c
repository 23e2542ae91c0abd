#include "platform/system/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int descriptor(enum lp_terminal terminal)
{
	return terminal == LP_TERMINAL_OUT ? STDOUT_FILENO : STDERR_FILENO;
}

bool lp_terminal_is_live(enum lp_terminal terminal)
{
	const char *kind = getenv("TERM");
	return isatty(descriptor(terminal)) && kind && *kind && strcmp(kind, "dumb") != 0;
}

void lp_terminal_size(enum lp_terminal terminal, unsigned *ret_rows, unsigned *ret_columns)
{
	*ret_rows = 24;
	*ret_columns = 80;
	struct winsize size;
	if (ioctl(descriptor(terminal), TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col) {
		*ret_rows = size.ws_row;
		*ret_columns = size.ws_col;
	}
}
