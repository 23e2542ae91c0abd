/* Dropped capabilities are gone, for this program and its children; open descriptors keep working. */
#include "platform/system/sandbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"
#include "netns.h"
#include "platform/device/tap.h"
#include "platform/loop/loop.h"

static void on_recv(void *ctx, const struct lp_frame *frames, size_t n_frames)
{
	(void)ctx;
	(void)frames;
	(void)n_frames;
}

static void on_error(void *ctx, const struct lp_failure *failure)
{
	(void)ctx;
	(void)failure;
}

/* A line of a process's status as a number. */
static unsigned long long status(const char *key)
{
	FILE *file = fopen("/proc/thread-self/status", "r");
	unsigned long long value = ~0ULL;
	assert_non_null(file);
	char line[256];
	while (fgets(line, sizeof line, file))
		if (strncmp(line, key, strlen(key)) == 0)
			value = strtoull(line + strlen(key), NULL, strcmp(key, "NoNewPrivs:") == 0 ? 10 : 16);
	fclose(file);
	return value;
}

static void test_drop(void **state)
{
	static uint8_t data[64] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x88, 0xb5};
	const struct lp_frame frame = {.data = data, .len = sizeof data};
	const struct lp_tap_config config = {.name = "lan7"};
	struct lp_failure failure = {0};
	struct lp_tap *tap = NULL;
	(void)state;
	netns_new();
	struct lp_loop *loop;
	assert_int_equal(lp_loop_new(&loop), 0);
	if (lp_tap_open(loop, &config, on_recv, on_error, NULL, &failure, &tap) == 0)
		assert_int_equal(lp_tap_up(tap, 1500, &failure), 0);
	assert_true(status("CapEff:") != 0);
	assert_int_equal(lp_drop_privileges(&failure), 0);
	assert_int_equal(status("CapEff:"), 0);
	assert_int_equal(status("CapPrm:"), 0);
	assert_int_equal(status("CapInh:"), 0);
	assert_int_equal(status("CapBnd:"), 0);
	assert_int_equal(status("CapAmb:"), 0);
	assert_int_equal(status("NoNewPrivs:"), 1);
	int fd = socket(AF_PACKET, SOCK_RAW, 0);
	assert_int_equal(fd, -1);
	assert_int_not_equal(system("ip link set lo down 2>/dev/null"), 0);
	if (tap) {
		assert_int_equal(lp_tap_send(tap, &frame, 1), 1);
		assert_int_equal(lp_tap_set_mtu(tap, 1500, &failure), 0);
		assert_int_equal(lp_tap_set_mtu(tap, 1400, &failure), LP_EPERM);
	}
	/* A second call has no effect. */
	assert_int_equal(lp_drop_privileges(&failure), 0);
	lp_tap_close(tap);
	lp_loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drop),
	};
	return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}
