/* Small files: complete or not at all, with the right mode, within the length limit. */
#include "platform/system/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"

/* A folder that is removed with its content. */
static int make_folder(void **state)
{
	char template[] = "/tmp/lp-test-file-XXXXXX";
	*state = strdup(mkdtemp(template));
	return *state ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[256];
	snprintf(command, sizeof command, "rm -rf '%s'", (char *)*state);
	free(*state);
	return system(command);
}

/* A path in the test's folder; valid until the next call. */
static const char *in(void **state, const char *name)
{
	static char path[256];
	snprintf(path, sizeof path, "%s/%s", (char *)*state, name);
	return path;
}

/* Entries of a folder. */
static unsigned entries(const char *path)
{
	DIR *folder = opendir(path);
	unsigned n = 0;
	assert_non_null(folder);
	for (const struct dirent *entry; (entry = readdir(folder));)
		n += entry->d_name[0] != '.';
	closedir(folder);
	return n;
}

static const struct {
	const char *name;
	bool secret;
	mode_t mode, folder_mode;
} mode_rows[] = {
	{"certificate.pem", false, 0644, 0},
	{"key.pem", true, 0600, 0},
	{"a/b/certificate.pem", false, 0644, 0755},
	{"c/d/key.pem", true, 0600, 0700},
};

/* Written files read back; modes are right for any umask; folders are created. */
static void test_modes(void **state)
{
	mode_t before = umask(0022);
	for (size_t i = 0; i < sizeof mode_rows / sizeof mode_rows[0]; i++) {
		const char *path = in(state, mode_rows[i].name);
		assert_int_equal(lp_file_write(path, (const uint8_t *)"hello", 5, mode_rows[i].secret, NULL), 0);
		struct stat st;
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, mode_rows[i].mode);
		size_t len;
		uint8_t *data;
		assert_int_equal(lp_file_read(path, 5, NULL, &data, &len), 0);
		assert_int_equal(len, 5);
		assert_string_equal((char *)data, "hello");
		free(data);
		char folder[256];
		snprintf(folder, sizeof folder, "%s", path);
		*strrchr(folder, '/') = '\0';
		if (mode_rows[i].folder_mode) {
			assert_int_equal(stat(folder, &st), 0);
			assert_int_equal(st.st_mode & 0777, mode_rows[i].folder_mode);
			assert_int_equal(entries(folder), 1);
		}
	}
	umask(before);
}

/* A secret that root writes belongs to the owner of its folder. */
static void test_owner(void **state)
{
	struct lp_failure failure;
	struct stat st;
	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(*state, 12345, 12346), 0);
	assert_int_equal(lp_file_write(in(state, "secret"), (const uint8_t *)"x", 1, true, &failure), 0);
	assert_int_equal(stat(in(state, "secret"), &st), 0);
	assert_true(st.st_uid == 12345 && st.st_gid == 12346 && (st.st_mode & 0777) == 0600);
	assert_int_equal(lp_file_write(in(state, "open"), (const uint8_t *)"x", 1, false, &failure), 0);
	assert_int_equal(stat(in(state, "open"), &st), 0);
	assert_int_equal(st.st_uid, 0);
}

/* A second write replaces the file atomically: a reader that has the old one open keeps reading the old one. */
static void test_replace(void **state)
{
	const char *path = in(state, "identity.json");
	char text[8] = "";
	assert_int_equal(lp_file_write(path, (const uint8_t *)"old", 3, true, NULL), 0);
	FILE *old = fopen(path, "r");
	assert_non_null(old);
	assert_int_equal(lp_file_write(path, (const uint8_t *)"newer", 5, true, NULL), 0);
	assert_non_null(fgets(text, sizeof text, old));
	assert_string_equal(text, "old");
	fclose(old);
	size_t len;
	uint8_t *data;
	assert_int_equal(lp_file_read(path, 100, NULL, &data, &len), 0);
	assert_string_equal((char *)data, "newer");
	free(data);
	assert_int_equal(entries(*state), 1);
}

/* A failed write leaves the old file, and no other file beside it. */
static void test_failed_write(void **state)
{
	struct lp_failure failure = {0};
	const char *path = in(state, "taken");
	/* A non-empty folder cannot be replaced by a file. */
	assert_int_equal(lp_file_write(in(state, "taken/inside"), (const uint8_t *)"x", 1, false, NULL), 0);
	path = in(state, "taken");
	assert_true(lp_file_write(path, (const uint8_t *)"x", 1, false, &failure) < 0);
	assert_non_null(strstr(failure.text, "taken"));
	assert_int_equal(entries(*state), 1);
	/* A file in place of a folder. */
	assert_int_equal(
		lp_file_write(in(state, "taken/inside/deeper"), (const uint8_t *)"x", 1, false, &failure), LP_EIO);
}

/* A certificate is written to a link's target, a secret replaces the link; a pipe or a device stays one. */
static void test_not_regular(void **state)
{
	char target[256], link[256], pipe[256], text[8] = "";
	snprintf(target, sizeof target, "%s/target", (char *)*state);
	snprintf(link, sizeof link, "%s/link", (char *)*state);
	snprintf(pipe, sizeof pipe, "%s/pipe", (char *)*state);
	assert_int_equal(lp_file_write(target, (const uint8_t *)"old", 3, false, NULL), 0);
	assert_int_equal(symlink("target", link), 0);
	assert_int_equal(lp_file_write(link, (const uint8_t *)"newer", 5, false, NULL), 0);
	struct stat st;
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(lstat(target, &st), 0);
	assert_int_equal(st.st_size, 5);

	assert_int_equal(lp_file_write(link, (const uint8_t *)"secret", 6, true, NULL), 0);
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(lstat(target, &st), 0);
	assert_int_equal(st.st_size, 5);

	assert_int_equal(mkfifo(pipe, 0600), 0);
	int reader = open(pipe, O_RDONLY | O_NONBLOCK);
	assert_true(reader >= 0);
	assert_int_equal(lp_file_write(pipe, (const uint8_t *)"hello", 5, false, NULL), 0);
	assert_int_equal(read(reader, text, sizeof text), 5);
	assert_string_equal(text, "hello");
	close(reader);
	assert_int_equal(lstat(pipe, &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	assert_int_equal(entries(*state), 3);
}

/* Limits, missing files, empty files. */
static void test_read(void **state)
{
	struct lp_failure failure = {0};
	uint8_t *data = NULL;
	size_t len = 0;
	assert_int_equal(lp_file_read(in(state, "none"), 100, &failure, &data, &len), LP_ENOTFOUND);
	assert_non_null(strstr(failure.text, "none"));
	assert_int_equal(lp_file_write(in(state, "six"), (const uint8_t *)"sixsix", 6, false, NULL), 0);
	assert_int_equal(lp_file_read(in(state, "six"), 5, &failure, &data, &len), LP_ETOOBIG);
	assert_int_equal(lp_file_read(*state, 5, &failure, &data, &len), LP_EIO);
	assert_null(data);
	assert_int_equal(lp_file_write(in(state, "empty"), NULL, 0, false, NULL), 0);
	assert_int_equal(lp_file_read(in(state, "empty"), 0, &failure, &data, &len), 0);
	assert_int_equal(len, 0);
	assert_int_equal(data[0], 0);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_modes, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_owner, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_replace, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_failed_write, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_not_regular, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_read, make_folder, remove_folder),
	};
	return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
