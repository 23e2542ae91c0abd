/* The thread that forwards frames comes before a game's, and no other thread of the program does. */
#include "platform/loop/cpu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <windows.h>

#include <cmocka.h>

static DWORD WINAPI run(void *priority)
{
	*(int *)priority = GetThreadPriority(GetCurrentThread());
	return 0;
}

static void test_priority(void **state)
{
	int other = -1;
	(void)state;
	assert_int_equal(lp_cpu_raise_priority(), 0);
	assert_int_equal(GetPriorityClass(GetCurrentProcess()), ABOVE_NORMAL_PRIORITY_CLASS);
	assert_int_equal(GetThreadPriority(GetCurrentThread()), THREAD_PRIORITY_HIGHEST);
	HANDLE thread = CreateThread(NULL, 0, run, &other, 0, NULL);
	assert_int_equal(WaitForSingleObject(thread, 10000), WAIT_OBJECT_0);
	assert_int_equal(other, THREAD_PRIORITY_NORMAL);
	CloseHandle(thread);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_priority),
	};
	return cmocka_run_group_tests_name("cpu", tests, NULL, NULL);
}
