#include "relay/invites.h"

#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/attribute.h"
#include "base/error.h"
#include "base/failure.h"
#include "base/hex.h"
#include "base/wipe.h"
#include "ctrl/message.h"
#include "directory/directory.h"
#include "obs/event.h"
#include "room/admission.h"
#include "room/room.h"

void lp_invites_init(struct lp_invites *invites, struct lp_directory *directory, const struct lp_rooms *rooms,
	enum lp_rooms_policy policy, const uint8_t hash_key[LP_SIPHASH_KEY], const struct lp_log *log)
{
	*invites = (struct lp_invites){.directory = directory, .rooms = rooms, .policy = policy, .log = log};
	memcpy(invites->hash_key, hash_key, sizeof invites->hash_key);
	lp_ratelimit_init(&invites->wrong_limit, LP_INVITES_WRONG_PER_S, LP_INVITES_WRONG_BURST);
	lp_ratelimit_init(&invites->room_limit, LP_INVITES_ROOM_PER_S, LP_INVITES_ROOM_BURST);
	lp_ratelimit_init(&invites->opened_limit, LP_INVITES_OPENED_PER_S, LP_INVITES_OPENED_BURST);
	lp_ratelimit_init(&invites->made_limit, 1, (uint64_t)LP_INVITES_MADE_EVERY_S * LP_INVITES_MADE_BURST);
}

/* The bucket of an IPv4 address or of an IPv6 /48. */
static struct lp_bucket *bucket_of(
	const struct lp_invites *invites, struct lp_bucket *buckets, const struct lp_addr *remote)
{
	uint64_t hash = lp_siphash(invites->hash_key, remote->ip, remote->family == 6 ? 6 : 4);
	return &buckets[hash % LP_INVITES_BUCKETS];
}

/* Charges a wrong proof to its source and to the room. */
static void charge_wrong(
	struct lp_invites *invites, const struct lp_newcomer *newcomer, const char *room, uint64_t now_ns)
{
	uint64_t hash = lp_siphash(invites->hash_key, room, strlen(room));
	struct lp_bucket *of_room = &invites->rooms_wrong[hash % LP_INVITES_BUCKETS];
	struct lp_bucket *of_source = bucket_of(invites, invites->wrong, newcomer->remote);
	uint32_t cost = lp_bucket_take(of_room, &invites->room_limit, 1, now_ns) ? 1 : LP_INVITES_WRONG_BURST;
	invites->n_wrong++;
	while (cost > 0 && lp_bucket_take(of_source, &invites->wrong_limit, 1, now_ns))
		cost--;
}

/* Refuses a hello whose proof is wrong or absent. */
static int refuse_wrong(struct lp_invites *invites, const struct lp_newcomer *newcomer, uint64_t now_ns,
	struct lp_reject *reject, const char *what, const char *room, const char *more)
{
	charge_wrong(invites, newcomer, room, now_ns);
	lp_admission_refuse(reject, LP_REJECT_UNAUTHORIZED, "%s %s%s", what, room, more);
	return LP_EPERM;
}

/* True if the source has sent too many wrong proofs, so that this hello is not looked up. */
static bool is_slowed(struct lp_invites *invites, const struct lp_newcomer *newcomer, uint64_t now_ns)
{
	struct lp_bucket probe = *bucket_of(invites, invites->wrong, newcomer->remote);
	return !lp_bucket_take(&probe, &invites->wrong_limit, 1, now_ns);
}

/* True if the hello proves an invite of the room to its role. */
static bool is_proven(
	const struct lp_directory_room *room, const struct lp_hello *hello, const struct lp_newcomer *newcomer)
{
	const struct lp_ticket *ticket = &hello->ticket;
	const uint8_t *admission_key = hello->role == LP_ROLE_GATEWAY ? room->host_key : room->player_key;
	uint8_t shown[LP_PROOF_BYTES], expected[LP_PROOF_BYTES], key[LP_INVITE_KEY];
	bool proven = lp_hex_parse(ticket->proof, shown, sizeof shown) == 0 &&
		      lp_invite_key(admission_key, ticket->invite, ticket->expires_unix_s, ticket->uses, key) == 0 &&
		      lp_invite_proof(key, newcomer->exporter, hello->role, room->code, newcomer->key, expected) == 0 &&
		      lp_invite_proof_equal(shown, expected);
	lp_wipe(key, sizeof key);
	lp_wipe(expected, sizeof expected);
	return proven;
}

/* The directory failed: all joins are refused, and the operator's log has the reason. */
static int refuse_broken(const struct lp_failure *failure, struct lp_reject *reject)
{
	lp_admission_refuse(reject, LP_REJECT_RELAY_FULL, "the relay's list of rooms failed: %s", failure->text);
	return LP_EPERM;
}

/* Refuses an invite that is genuine. */
static int refuse(struct lp_reject *reject, const char *what, const char *room, const char *more)
{
	lp_admission_refuse(reject, LP_REJECT_UNAUTHORIZED, "%s %s%s", what, room, more);
	return LP_EPERM;
}

/* Ban, expiry, lock, revocation and uses of a proven invite. */
static int check_invite(struct lp_invites *invites, const struct lp_directory_room *room, const struct lp_hello *hello,
	const uint8_t *key, int64_t now_unix_s, struct lp_reject *reject)
{
	const struct lp_ticket *ticket = &hello->ticket;
	struct lp_failure failure;
	bool client = hello->role == LP_ROLE_CLIENT;
	bool inside = lp_rooms_find_key(invites->rooms, room->code, key) != NULL;
	int result = client ? lp_directory_is_banned(invites->directory, room->code, key, &failure) : 0;
	if (result < 0)
		return refuse_broken(&failure, reject);
	if (result > 0)
		return refuse(reject, "you are banned from room", room->code, "");
	if (ticket->expires_unix_s != 0 && now_unix_s >= ticket->expires_unix_s)
		return refuse(reject, "the invite to room", room->code, " has expired. Ask its host for a new one");
	if (client && room->locked && !inside)
		return refuse(reject, "room", room->code, " is locked. Ask its host to unlock it");
	result = lp_directory_use_invite(
		invites->directory, room->code, ticket->invite, ticket->uses, key, now_unix_s, &failure);
	if (result == LP_EPERM)
		return refuse(reject, "the invite to room", room->code, " was revoked. Ask its host for a new one");
	if (result == LP_EFULL)
		return refuse(reject, "the invite to room", room->code,
			" was used by as many members as it is for. Ask its host for a new one");
	if (result < 0)
		return refuse_broken(&failure, reject);
	if (room->made && now_unix_s >= room->used_unix_s + LP_INVITES_NOTE_S)
		(void)lp_directory_note_use(invites->directory, room->code, now_unix_s, NULL);
	return 0;
}

/* Creates the room that a gateway asks for; |ret_room| is for the usual check of its proof. */
static int make_room(struct lp_invites *invites, const struct lp_hello *hello, const char *code,
	const struct lp_newcomer *newcomer, int64_t now_unix_s, uint64_t now_ns, struct lp_reject *reject,
	struct lp_directory_room *ret_room)
{
	struct lp_directory_room room = {.created_unix_s = now_unix_s, .used_unix_s = now_unix_s, .made = true};
	struct lp_failure failure;
	snprintf(room.code, sizeof room.code, "%s", code);
	if (lp_hex_parse(hello->ticket.new_room, room.host_key, sizeof room.host_key) < 0 ||
		lp_invite_player_key(room.host_key, room.player_key) < 0 || !newcomer->key || !newcomer->exporter ||
		!is_proven(&room, hello, newcomer))
		return refuse_wrong(
			invites, newcomer, now_ns, reject, "the gateway does not prove its key for room", code, "");
	if (!lp_bucket_take(bucket_of(invites, invites->made, newcomer->remote), &invites->made_limit,
		    LP_INVITES_MADE_EVERY_S, now_ns)) {
		lp_admission_refuse(reject, LP_REJECT_RELAY_FULL,
			"too many rooms were created from this address. Try again in an hour");
		return LP_EPERM;
	}
	int result = lp_directory_make_room(
		invites->directory, &room, LP_INVITES_MADE_MAX, now_unix_s - LP_INVITES_UNUSED_S, &failure);
	if (result == LP_EFULL)
		lp_admission_refuse(reject, LP_REJECT_RELAY_FULL,
			"the relay takes no more rooms that gateways create. Ask its operator for a room");
	else if (result < 0)
		(void)refuse_broken(&failure, reject);
	else
		lp_event_room_created(invites->log, code, newcomer->remote);
	*ret_room = room;
	lp_wipe(&room, sizeof room);
	return result < 0 ? LP_EPERM : 0;
}

/* True if the hello is to create a room here. One that is in use without keys stays with its members. */
static bool may_make(const struct lp_invites *invites, const struct lp_hello *hello, const char *code)
{
	return hello->ticket.new_room[0] && hello->role == LP_ROLE_GATEWAY && invites->directory &&
	       invites->policy == LP_ROOMS_OPEN && !lp_rooms_find_key(invites->rooms, code, NULL);
}

/* A room without keys; |listed|: it is in the directory. */
static int check_plain(struct lp_invites *invites, const struct lp_hello *hello, const char *code, bool listed,
	const struct lp_newcomer *newcomer, uint64_t now_ns, struct lp_reject *reject)
{
	if (hello->ticket.new_room[0])
		return refuse(reject, "gateways cannot create room", code,
			invites->policy == LP_ROOMS_OPEN ? ": it is in use without keys. Choose another code"
							 : " at this relay. Ask its operator for a room");
	if (hello->ticket.proof[0])
		return refuse_wrong(invites, newcomer, now_ns, reject, "this relay has no room", code,
			" with invites. Ask the host for a new invite");
	if (invites->policy == LP_ROOMS_KEYED)
		return refuse_wrong(invites, newcomer, now_ns, reject,
			"this relay admits members by invite alone, and room", code,
			" has none. Ask the relay's operator for a room");
	if (invites->policy == LP_ROOMS_LISTED && !listed)
		return refuse_wrong(invites, newcomer, now_ns, reject,
			"this relay has only the rooms of its operator, and no room", code,
			". Check the code, or ask the relay's operator to add the room");
	if (listed || lp_rooms_find_key(invites->rooms, code, NULL))
		return 0;
	if (lp_bucket_take(bucket_of(invites, invites->opened, newcomer->remote), &invites->opened_limit, 1, now_ns))
		return 0;
	lp_admission_refuse(reject, LP_REJECT_RELAY_FULL,
		"too many rooms were opened from this address. Try again in a few seconds");
	return LP_EPERM;
}

int lp_invites_check(struct lp_invites *invites, const struct lp_hello *hello, const struct lp_newcomer *newcomer,
	int64_t now_unix_s, uint64_t now_ns, bool *ret_keyed, struct lp_reject *ret_reject)
{
	struct lp_directory_room room;
	struct lp_failure failure;
	char code[LP_ROOM_CODE_MAX + 1];
	bool judged_by_room = hello->version != LP_PROTOCOL_VERSION || hello->role == LP_ROLE_OTHER ||
			      !lp_room_code_valid(hello->room);
	*ret_keyed = false;
	if (judged_by_room)
		return 0;
	memcpy(code, hello->room, sizeof code);
	lp_room_code_fold(code);
	if (is_slowed(invites, newcomer, now_ns)) {
		invites->n_slowed++;
		lp_admission_refuse(ret_reject, LP_REJECT_ROOM_FULL,
			"too many wrong invites came from this address. Try again in a few seconds");
		return LP_EPERM;
	}
	int result = invites->directory ? lp_directory_room(invites->directory, code, &failure, &room) : LP_ENOTFOUND;
	if (result == LP_ENOTFOUND && may_make(invites, hello, code))
		result = make_room(invites, hello, code, newcomer, now_unix_s, now_ns, ret_reject, &room);
	if (result == LP_EPERM)
		return result;
	if (result == LP_ENOTFOUND)
		return check_plain(invites, hello, code, false, newcomer, now_ns, ret_reject);
	if (result < 0)
		return refuse_broken(&failure, ret_reject);
	if (room.plain)
		return check_plain(invites, hello, code, true, newcomer, now_ns, ret_reject);
	if (!hello->ticket.proof[0])
		result = refuse_wrong(invites, newcomer, now_ns, ret_reject, "room", code,
			" admits members by invite alone. Ask its host for one");
	else if (!newcomer->key || !newcomer->exporter || !is_proven(&room, hello, newcomer))
		result = refuse_wrong(invites, newcomer, now_ns, ret_reject, "the invite is not one of room", code,
			", or not one for this program. Ask its host for a new one");
	else
		result = check_invite(invites, &room, hello, newcomer->key, now_unix_s, ret_reject);
	lp_wipe(&room, sizeof room);
	*ret_keyed = result == 0;
	return result;
}
