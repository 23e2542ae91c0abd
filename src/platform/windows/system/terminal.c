#include "platform/system/terminal.h"

#include <windows.h>

static HANDLE handle_of(enum lp_terminal terminal)
{
	return GetStdHandle(terminal == LP_TERMINAL_OUT ? STD_OUTPUT_HANDLE : STD_ERROR_HANDLE);
}

bool lp_terminal_is_live(enum lp_terminal terminal)
{
	HANDLE handle = handle_of(terminal);
	DWORD mode;
	/* Windows 10 1511 and later support escape sequences after this. */
	return GetConsoleMode(handle, &mode) &&
	       SetConsoleMode(handle, mode | ENABLE_PROCESSED_OUTPUT | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
}

void lp_terminal_size(enum lp_terminal terminal, unsigned *ret_rows, unsigned *ret_columns)
{
	*ret_rows = 24;
	*ret_columns = 80;
	CONSOLE_SCREEN_BUFFER_INFO info;
	if (GetConsoleScreenBufferInfo(handle_of(terminal), &info)) {
		*ret_rows = (unsigned)(info.srWindow.Bottom - info.srWindow.Top + 1);
		*ret_columns = (unsigned)(info.srWindow.Right - info.srWindow.Left + 1);
	}
}
