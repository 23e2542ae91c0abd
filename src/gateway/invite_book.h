/* The invites that a host has made, in a file beside the gateway's state: who they are for, and the peer secret of each
   room. The invites' keys are not in it: they follow from the host's own invite. Only the gateway's commands and its
   start write the file. */
#ifndef LP_GATEWAY_INVITE_BOOK_H
#define LP_GATEWAY_INVITE_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "invite/invite.h"

struct lp_failure;

#define LP_INVITE_BOOK_MAX 256

struct lp_invite_entry {
	uint32_t id; /* not 0 */
	uint32_t expires_unix_s, created_unix_s;
	uint16_t uses;
	bool revoked;
	char name[LP_NAME_MAX + 1]; /* whom it is for, as the host wrote it */
};

struct lp_invite_book {
	char room[LP_ROOM_CODE_MAX + 1];
	uint8_t peer_secret[LP_INVITE_KEY];
	struct lp_invite_entry entries[LP_INVITE_BOOK_MAX];
	size_t n_entries;
};

/* The path of the book beside the gateway's state file. LP_ETOOBIG. */
int lp_invite_book_path(const char *state_path, char *path, size_t size);
/* Reads the book of |room|. A file that is absent or of another room is an empty book with a new peer secret. */
int lp_invite_book_load(
	const char *path, const char *room, struct lp_failure *failure, struct lp_invite_book *ret_book);
/* The peer secret of |room|, in the book beside the gateway's state file, which is written if it had none. */
int lp_invite_book_secret(
	const char *state_path, const char *room, struct lp_failure *failure, uint8_t ret_secret[LP_INVITE_KEY]);
/* Writes the book, mode 0600. */
int lp_invite_book_save(const char *path, const struct lp_invite_book *book, struct lp_failure *failure);
/* Adds an invite with a random id; |ret_entry| stays in the book. LP_EFULL. */
int lp_invite_book_add(struct lp_invite_book *book, const struct lp_invite_entry *entry, struct lp_failure *failure,
	const struct lp_invite_entry **ret_entry);
/* The entry of this id; NULL: there is none. */
struct lp_invite_entry *lp_invite_book_find(struct lp_invite_book *book, uint32_t id);
/* Writes the invite of an entry, for the room and the relays of the host's invite. */
int lp_invite_book_format(const struct lp_invite_book *book, const struct lp_invite_entry *entry,
	const struct lp_invite *host, struct lp_failure *failure, char ret_text[LP_INVITE_TEXT_MAX + 1]);

#endif
