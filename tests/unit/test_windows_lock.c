/* The lock on Windows, while a virus scanner opens each new file for a moment. */
#include "platform/system/lock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <windows.h>

#include <cmocka.h>

#include "base/error.h"

#define PATH "lock-folder\\here.lock"
#define ROUNDS 50

/* What the scanner is told, and how often it had the file. */
struct scanner {
	volatile LONG end;
	LONG n_opened;
};

/* Opens the file for itself whenever it is there. */
static DWORD WINAPI scan(void *arg)
{
	struct scanner *scanner = arg;
	while (!scanner->end) {
		HANDLE file = CreateFileW(L"" PATH, GENERIC_READ, 0, NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
		if (file == INVALID_HANDLE_VALUE) {
			SwitchToThread();
			continue;
		}
		scanner->n_opened++;
		Sleep(2);
		CloseHandle(file);
		Sleep(2);
	}
	return 0;
}

static void test_scanned(void **state)
{
	(void)state;
	struct scanner scanner = {0};
	HANDLE thread = CreateThread(NULL, 0, scan, &scanner, 0, NULL);
	assert_non_null(thread);
	/* A file for the scanner, left by a program that could not remove it. */
	CreateDirectoryW(L"lock-folder", NULL);
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct lp_lock *lock;
		HANDLE file = CreateFileW(
			L"" PATH, GENERIC_WRITE, FILE_SHARE_READ, NULL, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
		if (file != INVALID_HANDLE_VALUE)
			CloseHandle(file);
		Sleep(1);
		assert_int_equal(lp_lock_take(PATH, NULL, &lock), 0);
		lp_lock_free(lock);
	}
	scanner.end = 1;
	WaitForSingleObject(thread, INFINITE);
	CloseHandle(thread);
	assert_true(scanner.n_opened > 0);
}

/* A lock that another program has is refused; with its end the file is gone. */
static void test_held(void **state)
{
	(void)state;
	struct lp_lock *lock, *other;
	assert_int_equal(lp_lock_take(PATH, NULL, &lock), 0);
	assert_int_equal(lp_lock_take(PATH, NULL, &other), LP_EINUSE);
	lp_lock_free(lock);
	assert_int_equal(GetFileAttributesW(L"" PATH), INVALID_FILE_ATTRIBUTES);
	assert_true(RemoveDirectoryW(L"lock-folder"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scanned),
		cmocka_unit_test(test_held),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
