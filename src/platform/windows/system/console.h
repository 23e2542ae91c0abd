/* The program's console: arguments, output and questions to the user, in UTF-8. */
#ifndef LP_PLATFORM_WINDOWS_SYSTEM_CONSOLE_H
#define LP_PLATFORM_WINDOWS_SYSTEM_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

/* What lp_console_end() restores. */
struct lp_console {
	unsigned output_code_page; /* 0: no console */
	unsigned input_mode;       /* 0: no console to read from */
};

/* Switches the console to UTF-8, and disables the selection mode that would block the program. */
void lp_console_begin(struct lp_console *console);
void lp_console_end(const struct lp_console *console);
/* The arguments in UTF-8, in one block that the caller frees; the last is NULL. NULL: out of memory. */
char **lp_console_arguments(int argc, wchar_t *const *wide);
/* True if the window was opened for this program and closes with it, before the last messages can be read. */
bool lp_console_is_ours(void);
/* Reads a line without its newline. False at the end of the input, and for a line that is too long. */
bool lp_console_read_line(char *line, size_t size);

#endif
