/* Runs a fuzz target over every seed in the given folders, so that seeds are ordinary tests. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Feeds one file to the target; false if it cannot be read. */
static int replay_file(const char *path)
{
	static uint8_t data[1 << 20];
	FILE *file = fopen(path, "rb");
	if (!file)
		return -1;
	size_t len = fread(data, 1, sizeof data, file);
	fclose(file);
	/* An exact-size copy, so that a sanitizer detects a read past the end. */
	uint8_t *exact = malloc(len ? len : 1);
	if (!exact)
		return -1;
	for (size_t i = 0; i < len; i++)
		exact[i] = data[i];
	LLVMFuzzerTestOneInput(exact, len);
	free(exact);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned n_seeds = 0;
	for (int i = 1; i < argc; i++) {
		DIR *dir = opendir(argv[i]);
		if (!dir) {
			fprintf(stderr, "%s: no such folder of seeds\n", argv[i]);
			return 1;
		}
		for (struct dirent *entry; (entry = readdir(dir));) {
			char path[4096];
			if (entry->d_name[0] == '.')
				continue;
			snprintf(path, sizeof path, "%s/%s", argv[i], entry->d_name);
			if (replay_file(path) != 0) {
				fprintf(stderr, "%s: cannot be read\n", path);
				return 1;
			}
			n_seeds++;
		}
		closedir(dir);
	}
	printf("%u seeds\n", n_seeds);
	return n_seeds > 0 ? 0 : 1;
}
