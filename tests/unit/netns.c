#include "netns.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

int netns_new(void)
{
	int netns;

	if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) {
		fprintf(stderr, "no rights to make a network namespace: run as root\n");
		exit(77);
	}
	netns_run("ip link set lo up");
	netns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	assert_true(netns >= 0);
	return netns;
}

void netns_enter(int netns)
{
	assert_int_equal(setns(netns, CLONE_NEWNET), 0);
}

void netns_run(const char *format, ...)
{
	char command[512];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof command, format, args);
	va_end(args);
	if (system(command) != 0)
		fail_msg("%s: failed", command);
}
