/* Stands in for Windows' pnputil, which Wine lacks: notes its arguments, and the size of the files beside the INF. */
#include <windows.h>

#include <stdio.h>
#include <string.h>

static long size_of(const char *path)
{
	FILE *file = fopen(path, "rb");
	if (!file)
		return -1;
	fseek(file, 0, SEEK_END);
	long size = ftell(file);
	fclose(file);
	return size;
}

int main(int argc, char **argv)
{
	char cat[MAX_PATH];
	FILE *note = fopen("C:\\pnputil.txt", "a");
	if (argc != 3 || !note)
		return 1;
	snprintf(cat, sizeof cat, "%s", argv[2]);
	strcpy(strrchr(cat, '\\') + 1, "tap0901.cat");
	fprintf(note, "%s %ld %ld\n", argv[1], size_of(argv[2]), size_of(cat));
	fclose(note);
	return 0;
}
