/* The console window of a program: what it was started with, and questions to whoever sits there. UTF-8. */
#ifndef LP_PLATFORM_WINDOWS_SYSTEM_CONSOLE_H
#define LP_PLATFORM_WINDOWS_SYSTEM_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

/* What lp_console_end() puts back. */
struct lp_console {
	unsigned output_code_page; /* 0: there is no console */
	unsigned input_mode;       /* 0: there is no console to read from */
};

/* Has the console show UTF-8, and not stop the program while somebody marks text in its window. */
void lp_console_begin(struct lp_console *console);
void lp_console_end(const struct lp_console *console);
/* The arguments in UTF-8, in one block that the caller frees; its last is NULL. NULL without memory. */
char **lp_console_arguments(int argc, wchar_t *const *wide);
/* True if the window was opened for this program and closes with it: the last words would go unread. */
bool lp_console_is_ours(void);
/* Reads a line without its end. False at the end of the input, and for a line that is too long. */
bool lp_console_read_line(char *line, size_t size);
/* Where programs of all users keep their files: "C:\ProgramData". False if the system does not say. */
bool lp_console_program_data(char *path, size_t size);

#endif
