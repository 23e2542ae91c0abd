#include "netns.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* Writes a text into a file of /proc. */
static bool put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	bool ok = file && fputs(text, file) >= 0;
	if (file && fclose(file) != 0)
		ok = false;
	return ok;
}

/* Creates a namespace, inside a user namespace if we are not root. */
static bool unshare_net(void)
{
	char uid_map[32];
	snprintf(uid_map, sizeof uid_map, "0 %u 1", getuid());
	char gid_map[32];
	snprintf(gid_map, sizeof gid_map, "0 %u 1", getgid());
	if (unshare(CLONE_NEWNET) == 0)
		return true;
	return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 && put("/proc/self/setgroups", "deny") &&
	       put("/proc/self/uid_map", uid_map) && put("/proc/self/gid_map", gid_map);
}

int netns_new(void)
{
	if (!unshare_net()) {
		fprintf(stderr, "no rights to make a network namespace: run as root\n");
		exit(77);
	}
	netns_run("ip link set lo up");
	int netns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	assert_true(netns >= 0);
	return netns;
}

void netns_enter(int netns)
{
	assert_int_equal(setns(netns, CLONE_NEWNET), 0);
}

void netns_run(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char command[512];
	vsnprintf(command, sizeof command, format, args);
	va_end(args);
	if (system(command) != 0)
		fail_msg("%s: failed", command);
}
