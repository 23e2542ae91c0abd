/* The saved session: it is read as it was written, belongs to one relay and room, and moves from its former path. */
#include "app/saved_session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"

/* A folder that is removed with its content. */
static int make_folder(void **state)
{
	char template[] = "/tmp/lp-test-saved-XXXXXX";
	*state = strdup(mkdtemp(template));
	return *state ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[256];
	snprintf(command, sizeof command, "rm -rf '%s'", (char *)*state);
	free(*state);
	return system(command);
}

static const struct lp_saved_session sample = {
	.mac = {.octet = {0x02, 1, 2, 3, 4, 5}},
	.relay = "play.example.org:443",
	.room = "FRIDAY-NIGHT",
	.resume = "abc",
};

static void test_round_trip(void **state)
{
	char path[256];
	struct lp_failure failure;
	struct lp_saved_session saved;
	snprintf(path, sizeof path, "%s/session.json", (char *)*state);
	assert_int_equal(lp_saved_session_load(path, &failure, &saved), LP_ENOTFOUND);
	assert_int_equal(lp_saved_session_save(path, &sample, &failure), 0);
	assert_int_equal(lp_saved_session_load(path, &failure, &saved), 0);
	assert_memory_equal(&saved.mac, &sample.mac, sizeof sample.mac);
	assert_string_equal(lp_saved_session_token(&saved, "play.example.org:443", "FRIDAY-NIGHT"), "abc");
	assert_string_equal(lp_saved_session_token(&saved, "play.example.org:444", "FRIDAY-NIGHT"), "");
	assert_string_equal(lp_saved_session_token(&saved, "play.example.org:443", "SATURDAY"), "");
}

/* The former file moves; a file that cannot be decoded, or cannot be saved at the new path, stays. */
static void test_adopt(void **state)
{
	char former[256], path[256], blocked[512];
	struct lp_failure failure;
	struct lp_saved_session saved;
	snprintf(former, sizeof former, "%s/former.json", (char *)*state);
	snprintf(path, sizeof path, "%s/new/session.json", (char *)*state);
	assert_int_equal(lp_saved_session_adopt(path, former, &failure, &saved), LP_ENOTFOUND);
	assert_int_equal(access(path, F_OK), -1);

	assert_int_equal(lp_saved_session_save(former, &sample, &failure), 0);
	snprintf(blocked, sizeof blocked, "%s/session.json", former);
	assert_true(lp_saved_session_adopt(blocked, former, &failure, &saved) < 0);
	assert_int_equal(access(former, F_OK), 0);

	assert_int_equal(lp_saved_session_adopt(path, former, &failure, &saved), 0);
	assert_int_equal(access(former, F_OK), -1);
	assert_int_equal(lp_saved_session_load(path, &failure, &saved), 0);
	assert_string_equal(saved.resume, "abc");

	FILE *file = fopen(former, "w");
	fputs("not JSON", file);
	fclose(file);
	assert_int_equal(lp_saved_session_adopt(path, former, &failure, &saved), LP_EMALFORMED);
	assert_int_equal(access(former, F_OK), 0);
}

/* Key, invite and gateways are kept; a file of an earlier version, or with rows that cannot be understood, has less. */
static void test_identity(void **state)
{
	char path[256];
	struct lp_failure failure;
	struct lp_saved_session saved = sample, again;
	snprintf(path, sizeof path, "%s/session.json", (char *)*state);
	snprintf(saved.key, sizeof saved.key, "line\nline\n");
	snprintf(saved.invite, sizeof saved.invite, "lanparty://a/LAN#x");
	assert_int_equal(lp_saved_session_meet(&saved, "LAN", "aa", false), 1);
	assert_int_equal(lp_saved_session_save(path, &saved, &failure), 0);
	assert_int_equal(lp_saved_session_load(path, &failure, &again), 0);
	assert_memory_equal(&again, &saved, sizeof saved);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs("{\"mac\": \"02:00:00:00:00:01\", \"gateways\": [1, {\"room\": 2}, {\"room\": \"X\"}]}", file);
	fclose(file);
	assert_int_equal(lp_saved_session_load(path, &failure, &again), 0);
	assert_int_equal(again.n_gateways, 0);
	assert_string_equal(again.invite, "");
}

/* The first gateway of a room is remembered, another one is not accepted without the user. */
static void test_meet(void **state)
{
	(void)state;
	struct lp_saved_session saved = {0};
	const struct {
		const char *room, *key;
		bool accept;
		int result;
	} rows[] = {
		{"A", "11", false, 1},
		{"A", "11", false, 0},
		{"B", "22", false, 1},
		{"A", "22", false, LP_EPERM},
		{"A", "11", false, 0},
		{"A", "22", true, LP_EPERM},
		{"A", "22", false, 0},
		{"A", "11", false, LP_EPERM},
		{"B", "22", false, 0},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (lp_saved_session_meet(&saved, rows[i].room, rows[i].key, rows[i].accept) != rows[i].result)
			fail_msg("row %zu", i);
	assert_int_equal(saved.n_gateways, 2);
	for (unsigned i = 0; i < 2 * LP_SAVED_GATEWAYS_MAX; i++) {
		char room[16];
		snprintf(room, sizeof room, "ROOM-%u", i);
		assert_int_equal(lp_saved_session_meet(&saved, room, "33", false), 1);
		assert_int_equal(lp_saved_session_meet(&saved, room, "33", false), 0);
	}
	assert_int_equal(saved.n_gateways, LP_SAVED_GATEWAYS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round_trip, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_identity, make_folder, remove_folder),
		cmocka_unit_test(test_meet),
		cmocka_unit_test_setup_teardown(test_adopt, make_folder, remove_folder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
