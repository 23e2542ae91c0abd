/* Confinement: another user, files and system calls. Dropped capabilities are gone, for this program and its children;
   open descriptors keep working. */
#include "platform/system/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"
#include "child.h"
#include "netns.h"
#include "platform/device/tap.h"
#include "platform/loop/loop.h"
#include "platform/system/file.h"

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

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* Effective capabilities; without /proc, which is out of reach for a confined program. */
static unsigned capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
	if (syscall(SYS_capget, &header, data) < 0 || data[0].effective != data[0].permitted || data[1].permitted)
		return ~0U;
	return data[0].permitted;
}

static char folder[] = "/tmp/lp-sandbox-XXXXXX";
static char state_file[64], other_file[64], key_file[64];
static unsigned n_warnings;

static void on_warning(void *ctx, const char *text)
{
	(void)ctx;
	n_warnings++;
	fprintf(stderr, "warning: %s\n", text);
}

static void *on_thread(void *ctx)
{
	*(bool *)ctx = true;
	return NULL;
}

/* What a confined program must be able to do. 0 or the number of the first that failed. */
static int check_allowed(void)
{
	struct lp_failure failure = {0};
	bool ran = false;
	pthread_t thread;
	struct lp_loop *loop;
	struct stat st;
	if (lp_file_write(state_file, (const uint8_t *)"new", 3, true, &failure) < 0 || stat(state_file, &st) < 0 ||
		st.st_uid != geteuid())
		return 1;
	if (pthread_create(&thread, NULL, on_thread, &ran) != 0 || pthread_join(thread, NULL) != 0 || !ran)
		return 2;
	if (lp_loop_new(&loop) < 0)
		return 3;
	lp_loop_free(loop);
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);
	if (fd < 0 || close(fd) < 0)
		return 4;
	fd = open(key_file, O_RDONLY); /* of root, mode 0600 */
	if (fd < 0 || close(fd) < 0)
		return 5;
	return lp_file_remove(state_file, &failure) < 0 ? 6 : 0;
}

/* What it must not be able to do. 0 or the number of the first that worked. */
static int check_forbidden(void)
{
	char *const nothing[] = {NULL};
	if (geteuid() == 0 || getuid() == 0 || setuid(0) == 0)
		return 11;
	if (open("/etc/shadow", O_RDONLY) >= 0 || open(other_file, O_RDONLY) >= 0 || open("/etc/passwd", O_RDONLY) >= 0)
		return 12;
	if (open("/tmp/lp-sandbox-new", O_WRONLY | O_CREAT, 0600) >= 0)
		return 13;
	if (execve("/bin/true", nothing, nothing) == 0 || errno != ENOSYS)
		return 14;
	if (fork() >= 0)
		return 15;
	if (socket(AF_PACKET, SOCK_RAW, 0) >= 0 || socket(AF_VSOCK, SOCK_STREAM, 0) >= 0)
		return 16;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 || prctl(PR_CAPBSET_READ, CAP_NET_ADMIN, 0, 0, 0) != 0)
		return 17;
	return 0;
}

static int confined(void)
{
	const struct lp_sandbox_folder folders[] = {{.file = state_file, .names = "state.json*", .needed = true}};
	const char *const inputs[] = {key_file, ""};
	struct lp_failure failure;
	struct lp_sandbox sandbox;
	const struct lp_sandbox_config config = {
		.user = "nobody",
		.folders = folders,
		.n_folders = 1,
		.inputs = inputs,
		.n_inputs = 2,
		.warn = on_warning,
	};
	lp_sandbox_enter(&config, &sandbox);
	if (lp_drop_privileges(&failure) < 0)
		return 21;
	if (strcmp(sandbox.user, "nobody") != 0 || !sandbox.calls || n_warnings)
		return 22;
	if (!sandbox.files)
		return 77;
	/* Reading the key is the only capability that is left. */
	if (capabilities() != 1U << CAP_DAC_READ_SEARCH)
		return 23;
	int result = check_allowed();
	return result ? result : check_forbidden();
}

/* A folder with a file that is not the program's is not given away: the program stays root, without capabilities. */
static int stays_root(void)
{
	const struct lp_sandbox_folder folders[] = {{.file = state_file, .names = "state.json*", .needed = true}};
	struct lp_sandbox sandbox;
	struct lp_sandbox_config config = {.user = "nobody", .folders = folders, .n_folders = 1, .warn = on_warning};
	struct stat st;
	lp_sandbox_enter(&config, &sandbox);
	if (sandbox.user[0] || n_warnings != 1 || geteuid() != 0 || capabilities() != 0)
		return 1;
	return stat(folder, &st) == 0 && st.st_uid != 0 ? 2 : 0;
}

static void write_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "old", 3), 3);
	close(fd);
}

static void test_enter(void **state)
{
	(void)state;
	if (geteuid() != 0 || SANITIZED) {
		print_message("needs root, and no sanitizer\n");
		skip();
	}
	assert_non_null(mkdtemp(folder));
	snprintf(state_file, sizeof state_file, "%s/state/state.json", folder);
	snprintf(key_file, sizeof key_file, "%s/keys/relay.key", folder);
	snprintf(other_file, sizeof other_file, "%s/other", folder);
	assert_int_equal(chmod(folder, 0755), 0);
	char made[80];
	snprintf(made, sizeof made, "%s/keys", folder);
	assert_int_equal(mkdir(made, 0700), 0);
	write_file(key_file);
	write_file(other_file);
	int result = in_child(confined);
	if (result != 77)
		assert_int_equal(result, 0);
	snprintf(state_file, sizeof state_file, "%s/state.json", folder);
	assert_int_equal(in_child(stays_root), 0);
	netns_run("rm -r %s", folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_enter),
		cmocka_unit_test(test_drop),
	};
	return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}
