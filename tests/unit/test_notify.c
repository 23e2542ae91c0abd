/* The notifications to the service manager. */
#include "platform/system/notify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/units.h"

static const struct {
	enum lp_notify what;
	const char *status;
	const char *heard; /* the beginning */
} rows[] = {
	{LP_NOTIFY_READY, NULL, "READY=1\n"},
	{LP_NOTIFY_READY, "3 rooms", "READY=1\nSTATUS=3 rooms\n"},
	{LP_NOTIFY_RELOADING, NULL, "RELOADING=1\nMONOTONIC_USEC="},
	{LP_NOTIFY_STOPPING, NULL, "STOPPING=1\n"},
	{LP_NOTIFY_WATCHDOG, NULL, "WATCHDOG=1\n"},
	{LP_NOTIFY_STATUS, "3 rooms", "STATUS=3 rooms\n"},
};

/* Each kind, over a socket in a folder and over an abstract one. */
static void test_send(void **state)
{
	(void)state;
	for (int abstract = 0; abstract < 2; abstract++) {
		struct sockaddr_un address = {.sun_family = AF_UNIX};
		int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
		char name[64];
		snprintf(name, sizeof name, "%s/tmp/lp-test-notify-%d", abstract ? "@" : "", (int)getpid());
		setenv("NOTIFY_SOCKET", name, 1);
		memcpy(address.sun_path, name, strlen(name));
		if (abstract)
			address.sun_path[0] = '\0';
		assert_int_equal(bind(fd, (struct sockaddr *)&address,
					 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
			0);
		char heard[600];
		for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
			lp_notify_send(rows[i].what, rows[i].status);
			ssize_t n = recv(fd, heard, sizeof heard - 1, MSG_DONTWAIT);
			assert_true(n > 0);
			heard[n] = '\0';
			assert_memory_equal(heard, rows[i].heard, strlen(rows[i].heard));
			if (rows[i].what != LP_NOTIFY_RELOADING)
				assert_string_equal(heard, rows[i].heard);
		}
		close(fd);
		/* No listener: no effect. */
		lp_notify_send(LP_NOTIFY_READY, NULL);
		if (!abstract)
			unlink(name);
	}
	setenv("NOTIFY_SOCKET", "relative", 1);
	lp_notify_send(LP_NOTIFY_READY, NULL);
	unsetenv("NOTIFY_SOCKET");
	lp_notify_send(LP_NOTIFY_READY, NULL);
}

static void test_watchdog(void **state)
{
	(void)state;
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	assert_int_equal(lp_notify_watchdog_ns(), 0);
	setenv("WATCHDOG_USEC", "3000000", 1);
	assert_int_equal(lp_notify_watchdog_ns(), 3 * LP_SEC);
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(lp_notify_watchdog_ns(), 0);
	char pid[16];
	snprintf(pid, sizeof pid, "%d", (int)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(lp_notify_watchdog_ns(), 3 * LP_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_send),
		cmocka_unit_test(test_watchdog),
	};
	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
