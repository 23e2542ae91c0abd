#include "page.h"

#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES 4096

/* Copies an open page. */
static int copy(FILE *file, bool (*print_table)(const char *name))
{
	char line[LINE_MAX_BYTES], name[64];
	bool in_table = false;
	while (fgets(line, sizeof line, file)) {
		if (in_table && strcmp(line, "<!-- end -->\n") != 0)
			continue;
		in_table = false;
		fputs(line, stdout);
		if (sscanf(line, "<!-- table: %63[a-z_] -->", name) != 1)
			continue;
		if (!print_table(name)) {
			fprintf(stderr, "no table '%s'\n", name);
			return 1;
		}
		in_table = true;
	}
	return in_table || ferror(file) || fflush(stdout) != 0 ? 1 : 0;
}

int page_print(const char *path, bool (*print_table)(const char *name))
{
	FILE *file = fopen(path, "r");
	if (!file) {
		fprintf(stderr, "%s: cannot be read\n", path);
		return 1;
	}
	int code = copy(file, print_table);
	fclose(file);
	return code;
}
