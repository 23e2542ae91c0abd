/* The directory on systems without SQLite: there is none, so no room has keys. */
#include "directory/directory.h"

#include "base/error.h"
#include "base/failure.h"

static int absent(struct lp_failure *failure)
{
	return lp_fail(failure, LP_EUNSUPPORTED, "this system has no store for rooms with keys");
}

int lp_directory_open(const char *folder, struct lp_failure *failure, struct lp_directory **ret_directory)
{
	(void)folder;
	(void)ret_directory;
	return absent(failure);
}

void lp_directory_close(struct lp_directory *directory)
{
	(void)directory;
}

int lp_directory_room(struct lp_directory *directory, const char *code, struct lp_failure *failure,
	struct lp_directory_room *ret_room)
{
	(void)directory;
	(void)code;
	(void)ret_room;
	return absent(failure);
}

int lp_directory_add_room(
	struct lp_directory *directory, const struct lp_directory_room *room, struct lp_failure *failure)
{
	(void)directory;
	(void)room;
	return absent(failure);
}

int lp_directory_make_room(struct lp_directory *directory, const struct lp_directory_room *room, unsigned max,
	int64_t unused_unix_s, struct lp_failure *failure)
{
	(void)directory;
	(void)room;
	(void)max;
	(void)unused_unix_s;
	return absent(failure);
}

int lp_directory_note_use(
	struct lp_directory *directory, const char *code, int64_t now_unix_s, struct lp_failure *failure)
{
	(void)directory;
	(void)code;
	(void)now_unix_s;
	return absent(failure);
}

int lp_directory_remove_room(struct lp_directory *directory, const char *code, struct lp_failure *failure)
{
	(void)directory;
	(void)code;
	return absent(failure);
}

int lp_directory_lock_room(struct lp_directory *directory, const char *code, bool locked, struct lp_failure *failure)
{
	(void)directory;
	(void)code;
	(void)locked;
	return absent(failure);
}

int lp_directory_each_room(struct lp_directory *directory,
	void (*each)(void *ctx, const struct lp_directory_room *room), void *ctx, struct lp_failure *failure)
{
	(void)directory;
	(void)each;
	(void)ctx;
	return absent(failure);
}

int lp_directory_use_invite(struct lp_directory *directory, const char *code, uint32_t invite_id, uint16_t uses,
	const uint8_t member_key[LP_MEMBER_KEY_BYTES], int64_t now_unix_s, struct lp_failure *failure)
{
	(void)directory;
	(void)code;
	(void)invite_id;
	(void)uses;
	(void)member_key;
	(void)now_unix_s;
	return absent(failure);
}

int lp_directory_revoke_invite(struct lp_directory *directory, const char *code, uint32_t invite_id, int64_t now_unix_s,
	struct lp_failure *failure)
{
	(void)directory;
	(void)code;
	(void)invite_id;
	(void)now_unix_s;
	return absent(failure);
}

int lp_directory_invite_uses(
	struct lp_directory *directory, const char *code, uint32_t invite_id, struct lp_failure *failure)
{
	(void)directory;
	(void)code;
	(void)invite_id;
	return absent(failure);
}

int lp_directory_ban(struct lp_directory *directory, const char *code, const struct lp_directory_ban *ban,
	struct lp_failure *failure)
{
	(void)directory;
	(void)code;
	(void)ban;
	return absent(failure);
}

int lp_directory_unban(struct lp_directory *directory, const char *code, const uint8_t member_key[LP_MEMBER_KEY_BYTES],
	struct lp_failure *failure)
{
	(void)directory;
	(void)code;
	(void)member_key;
	return absent(failure);
}

int lp_directory_is_banned(struct lp_directory *directory, const char *code,
	const uint8_t member_key[LP_MEMBER_KEY_BYTES], struct lp_failure *failure)
{
	(void)directory;
	(void)code;
	(void)member_key;
	return absent(failure);
}

int lp_directory_each_ban(struct lp_directory *directory, const char *code,
	void (*each)(void *ctx, const struct lp_directory_ban *ban), void *ctx, struct lp_failure *failure)
{
	(void)directory;
	(void)code;
	(void)each;
	(void)ctx;
	return absent(failure);
}
