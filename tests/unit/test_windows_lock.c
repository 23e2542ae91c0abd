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
#define ROUNDS 5
/* How long a scanner holds a file: a small part of what the lock waits for. */
#define SCAN_MS 60

/* Closes the file after a while. */
static DWORD WINAPI scan(void *arg)
{
	Sleep(SCAN_MS);
	CloseHandle(arg);
	return 0;
}

static void test_scanned(void **state)
{
	(void)state;
	CreateDirectoryW(L"lock-folder", NULL);
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct lp_lock *lock;
		HANDLE file = CreateFileW(
			L"" PATH, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
		assert_true(file != INVALID_HANDLE_VALUE);
		HANDLE thread = CreateThread(NULL, 0, scan, file, 0, NULL);
		assert_non_null(thread);
		assert_int_equal(lp_lock_take(PATH, NULL, &lock), 0);
		lp_lock_free(lock);
		WaitForSingleObject(thread, INFINITE);
		CloseHandle(thread);
	}
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
