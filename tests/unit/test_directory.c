#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/error.h"
#include "base/failure.h"
#include "directory/directory.h"

struct fixture {
	char folder[64];
	struct lp_directory *directory;
	struct lp_failure failure;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	assert_non_null(fixture);
	snprintf(fixture->folder, sizeof fixture->folder, "/tmp/lp-directory-XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	assert_int_equal(lp_directory_open(fixture->folder, &fixture->failure, &fixture->directory), 0);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const files[] = {"rooms.sqlite", "rooms.sqlite-wal", "rooms.sqlite-shm"};
	struct fixture *fixture = *state;
	lp_directory_close(fixture->directory);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		char path[128];
		snprintf(path, sizeof path, "%s/%s", fixture->folder, files[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(fixture->folder), 0);
	free(fixture);
	return 0;
}

static struct lp_directory_room room(const char *code)
{
	struct lp_directory_room room = {.host_key = {1, 2}, .player_key = {3, 4}, .created_unix_s = 1800000000};
	snprintf(room.code, sizeof room.code, "%s", code);
	return room;
}

static void add(struct fixture *fixture, const char *code)
{
	struct lp_directory_room added = room(code);
	assert_int_equal(lp_directory_add_room(fixture->directory, &added, &fixture->failure), 0);
}

static void count_room(void *ctx, const struct lp_directory_room *room)
{
	strcat(ctx, room->code);
	strcat(ctx, " ");
}

/* A store of version 1, which has no plain rooms, is upgraded with its rooms. */
static void test_upgrade(void **state)
{
	struct fixture *fixture = *state;
	struct lp_directory_room read, plain = {.code = "PLAIN", .plain = true};
	char path[128];
	sqlite3 *db;
	add(fixture, "FRIDAY");
	lp_directory_close(fixture->directory);
	snprintf(path, sizeof path, "%s/rooms.sqlite", fixture->folder);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
				 "ALTER TABLE room DROP COLUMN plain; ALTER TABLE room DROP COLUMN made;"
				 "ALTER TABLE room DROP COLUMN used; PRAGMA user_version = 1",
				 NULL, NULL, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	for (unsigned i = 0; i < 2; i++) { /* upgraded once */
		assert_int_equal(lp_directory_open(fixture->folder, &fixture->failure, &fixture->directory), 0);
		assert_int_equal(lp_directory_room(fixture->directory, "FRIDAY", &fixture->failure, &read), 0);
		assert_true(!read.plain && !read.made && read.host_key[0] == 1);
		if (i == 0)
			lp_directory_close(fixture->directory);
	}
	assert_int_equal(lp_directory_add_room(fixture->directory, &plain, &fixture->failure), 0);
	assert_int_equal(lp_directory_room(fixture->directory, "PLAIN", &fixture->failure, &read), 0);
	assert_true(read.plain);
}

/* The room that was not used for longest gives way to one that a gateway creates; the operator's never do. */
static void test_made(void **state)
{
	struct fixture *fixture = *state;
	struct lp_directory_room read;
	add(fixture, "OPERATOR");
	for (unsigned i = 0; i < 3; i++) {
		struct lp_directory_room made = room("MADE-0");
		made.code[5] = (char)('0' + i);
		made.used_unix_s = 1000 + i;
		assert_int_equal(lp_directory_make_room(fixture->directory, &made, 3, 0, &fixture->failure), 0);
		assert_int_equal(
			lp_directory_make_room(fixture->directory, &made, 9, 0, &fixture->failure), LP_EEXISTS);
	}
	struct lp_directory_room more = room("MORE");
	more.used_unix_s = 2000;
	assert_int_equal(lp_directory_make_room(fixture->directory, &more, 3, 1000, &fixture->failure), LP_EFULL);
	assert_int_equal(lp_directory_note_use(fixture->directory, "MADE-0", 1500, &fixture->failure), 0);
	assert_int_equal(lp_directory_note_use(fixture->directory, "NONE", 1500, &fixture->failure), LP_ENOTFOUND);
	assert_int_equal(lp_directory_make_room(fixture->directory, &more, 3, 1600, &fixture->failure), 0);
	char list[64] = "";
	assert_int_equal(lp_directory_each_room(fixture->directory, count_room, list, &fixture->failure), 0);
	assert_string_equal(list, "MADE-0 MADE-2 MORE OPERATOR ");
	assert_int_equal(lp_directory_room(fixture->directory, "MORE", &fixture->failure, &read), 0);
	assert_true(read.made && read.used_unix_s == 2000 && read.host_key[0] == 1);
}

static void test_rooms(void **state)
{
	struct fixture *fixture = *state;
	struct lp_directory_room read, again = room("FRIDAY");
	add(fixture, "FRIDAY");
	add(fixture, "ALPHA");
	assert_int_equal(lp_directory_add_room(fixture->directory, &again, &fixture->failure), LP_EEXISTS);
	assert_int_equal(lp_directory_room(fixture->directory, "FRIDAY", &fixture->failure, &read), 0);
	assert_memory_equal(read.host_key, again.host_key, LP_INVITE_KEY);
	assert_memory_equal(read.player_key, again.player_key, LP_INVITE_KEY);
	assert_int_equal(read.created_unix_s, 1800000000);
	assert_false(read.locked);
	assert_int_equal(lp_directory_lock_room(fixture->directory, "FRIDAY", true, &fixture->failure), 0);
	assert_int_equal(lp_directory_room(fixture->directory, "FRIDAY", &fixture->failure, &read), 0);
	assert_true(read.locked);
	char codes[64] = "";
	assert_int_equal(lp_directory_each_room(fixture->directory, count_room, codes, &fixture->failure), 0);
	assert_string_equal(codes, "ALPHA FRIDAY ");
	assert_int_equal(lp_directory_remove_room(fixture->directory, "FRIDAY", &fixture->failure), 0);
	assert_int_equal(lp_directory_remove_room(fixture->directory, "FRIDAY", &fixture->failure), LP_ENOTFOUND);
	assert_int_equal(lp_directory_room(fixture->directory, "FRIDAY", &fixture->failure, &read), LP_ENOTFOUND);
	assert_int_equal(lp_directory_lock_room(fixture->directory, "FRIDAY", true, &fixture->failure), LP_ENOTFOUND);
}

static int use(struct fixture *fixture, uint32_t invite, uint16_t uses, uint8_t member)
{
	uint8_t key[LP_MEMBER_KEY_BYTES] = {member};
	return lp_directory_use_invite(fixture->directory, "FRIDAY", invite, uses, key, 1800000001, &fixture->failure);
}

static void test_invites(void **state)
{
	struct fixture *fixture = *state;
	add(fixture, "FRIDAY");
	assert_int_equal(use(fixture, 1, 2, 10), 0);
	assert_int_equal(use(fixture, 1, 2, 10), 0);
	assert_int_equal(use(fixture, 1, 2, 11), 0);
	assert_int_equal(use(fixture, 1, 2, 12), LP_EFULL);
	assert_int_equal(use(fixture, 1, 2, 11), 0);
	assert_int_equal(use(fixture, 2, 2, 12), 0);
	assert_int_equal(use(fixture, 3, 0, 12), 0);
	assert_int_equal(lp_directory_invite_uses(fixture->directory, "FRIDAY", 1, &fixture->failure), 2);
	assert_int_equal(lp_directory_invite_uses(fixture->directory, "FRIDAY", 3, &fixture->failure), 0);
	assert_int_equal(lp_directory_revoke_invite(fixture->directory, "FRIDAY", 1, 1, &fixture->failure), 0);
	assert_int_equal(lp_directory_revoke_invite(fixture->directory, "FRIDAY", 1, 2, &fixture->failure), 0);
	assert_int_equal(
		lp_directory_revoke_invite(fixture->directory, "OTHER", 1, 2, &fixture->failure), LP_ENOTFOUND);
	assert_int_equal(use(fixture, 1, 2, 10), LP_EPERM);
	assert_int_equal(lp_directory_revoke_invite(fixture->directory, "FRIDAY", 3, 1, &fixture->failure), 0);
	assert_int_equal(use(fixture, 3, 0, 12), LP_EPERM);
	/* A room of the same code later begins without them. */
	assert_int_equal(lp_directory_remove_room(fixture->directory, "FRIDAY", &fixture->failure), 0);
	add(fixture, "FRIDAY");
	assert_int_equal(use(fixture, 1, 2, 12), 0);
	assert_int_equal(lp_directory_invite_uses(fixture->directory, "FRIDAY", 1, &fixture->failure), 1);
}

static void count_ban(void *ctx, const struct lp_directory_ban *ban)
{
	strcat(ctx, ban->name);
	strcat(ctx, " ");
}

static void test_bans(void **state)
{
	struct fixture *fixture = *state;
	struct lp_directory_ban ban = {.member_key = {7}, .name = "Mallory", .since_unix_s = 5};
	const uint8_t other[LP_MEMBER_KEY_BYTES] = {8};
	assert_int_equal(lp_directory_ban(fixture->directory, "FRIDAY", &ban, &fixture->failure), LP_ENOTFOUND);
	add(fixture, "FRIDAY");
	assert_int_equal(lp_directory_ban(fixture->directory, "FRIDAY", &ban, &fixture->failure), 0);
	assert_int_equal(lp_directory_is_banned(fixture->directory, "FRIDAY", ban.member_key, &fixture->failure), 1);
	assert_int_equal(lp_directory_is_banned(fixture->directory, "FRIDAY", other, &fixture->failure), 0);
	assert_int_equal(lp_directory_is_banned(fixture->directory, "OTHER", ban.member_key, &fixture->failure), 0);
	snprintf(ban.name, sizeof ban.name, "Mallory2");
	assert_int_equal(lp_directory_ban(fixture->directory, "FRIDAY", &ban, &fixture->failure), 0);
	char names[64] = "";
	assert_int_equal(lp_directory_each_ban(fixture->directory, "FRIDAY", count_ban, names, &fixture->failure), 0);
	assert_string_equal(names, "Mallory2 ");
	assert_int_equal(lp_directory_unban(fixture->directory, "FRIDAY", ban.member_key, &fixture->failure), 0);
	assert_int_equal(
		lp_directory_unban(fixture->directory, "FRIDAY", ban.member_key, &fixture->failure), LP_ENOTFOUND);
	assert_int_equal(lp_directory_is_banned(fixture->directory, "FRIDAY", ban.member_key, &fixture->failure), 0);
}

/* A command beside the relay: what one has written the other reads, and keys are for the owner alone. */
static void test_beside(void **state)
{
	struct fixture *fixture = *state;
	struct lp_directory *command;
	struct lp_directory_room read;
	assert_int_equal(lp_directory_open(fixture->folder, &fixture->failure, &command), 0);
	struct lp_directory_room added = room("FRIDAY");
	assert_int_equal(lp_directory_add_room(command, &added, &fixture->failure), 0);
	assert_int_equal(lp_directory_room(fixture->directory, "FRIDAY", &fixture->failure, &read), 0);
	lp_directory_close(command);
	char path[128];
	struct stat info;
	snprintf(path, sizeof path, "%s/rooms.sqlite", fixture->folder);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 077, 0);
}

#define BANNED_KEY ((const uint8_t[LP_MEMBER_KEY_BYTES]){7})

/* What the other process does: opens the store, as a command does, and tells whether the member is banned. */
static int look(const char *folder)
{
	struct lp_directory *directory;
	if (lp_directory_open(folder, NULL, &directory) < 0)
		return 9;
	int banned = lp_directory_is_banned(directory, "FRIDAY", BANNED_KEY, NULL);
	lp_directory_close(directory);
	return banned;
}

/* The same in a new program, because SQLite's connections do not survive fork(). */
static int look_from_outside(const struct fixture *fixture)
{
	int status;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		execl("/proc/self/exe", "test_directory", fixture->folder, NULL);
		_exit(10);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* A relay's workers have a connection each, and commands come and go beside them. */
static void test_connections_of_one_process(void **state)
{
	struct fixture *fixture = *state;
	struct lp_directory *second;
	const struct lp_directory_ban ban = {.member_key = {7}, .name = "Mallory", .since_unix_s = 5};
	add(fixture, "FRIDAY");
	assert_int_equal(lp_directory_open(fixture->folder, &fixture->failure, &second), 0);
	assert_int_equal(look_from_outside(fixture), 0);
	assert_int_equal(lp_directory_ban(fixture->directory, "FRIDAY", &ban, &fixture->failure), 0);
	assert_int_equal(lp_directory_is_banned(second, "FRIDAY", ban.member_key, &fixture->failure), 1);
	assert_int_equal(look_from_outside(fixture), 1);
	lp_directory_close(second);
	assert_int_equal(look_from_outside(fixture), 1);
	assert_int_equal(lp_directory_unban(fixture->directory, "FRIDAY", ban.member_key, &fixture->failure), 0);
	assert_int_equal(look_from_outside(fixture), 0);
}

/* What a process that was killed had committed is there; what it had not is not. */
static void test_killed(void **state)
{
	struct fixture *fixture = *state;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct lp_directory *own;
		struct lp_directory_room first = room("FIRST");
		if (lp_directory_open(fixture->folder, NULL, &own) < 0 || lp_directory_add_room(own, &first, NULL) < 0)
			_exit(1);
		_exit(0); /* neither closed nor checkpointed */
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	struct lp_directory_room read;
	assert_int_equal(lp_directory_room(fixture->directory, "FIRST", &fixture->failure, &read), 0);
}

static void test_damaged(void **state)
{
	struct fixture *fixture = *state;
	struct lp_directory *other;
	char path[128];
	snprintf(path, sizeof path, "%s/rooms.sqlite", fixture->folder);
	lp_directory_close(fixture->directory);
	fixture->directory = NULL;
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	for (int i = 0; i < 2000; i++)
		fputs("not a database", file);
	fclose(file);
	assert_int_equal(lp_directory_open(fixture->folder, &fixture->failure, &other), LP_EIO);
	assert_non_null(strstr(fixture->failure.text, "damaged"));
	assert_int_equal(lp_directory_open("/nonexistent", &fixture->failure, &other), LP_EPERM);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return look(argv[1]);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_made, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rooms, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_upgrade, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_invites, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bans, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_beside, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_connections_of_one_process, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_killed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_damaged, set_up, tear_down),
	};
	return cmocka_run_group_tests_name("directory", tests, NULL, NULL);
}
