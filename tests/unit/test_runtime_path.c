/* Where programs listen by default, that the folder is not another user's, and what a user is called. */
#include "platform/system/runtime_path.h"

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
#include "platform/system/user_name.h"

/* Checks the paths of the effective user, in their order. */
static void expect(const char *const *paths, size_t n)
{
	char path[256];
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(lp_runtime_path("relay", (unsigned)i, path, sizeof path), 0);
		assert_string_equal(path, paths[i]);
	}
	assert_int_equal(lp_runtime_path("relay", (unsigned)n, path, sizeof path), LP_ENOTFOUND);
	assert_int_equal(lp_runtime_path("relay", 0, path, 8), LP_ETOOBIG);
}

static void test_paths(void **state)
{
	char own[64];
	const char *user[] = {
		"/run/user/7/lanparty/relay.sock", "/run/lanparty/relay.sock", "/run/lanparty-relay/status"};
	uid_t before = geteuid();
	(void)state;
	setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
	if (before == 0) {
		expect(user + 1, 2); /* root's programs ignore the variable */
		assert_int_equal(seteuid(65534), 0);
	}
	expect(user, 3);
	unsetenv("XDG_RUNTIME_DIR");
	snprintf(own, sizeof own, "/tmp/lanparty-%u/relay.sock", (unsigned)geteuid());
	user[0] = own;
	expect(user, 3);
	assert_int_equal(seteuid(before), 0);
}

static void test_folder(void **state)
{
	char folder[64], path[80];
	struct lp_failure failure = {0};
	(void)state;
	snprintf(folder, sizeof folder, "/tmp/lp-test-runtime-%d", (int)getpid());
	snprintf(path, sizeof path, "%s/relay.sock", folder);
	assert_int_equal(lp_runtime_folder(path, &failure), 0);
	assert_int_equal(lp_runtime_folder(path, &failure), 0); /* it exists */
	assert_int_equal(chmod(folder, 0777), 0);               /* anyone could replace what is in it */
	assert_int_equal(lp_runtime_folder(path, &failure), LP_EPERM);
	assert_int_equal(chmod(folder, 0700), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(folder, 65534, 65534), 0); /* another user made it first */
		assert_int_equal(lp_runtime_folder(path, &failure), LP_EPERM);
	}
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(symlink("/tmp", folder), 0);
	assert_int_equal(lp_runtime_folder(path, &failure), LP_EPERM);
	assert_int_equal(unlink(folder), 0);
	assert_int_equal(lp_runtime_folder("relay.sock", &failure), LP_ETOOBIG);
}

static void test_user_name(void **state)
{
	char name[256], cut[8], host[256];
	(void)state;
	assert_int_equal(gethostname(host, sizeof host), 0);
	host[strcspn(host, ".")] = '\0';
	lp_user_name(name, sizeof name);
	const char *at = strchr(name, '@');
	assert_string_equal(at ? at + 1 : name, host);
	lp_user_name(cut, sizeof cut);
	assert_int_equal(strncmp(name, cut, sizeof cut - 1), 0);
	setenv("SUDO_USER", "root", 1); /* not a person */
	if (geteuid() == 0) {
		lp_user_name(name, sizeof name);
		assert_string_equal(name, host);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_folder),
		cmocka_unit_test(test_user_name),
	};
	return cmocka_run_group_tests_name("runtime_path", tests, NULL, NULL);
}
