#include "directory/directory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/wipe.h"

#define FILE_NAME "rooms.sqlite"
#define SCHEMA_VERSION 3
#define PATH_MAX_BYTES 4096
/* Another process (a command beside the relay) holds the store for one short transaction at a time. */
#define BUSY_TIMEOUT_MS 2000

static const char schema[] =
	"BEGIN IMMEDIATE;"
	"CREATE TABLE room (code TEXT PRIMARY KEY, host_key BLOB NOT NULL, player_key BLOB NOT NULL,"
	" created INTEGER NOT NULL, locked INTEGER NOT NULL DEFAULT 0, plain INTEGER NOT NULL DEFAULT 0,"
	" made INTEGER NOT NULL DEFAULT 0, used INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
	"CREATE TABLE invite_use (room TEXT NOT NULL REFERENCES room ON DELETE CASCADE, invite INTEGER NOT NULL,"
	" member BLOB NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (room, invite, member)) WITHOUT ROWID;"
	"CREATE TABLE revoked (room TEXT NOT NULL REFERENCES room ON DELETE CASCADE, invite INTEGER NOT NULL,"
	" at INTEGER NOT NULL, PRIMARY KEY (room, invite)) WITHOUT ROWID;"
	"CREATE TABLE ban (room TEXT NOT NULL REFERENCES room ON DELETE CASCADE, member BLOB NOT NULL,"
	" name TEXT NOT NULL, since INTEGER NOT NULL, PRIMARY KEY (room, member)) WITHOUT ROWID;"
	"PRAGMA user_version = 3;"
	"COMMIT;";

/* From version 1, and from version 2. */
#define ADD_PLAIN "ALTER TABLE room ADD COLUMN plain INTEGER NOT NULL DEFAULT 0;"
#define ADD_MADE \
	"ALTER TABLE room ADD COLUMN made INTEGER NOT NULL DEFAULT 0;" \
	"ALTER TABLE room ADD COLUMN used INTEGER NOT NULL DEFAULT 0;" \
	"PRAGMA user_version = 3;" \
	"COMMIT;"
static const char *const steps_to_current[SCHEMA_VERSION] = {
	schema, "BEGIN IMMEDIATE;" ADD_PLAIN ADD_MADE, "BEGIN IMMEDIATE;" ADD_MADE};

/* X(name, SQL): the statements, prepared once. */
#define STATEMENTS(X) \
	X(ROOM, "SELECT code, host_key, player_key, created, locked, plain, made, used FROM room WHERE code = ?1") \
	X(ROOMS, "SELECT code, host_key, player_key, created, locked, plain, made, used FROM room ORDER BY code") \
	X(ADD_ROOM, "INSERT INTO room (code, host_key, player_key, created, locked, plain, made, used)" \
		    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)") \
	X(MADE, "SELECT count(*) FROM room WHERE made = 1") \
	X(REMOVE_UNUSED, "DELETE FROM room WHERE code = (SELECT code FROM room WHERE made = 1 AND used < ?1" \
			 " ORDER BY used LIMIT 1)") \
	X(NOTE_USE, "UPDATE room SET used = ?2 WHERE code = ?1") \
	X(REMOVE_ROOM, "DELETE FROM room WHERE code = ?1") \
	X(LOCK_ROOM, "UPDATE room SET locked = ?2 WHERE code = ?1") \
	X(IS_REVOKED, "SELECT 1 FROM revoked WHERE room = ?1 AND invite = ?2") \
	X(REVOKE, "INSERT OR IGNORE INTO revoked (room, invite, at) VALUES (?1, ?2, ?3)") \
	X(HAS_USED, "SELECT 1 FROM invite_use WHERE room = ?1 AND invite = ?2 AND member = ?3") \
	X(USES, "SELECT count(*) FROM invite_use WHERE room = ?1 AND invite = ?2") \
	X(USE, "INSERT INTO invite_use (room, invite, member, at) VALUES (?1, ?2, ?3, ?4)") \
	X(BAN, "INSERT INTO ban (room, member, name, since) VALUES (?1, ?2, ?3, ?4)" \
	       " ON CONFLICT (room, member) DO UPDATE SET name = ?3") \
	X(UNBAN, "DELETE FROM ban WHERE room = ?1 AND member = ?2") \
	X(IS_BANNED, "SELECT 1 FROM ban WHERE room = ?1 AND member = ?2") \
	X(BANS, "SELECT member, name, since FROM ban WHERE room = ?1 ORDER BY since, member") \
	X(BEGIN, "BEGIN IMMEDIATE") \
	X(COMMIT, "COMMIT") \
	X(ROLLBACK, "ROLLBACK")

enum statement {
#define X(name, sql) STATEMENT_##name,
	STATEMENTS(X)
#undef X
		STATEMENT_COUNT,
};

static const char *const statement_sql[] = {
#define X(name, sql) sql,
	STATEMENTS(X)
#undef X
};

struct lp_directory {
	sqlite3 *db;
	sqlite3_stmt *statement[STATEMENT_COUNT];
	char path[PATH_MAX_BYTES];
};

/* Translates what SQLite says. */
static int fail(struct lp_directory *directory, struct lp_failure *failure)
{
	int code = sqlite3_extended_errcode(directory->db);
	const char *text = sqlite3_errmsg(directory->db);
	switch (code & 0xff) {
	case SQLITE_NOMEM:
		return lp_fail(failure, LP_ENOMEM, "%s: out of memory", directory->path);
	case SQLITE_CONSTRAINT:
		return lp_fail(failure, code == SQLITE_CONSTRAINT_FOREIGNKEY ? LP_ENOTFOUND : LP_EEXISTS, "%s", text);
	case SQLITE_PERM:
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_AUTH:
		return lp_fail(failure, LP_EPERM,
			"%s: cannot be opened: %s. Run as the user that the relay runs as, or pass --state-dir",
			directory->path, text);
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
		return lp_fail(failure, LP_EIO,
			"%s: damaged: %s. Restore it from a backup, or move it away to begin anew", directory->path,
			text);
	default:
		return lp_fail(failure, LP_EIO, "%s: %s", directory->path, text);
	}
}

/* A prepared statement, reset and with |code| as its first parameter (NULL: none). */
static sqlite3_stmt *statement(struct lp_directory *directory, enum statement which, const char *code)
{
	sqlite3_stmt *stmt = directory->statement[which];
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	if (code)
		sqlite3_bind_text(stmt, 1, code, -1, SQLITE_TRANSIENT);
	return stmt;
}

static void bind_key(sqlite3_stmt *stmt, int at, const uint8_t *key, int len)
{
	sqlite3_bind_blob(stmt, at, key, len, SQLITE_TRANSIENT);
}

/* Runs a statement that returns no rows. */
static int run(struct lp_directory *directory, sqlite3_stmt *stmt, struct lp_failure *failure)
{
	int code = sqlite3_step(stmt);
	int result = code == SQLITE_DONE ? 0 : fail(directory, failure);
	sqlite3_reset(stmt);
	return result;
}

/* Runs a statement that must change a row. */
static int run_on_row(struct lp_directory *directory, sqlite3_stmt *stmt, struct lp_failure *failure)
{
	int result = run(directory, stmt, failure);
	if (result == 0 && sqlite3_changes(directory->db) == 0)
		return lp_fail(failure, LP_ENOTFOUND, "not in the directory");
	return result;
}

/* 1 if the statement returns a row, 0 if not, or an error. */
static int has_row(struct lp_directory *directory, sqlite3_stmt *stmt, struct lp_failure *failure)
{
	int code = sqlite3_step(stmt);
	int result = code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : fail(directory, failure);
	sqlite3_reset(stmt);
	return result;
}

/* Makes the tables of a new store, or adds what an earlier version lacks; refuses one of a later version. */
static int prepare_schema(struct lp_directory *directory, struct lp_failure *failure)
{
	sqlite3_stmt *stmt = NULL;
	int version = -1;
	if (sqlite3_prepare_v2(directory->db, "PRAGMA user_version", -1, &stmt, NULL) == SQLITE_OK &&
		sqlite3_step(stmt) == SQLITE_ROW)
		version = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	if (version < 0)
		return fail(directory, failure);
	if (version > SCHEMA_VERSION)
		return lp_fail(failure, LP_EUNSUPPORTED,
			"%s: written by a later version of lanparty-relay. Install that version again",
			directory->path);
	if (version == SCHEMA_VERSION)
		return 0;
	if (sqlite3_exec(directory->db, steps_to_current[version], NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	int result = fail(directory, failure);
	sqlite3_exec(directory->db, "ROLLBACK", NULL, NULL, NULL);
	/* Another process may have made them in between. */
	if (sqlite3_table_column_metadata(directory->db, NULL, "room", "used", NULL, NULL, NULL, NULL, NULL) ==
		SQLITE_OK)
		return 0;
	return result;
}

/* A command that root runs makes the file for the user that the relay runs as, who owns the folder. */
static void give_to_owner(const char *folder, const char *path)
{
	struct stat of_folder, of_file;
	if (geteuid() == 0 && stat(folder, &of_folder) == 0 && lstat(path, &of_file) == 0 &&
		of_file.st_uid != of_folder.st_uid)
		(void)!lchown(path, of_folder.st_uid, of_folder.st_gid);
}

static int open_store(struct lp_directory *directory, const char *folder, struct lp_failure *failure)
{
	int len = snprintf(directory->path, sizeof directory->path, "%s/" FILE_NAME, folder);
	if (len < 0 || (size_t)len >= sizeof directory->path)
		return lp_fail(failure, LP_ETOOBIG, "%s: the path is too long", folder);
	/* SQLite would make it readable for everyone; its journal gets the mode of the file. A file that exists is not
	   opened, because closing it would drop the locks of this process's other connections to it (fcntl(2)). */
	int file = open(directory->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (file >= 0)
		close(file);
	give_to_owner(folder, directory->path);
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
	if (sqlite3_open_v2(directory->path, &directory->db, flags, NULL) != SQLITE_OK)
		return directory->db ? fail(directory, failure) : lp_fail(failure, LP_ENOMEM, "out of memory");
	sqlite3_extended_result_codes(directory->db, 1);
	sqlite3_busy_timeout(directory->db, BUSY_TIMEOUT_MS);
	/* Keys do not stay behind in freed pages; a commit is on the disk when it returns. */
	if (sqlite3_exec(directory->db,
		    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON",
		    NULL, NULL, NULL) != SQLITE_OK)
		return fail(directory, failure);
	int result = prepare_schema(directory, failure);
	for (size_t i = 0; result == 0 && i < STATEMENT_COUNT; i++)
		if (sqlite3_prepare_v3(directory->db, statement_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
			    &directory->statement[i], NULL) != SQLITE_OK)
			result = fail(directory, failure);
	return result;
}

int lp_directory_open(const char *folder, struct lp_failure *failure, struct lp_directory **ret_directory)
{
	struct lp_directory *directory = calloc(1, sizeof *directory);
	if (!directory)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	int result = open_store(directory, folder, failure);
	if (result < 0) {
		lp_directory_close(directory);
		return result;
	}
	*ret_directory = directory;
	return 0;
}

void lp_directory_close(struct lp_directory *directory)
{
	if (!directory)
		return;
	for (size_t i = 0; i < STATEMENT_COUNT; i++)
		sqlite3_finalize(directory->statement[i]);
	sqlite3_close(directory->db);
	free(directory);
}

/* Copies a column of bytes; shorter ones are zero at the end. */
static void read_bytes(sqlite3_stmt *stmt, int column, uint8_t *ret_bytes, size_t size)
{
	const void *data = sqlite3_column_blob(stmt, column);
	size_t len = (size_t)sqlite3_column_bytes(stmt, column);
	memset(ret_bytes, 0, size);
	if (data)
		memcpy(ret_bytes, data, len < size ? len : size);
}

static void read_text(sqlite3_stmt *stmt, int column, char *ret_text, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);
	snprintf(ret_text, size, "%s", text ? text : "");
}

static void read_room(sqlite3_stmt *stmt, struct lp_directory_room *ret_room)
{
	read_text(stmt, 0, ret_room->code, sizeof ret_room->code);
	read_bytes(stmt, 1, ret_room->host_key, sizeof ret_room->host_key);
	read_bytes(stmt, 2, ret_room->player_key, sizeof ret_room->player_key);
	ret_room->created_unix_s = sqlite3_column_int64(stmt, 3);
	ret_room->locked = sqlite3_column_int(stmt, 4) != 0;
	ret_room->plain = sqlite3_column_int(stmt, 5) != 0;
	ret_room->made = sqlite3_column_int(stmt, 6) != 0;
	ret_room->used_unix_s = sqlite3_column_int64(stmt, 7);
}

int lp_directory_room(struct lp_directory *directory, const char *code, struct lp_failure *failure,
	struct lp_directory_room *ret_room)
{
	sqlite3_stmt *stmt = statement(directory, STATEMENT_ROOM, code);
	int step = sqlite3_step(stmt), result = 0;
	if (step == SQLITE_ROW)
		read_room(stmt, ret_room);
	else if (step == SQLITE_DONE)
		result = lp_fail(failure, LP_ENOTFOUND, "there is no room %s", code);
	else
		result = fail(directory, failure);
	sqlite3_reset(stmt);
	return result;
}

int lp_directory_add_room(
	struct lp_directory *directory, const struct lp_directory_room *room, struct lp_failure *failure)
{
	sqlite3_stmt *stmt = statement(directory, STATEMENT_ADD_ROOM, room->code);
	bind_key(stmt, 2, room->host_key, sizeof room->host_key);
	bind_key(stmt, 3, room->player_key, sizeof room->player_key);
	sqlite3_bind_int64(stmt, 4, room->created_unix_s);
	sqlite3_bind_int(stmt, 5, room->locked);
	sqlite3_bind_int(stmt, 6, room->plain);
	sqlite3_bind_int(stmt, 7, room->made);
	sqlite3_bind_int64(stmt, 8, room->used_unix_s);
	int result = run(directory, stmt, failure);
	sqlite3_clear_bindings(stmt);
	if (result == LP_EEXISTS)
		return lp_fail(failure, LP_EEXISTS, "there is a room %s already", room->code);
	return result;
}

/* Makes space for a room that a gateway creates, inside of a transaction. */
static int make_space(struct lp_directory *directory, unsigned max, int64_t unused_unix_s, struct lp_failure *failure)
{
	sqlite3_stmt *stmt = statement(directory, STATEMENT_MADE, NULL);
	int64_t n = sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : fail(directory, failure);
	sqlite3_reset(stmt);
	if (n < 0)
		return (int)n;
	if (n < max)
		return 0;
	stmt = statement(directory, STATEMENT_REMOVE_UNUSED, NULL);
	sqlite3_bind_int64(stmt, 1, unused_unix_s);
	int result = run_on_row(directory, stmt, failure);
	return result == LP_ENOTFOUND ? lp_fail(failure, LP_EFULL, "gateways have created %u rooms", max) : result;
}

int lp_directory_make_room(struct lp_directory *directory, const struct lp_directory_room *room, unsigned max,
	int64_t unused_unix_s, struct lp_failure *failure)
{
	struct lp_directory_room made = *room;
	made.made = true;
	int result = run(directory, statement(directory, STATEMENT_BEGIN, NULL), failure);
	if (result < 0)
		return result;
	result = make_space(directory, max, unused_unix_s, failure);
	if (result == 0)
		result = lp_directory_add_room(directory, &made, failure);
	lp_wipe(&made, sizeof made);
	int ended = run(
		directory, statement(directory, result < 0 ? STATEMENT_ROLLBACK : STATEMENT_COMMIT, NULL), failure);
	return result < 0 ? result : ended;
}

int lp_directory_note_use(
	struct lp_directory *directory, const char *code, int64_t now_unix_s, struct lp_failure *failure)
{
	sqlite3_stmt *stmt = statement(directory, STATEMENT_NOTE_USE, code);
	sqlite3_bind_int64(stmt, 2, now_unix_s);
	return run_on_row(directory, stmt, failure);
}

int lp_directory_remove_room(struct lp_directory *directory, const char *code, struct lp_failure *failure)
{
	int result = run_on_row(directory, statement(directory, STATEMENT_REMOVE_ROOM, code), failure);
	return result == LP_ENOTFOUND ? lp_fail(failure, result, "there is no room %s", code) : result;
}

int lp_directory_lock_room(struct lp_directory *directory, const char *code, bool locked, struct lp_failure *failure)
{
	sqlite3_stmt *stmt = statement(directory, STATEMENT_LOCK_ROOM, code);
	sqlite3_bind_int(stmt, 2, locked);
	int result = run_on_row(directory, stmt, failure);
	return result == LP_ENOTFOUND ? lp_fail(failure, result, "there is no room %s", code) : result;
}

int lp_directory_each_room(struct lp_directory *directory,
	void (*each)(void *ctx, const struct lp_directory_room *room), void *ctx, struct lp_failure *failure)
{
	sqlite3_stmt *stmt = statement(directory, STATEMENT_ROOMS, NULL);
	struct lp_directory_room room;
	int step;
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
		read_room(stmt, &room);
		each(ctx, &room);
	}
	int result = step == SQLITE_DONE ? 0 : fail(directory, failure);
	sqlite3_reset(stmt);
	lp_wipe(&room, sizeof room);
	return result;
}

static sqlite3_stmt *invite_statement(
	struct lp_directory *directory, enum statement which, const char *code, uint32_t invite_id)
{
	sqlite3_stmt *stmt = statement(directory, which, code);
	sqlite3_bind_int64(stmt, 2, invite_id);
	return stmt;
}

int lp_directory_invite_uses(
	struct lp_directory *directory, const char *code, uint32_t invite_id, struct lp_failure *failure)
{
	sqlite3_stmt *stmt = invite_statement(directory, STATEMENT_USES, code, invite_id);
	int result = sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int(stmt, 0) : fail(directory, failure);
	sqlite3_reset(stmt);
	return result;
}

/* Counts a use inside of a transaction, so that two members cannot both take the last one. */
static int count_use(struct lp_directory *directory, const char *code, uint32_t invite_id, uint16_t uses,
	const uint8_t member_key[LP_MEMBER_KEY_BYTES], int64_t now_unix_s, struct lp_failure *failure)
{
	int used = lp_directory_invite_uses(directory, code, invite_id, failure);
	if (used < 0)
		return used;
	if (used >= uses)
		return lp_fail(failure, LP_EFULL, "the invite has been used %d times, and that is all it allows", used);
	sqlite3_stmt *stmt = invite_statement(directory, STATEMENT_USE, code, invite_id);
	bind_key(stmt, 3, member_key, LP_MEMBER_KEY_BYTES);
	sqlite3_bind_int64(stmt, 4, now_unix_s);
	return run(directory, stmt, failure);
}

int lp_directory_use_invite(struct lp_directory *directory, const char *code, uint32_t invite_id, uint16_t uses,
	const uint8_t member_key[LP_MEMBER_KEY_BYTES], int64_t now_unix_s, struct lp_failure *failure)
{
	int result = has_row(directory, invite_statement(directory, STATEMENT_IS_REVOKED, code, invite_id), failure);
	if (result)
		return result < 0 ? result : lp_fail(failure, LP_EPERM, "the invite was revoked");
	if (uses == 0)
		return 0;
	sqlite3_stmt *stmt = invite_statement(directory, STATEMENT_HAS_USED, code, invite_id);
	bind_key(stmt, 3, member_key, LP_MEMBER_KEY_BYTES);
	result = has_row(directory, stmt, failure);
	if (result)
		return result < 0 ? result : 0;
	result = run(directory, statement(directory, STATEMENT_BEGIN, NULL), failure);
	if (result < 0)
		return result;
	result = count_use(directory, code, invite_id, uses, member_key, now_unix_s, failure);
	int ended = run(
		directory, statement(directory, result < 0 ? STATEMENT_ROLLBACK : STATEMENT_COMMIT, NULL), failure);
	return result < 0 ? result : ended;
}

int lp_directory_revoke_invite(struct lp_directory *directory, const char *code, uint32_t invite_id, int64_t now_unix_s,
	struct lp_failure *failure)
{
	sqlite3_stmt *stmt = invite_statement(directory, STATEMENT_REVOKE, code, invite_id);
	sqlite3_bind_int64(stmt, 3, now_unix_s);
	int result = run(directory, stmt, failure);
	return result == LP_ENOTFOUND ? lp_fail(failure, result, "there is no room %s", code) : result;
}

static sqlite3_stmt *ban_statement(struct lp_directory *directory, enum statement which, const char *code,
	const uint8_t member_key[LP_MEMBER_KEY_BYTES])
{
	sqlite3_stmt *stmt = statement(directory, which, code);
	bind_key(stmt, 2, member_key, LP_MEMBER_KEY_BYTES);
	return stmt;
}

int lp_directory_ban(struct lp_directory *directory, const char *code, const struct lp_directory_ban *ban,
	struct lp_failure *failure)
{
	sqlite3_stmt *stmt = ban_statement(directory, STATEMENT_BAN, code, ban->member_key);
	sqlite3_bind_text(stmt, 3, ban->name, -1, SQLITE_TRANSIENT);
	sqlite3_bind_int64(stmt, 4, ban->since_unix_s);
	int result = run(directory, stmt, failure);
	return result == LP_ENOTFOUND ? lp_fail(failure, result, "there is no room %s", code) : result;
}

int lp_directory_unban(struct lp_directory *directory, const char *code, const uint8_t member_key[LP_MEMBER_KEY_BYTES],
	struct lp_failure *failure)
{
	int result = run_on_row(directory, ban_statement(directory, STATEMENT_UNBAN, code, member_key), failure);
	return result == LP_ENOTFOUND ? lp_fail(failure, result, "no such ban in room %s", code) : result;
}

int lp_directory_is_banned(struct lp_directory *directory, const char *code,
	const uint8_t member_key[LP_MEMBER_KEY_BYTES], struct lp_failure *failure)
{
	return has_row(directory, ban_statement(directory, STATEMENT_IS_BANNED, code, member_key), failure);
}

int lp_directory_each_ban(struct lp_directory *directory, const char *code,
	void (*each)(void *ctx, const struct lp_directory_ban *ban), void *ctx, struct lp_failure *failure)
{
	sqlite3_stmt *stmt = statement(directory, STATEMENT_BANS, code);
	int step;
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct lp_directory_ban ban;
		read_bytes(stmt, 0, ban.member_key, sizeof ban.member_key);
		read_text(stmt, 1, ban.name, sizeof ban.name);
		ban.since_unix_s = sqlite3_column_int64(stmt, 2);
		each(ctx, &ban);
	}
	int result = step == SQLITE_DONE ? 0 : fail(directory, failure);
	sqlite3_reset(stmt);
	return result;
}
