#include "platform/windows/system/console.h"

#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/windows/system/wide.h"

#define LINE_CHARS 2048

void lp_console_begin(struct lp_console *console)
{
	HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
	console->output_code_page = GetConsoleOutputCP();
	if (console->output_code_page)
		SetConsoleOutputCP(CP_UTF8);
	console->input_mode = 0;
	DWORD mode;
	if (GetConsoleMode(input, &mode)) {
		console->input_mode = mode;
		/* With the selection mode, a click into the window would block the next line of the log. */
		SetConsoleMode(input, (mode & ~(DWORD)ENABLE_QUICK_EDIT_MODE) | ENABLE_EXTENDED_FLAGS);
	}
}

void lp_console_end(const struct lp_console *console)
{
	if (console->output_code_page)
		SetConsoleOutputCP(console->output_code_page);
	if (console->input_mode)
		SetConsoleMode(GetStdHandle(STD_INPUT_HANDLE), console->input_mode | ENABLE_EXTENDED_FLAGS);
}

char **lp_console_arguments(int argc, wchar_t *const *wide)
{
	size_t pointer_bytes = ((size_t)argc + 1) * sizeof(char *), bytes = pointer_bytes;
	for (int i = 0; i < argc; i++)
		bytes += 3 * wcslen(wide[i]) + 1;
	char **argv = malloc(bytes);
	if (!argv)
		return NULL;
	char *to = (char *)argv + pointer_bytes;
	for (int i = 0; i < argc; i++) {
		lp_utf8(wide[i], to, 3 * wcslen(wide[i]) + 1);
		argv[i] = to;
		to += strlen(to) + 1;
	}
	argv[argc] = NULL;
	return argv;
}

bool lp_console_is_ours(void)
{
	DWORD processes[2];
	return GetConsoleProcessList(processes, 2) == 1;
}

/* Removes the newline. False if there is none: the line is too long, or the input ends within it. */
static bool cut_end(char *line)
{
	char *end = strchr(line, '\n');
	if (!end)
		return false;
	if (end > line && end[-1] == '\r')
		end--;
	*end = '\0';
	return true;
}

bool lp_console_read_line(char *line, size_t size)
{
	HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
	DWORD mode;
	/* A file or a pipe contains UTF-8, a console UTF-16. */
	if (!GetConsoleMode(input, &mode))
		return fgets(line, (int)size, stdin) && cut_end(line);
	DWORD n;
	wchar_t wide[LINE_CHARS];
	if (!ReadConsoleW(input, wide, LINE_CHARS - 1, &n, NULL) || n == 0)
		return false;
	wide[n] = L'\0';
	return lp_utf8(wide, line, size) == 0 && cut_end(line);
}
