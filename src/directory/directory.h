/* The directory of rooms: which keyed rooms exist, how often their invites were used, and who is banned.

   A keyed room belongs to its host: it has two admission keys (invite/keys.h), and only members that prove one of its
   invites are admitted. What the relay must remember of it outlives the relay's process, so it is in a store:

   - a room: code, host key, player key, when it was created, whether it is locked, and whether a gateway created it
     (then also when it was last used, because unused ones give way); or a plain room, which has no keys and is listed
     for relays that admit members to the rooms of their operator alone;
   - a use: the member (the SHA-256 of its public key) that joined with an invite whose number of uses is limited. The
     same member uses an invite once, however often it comes back;
   - a revoked invite, by its id;
   - a ban: a member's key, and the name that it had.

   The store is a table of functions, so that relays that share their rooms can bring another one; lp_directory_open()
   makes the one for a single relay, SQLite in the state folder. Commands of the same program open the store beside the
   running relay: it reads the store at each join, so a room that was added is there for the next one.

   Calls are short and synchronous: reads come from the page cache, and only a first join with a limited invite writes.
   Not on the data path. Codes are upper case. Errors: LP_EIO with the reason for everything that the disk or SQLite
   refuses; the relay then refuses all joins of keyed rooms. */
#ifndef LP_DIRECTORY_DIRECTORY_H
#define LP_DIRECTORY_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "invite/keys.h"

struct lp_failure;
struct lp_directory;

struct lp_directory_room {
	char code[LP_ROOM_CODE_MAX + 1];
	uint8_t host_key[LP_INVITE_KEY];
	uint8_t player_key[LP_INVITE_KEY];
	int64_t created_unix_s;
	int64_t used_unix_s; /* the last join that was noted; only of a room with |made| */
	bool made;           /* a gateway created it, not the operator */
	bool plain;          /* it has no keys: everyone who knows the code is admitted */
	bool locked;         /* no client is admitted but one that comes back to its membership */
};

struct lp_directory_ban {
	uint8_t member_key[LP_MEMBER_KEY_BYTES];
	char name[LP_NAME_MAX + 1]; /* as the member called itself; for people */
	int64_t since_unix_s;
};

/* Opens the store in |folder|, or makes it there (mode 0600). LP_EIO, LP_EPERM or LP_ENOMEM with the reason;
   LP_EUNSUPPORTED: it was written by a later version. */
int lp_directory_open(const char *folder, struct lp_failure *failure, struct lp_directory **ret_directory);
/* NULL is fine. */
void lp_directory_close(struct lp_directory *directory);

/* 0, LP_ENOTFOUND, LP_EIO. */
int lp_directory_room(struct lp_directory *directory, const char *code, struct lp_failure *failure,
	struct lp_directory_room *ret_room);
/* LP_EEXISTS: there is a room of this code. */
int lp_directory_add_room(
	struct lp_directory *directory, const struct lp_directory_room *room, struct lp_failure *failure);
/* Adds a room that a gateway creates. If there are |max| such rooms, the one that was not used for longest is removed
   for it, if that was before |unused_unix_s|. LP_EEXISTS; LP_EFULL: all were used since. */
int lp_directory_make_room(struct lp_directory *directory, const struct lp_directory_room *room, unsigned max,
	int64_t unused_unix_s, struct lp_failure *failure);
/* Notes that a room was used. LP_ENOTFOUND. */
int lp_directory_note_use(
	struct lp_directory *directory, const char *code, int64_t now_unix_s, struct lp_failure *failure);
/* Removes the room with its uses, revocations and bans. LP_ENOTFOUND. */
int lp_directory_remove_room(struct lp_directory *directory, const char *code, struct lp_failure *failure);
/* LP_ENOTFOUND. */
int lp_directory_lock_room(struct lp_directory *directory, const char *code, bool locked, struct lp_failure *failure);
/* Calls |each| for every room, by code. */
int lp_directory_each_room(struct lp_directory *directory,
	void (*each)(void *ctx, const struct lp_directory_room *room), void *ctx, struct lp_failure *failure);

/* Counts one member's use of an invite. 0 if it was counted now or before; LP_EFULL: |uses| others have joined with it;
   LP_EPERM: it is revoked. |uses| 0: any number; then only the revocation is checked. */
int lp_directory_use_invite(struct lp_directory *directory, const char *code, uint32_t invite_id, uint16_t uses,
	const uint8_t member_key[LP_MEMBER_KEY_BYTES], int64_t now_unix_s, struct lp_failure *failure);
/* Refuses an invite from now on. Harmless if it is revoked already. LP_ENOTFOUND: no such room. */
int lp_directory_revoke_invite(struct lp_directory *directory, const char *code, uint32_t invite_id, int64_t now_unix_s,
	struct lp_failure *failure);
/* How many members have used the invite; negative LP_EIO. */
int lp_directory_invite_uses(
	struct lp_directory *directory, const char *code, uint32_t invite_id, struct lp_failure *failure);

/* Bans a member, or updates its name. LP_ENOTFOUND: no such room. */
int lp_directory_ban(struct lp_directory *directory, const char *code, const struct lp_directory_ban *ban,
	struct lp_failure *failure);
/* LP_ENOTFOUND: not banned. */
int lp_directory_unban(struct lp_directory *directory, const char *code, const uint8_t member_key[LP_MEMBER_KEY_BYTES],
	struct lp_failure *failure);
/* 1 if the member is banned, 0 if not, or LP_EIO. */
int lp_directory_is_banned(struct lp_directory *directory, const char *code,
	const uint8_t member_key[LP_MEMBER_KEY_BYTES], struct lp_failure *failure);
int lp_directory_each_ban(struct lp_directory *directory, const char *code,
	void (*each)(void *ctx, const struct lp_directory_ban *ban), void *ctx, struct lp_failure *failure);

#endif
