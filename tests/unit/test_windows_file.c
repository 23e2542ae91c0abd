/* Small files on Windows: complete or not at all, within the length limit, secrets for their owner alone. */
#include "platform/system/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include <aclapi.h>
#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"

/* The folder of the tests; created again for each. */
static char folder[MAX_PATH];

/* A path in the test's folder; valid until the next call. */
static const char *in(const char *name)
{
	static char path[2 * MAX_PATH];
	snprintf(path, sizeof path, "%s\\%s", folder, name);
	return path;
}

/* Removes a folder with its content. */
static void remove_tree(const char *path)
{
	char pattern[2 * MAX_PATH];
	snprintf(pattern, sizeof pattern, "%s\\*", path);
	WIN32_FIND_DATAA data;
	HANDLE find = FindFirstFileA(pattern, &data);
	if (find == INVALID_HANDLE_VALUE)
		return;
	char child[3 * MAX_PATH];
	do {
		if (strcmp(data.cFileName, ".") == 0 || strcmp(data.cFileName, "..") == 0)
			continue;
		snprintf(child, sizeof child, "%s\\%s", path, data.cFileName);
		if (data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)
			remove_tree(child);
		else
			DeleteFileA(child);
	} while (FindNextFileA(find, &data));
	FindClose(find);
	RemoveDirectoryA(path);
}

/* Entries of the test's folder. */
static unsigned entries(void)
{
	WIN32_FIND_DATAA data;
	HANDLE find = FindFirstFileA(in("*"), &data);
	unsigned n = 0;
	assert_true(find != INVALID_HANDLE_VALUE);
	do
		n += data.cFileName[0] != '.';
	while (FindNextFileA(find, &data));
	FindClose(find);
	return n;
}

static int set_up(void **state)
{
	(void)state;
	char temporary[MAX_PATH];
	GetTempPathA(sizeof temporary, temporary);
	snprintf(folder, sizeof folder, "%slp-test-file-%lu", temporary, (unsigned long)GetCurrentProcessId());
	remove_tree(folder);
	return CreateDirectoryA(folder, NULL) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	remove_tree(folder);
	return 0;
}

/* Number of entries in a file's access list, and whether others are inherited. */
static unsigned access_entries(const char *path, bool *ret_protected)
{
	PSECURITY_DESCRIPTOR descriptor = NULL;
	SECURITY_DESCRIPTOR_CONTROL control = 0;
	PACL list = NULL;
	unsigned n;
	assert_int_equal(GetNamedSecurityInfoA(
				 path, SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, &list, NULL, &descriptor),
		ERROR_SUCCESS);
	assert_non_null(list);
	n = list->AceCount;
	DWORD revision;
	assert_true(GetSecurityDescriptorControl(descriptor, &control, &revision));
	*ret_protected = control & SE_DACL_PROTECTED;
	LocalFree(descriptor);
	return n;
}

/* Written files read back, twice; folders are created; no other file is left. */
static void test_write(void **state)
{
	static const char *const names[] = {"plain.txt", "a\\b/c.txt", "g\xc3\xa4ste \xe2\x82\xac.txt"};
	uint8_t *data;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		print_message("%s\n", names[i]);
		assert_int_equal(lp_file_write(in(names[i]), (const uint8_t *)"old", 3, i == 1, NULL), 0);
		assert_int_equal(lp_file_write(in(names[i]), (const uint8_t *)"newer", 5, i == 1, NULL), 0);
		assert_int_equal(lp_file_read(in(names[i]), 100, NULL, &data, &len), 0);
		assert_int_equal(len, 5);
		assert_string_equal((char *)data, "newer");
		free(data);
		assert_int_equal(entries(), i + 1);
	}
}

/* A secret is for the system, administrators and its owner; nothing is inherited from the folder. */
static void test_secret(void **state)
{
	(void)state;
	assert_int_equal(lp_file_write(in("secret"), (const uint8_t *)"x", 1, true, NULL), 0);
	bool is_protected;
	assert_true(access_entries(in("secret"), &is_protected) <= 3);
	assert_int_equal(lp_file_write(in("open"), (const uint8_t *)"x", 1, false, NULL), 0);
}

/* A failed write leaves the old file, and no other file beside it. */
static void test_failed_write(void **state)
{
	struct lp_failure failure = {0};
	(void)state;
	assert_int_equal(lp_file_write(in("taken\\inside"), (const uint8_t *)"x", 1, false, NULL), 0);
	assert_true(lp_file_write(in("taken"), (const uint8_t *)"x", 1, false, &failure) < 0);
	assert_non_null(strstr(failure.text, "taken"));
	assert_int_equal(entries(), 1);
	/* A file in place of a folder. */
	assert_true(lp_file_write(in("taken\\inside\\deeper"), (const uint8_t *)"x", 1, false, &failure) < 0);
}

/* Limits, missing files, empty files. */
static void test_read(void **state)
{
	struct lp_failure failure = {0};
	uint8_t *data = NULL;
	size_t len = 0;
	(void)state;
	assert_int_equal(lp_file_read(in("none"), 100, &failure, &data, &len), LP_ENOTFOUND);
	assert_non_null(strstr(failure.text, "none"));
	assert_int_equal(lp_file_read(in("no\\folder"), 100, &failure, &data, &len), LP_ENOTFOUND);
	assert_int_equal(lp_file_write(in("six"), (const uint8_t *)"sixsix", 6, false, NULL), 0);
	assert_int_equal(lp_file_read(in("six"), 5, &failure, &data, &len), LP_ETOOBIG);
	assert_true(lp_file_read(folder, 5, &failure, &data, &len) < 0);
	assert_null(data);
	assert_int_equal(lp_file_write(in("empty"), NULL, 0, false, NULL), 0);
	assert_int_equal(lp_file_read(in("empty"), 0, &failure, &data, &len), 0);
	assert_int_equal(len, 0);
	assert_int_equal(data[0], 0);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_write, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_secret, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_failed_write, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_read, set_up, tear_down),
	};
	return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
