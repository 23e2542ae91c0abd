#include "room/admission.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "proto/budget.h"
#include "room/state.h"
#include "room/table.h"
#include "room/token.h"

void lp_admission_refuse(struct lp_reject *reject, enum lp_reject_code code, const char *format, ...)
{
	va_list args;
	*reject = (struct lp_reject){.code = code};
	va_start(args, format);
	vsnprintf(reject->message, sizeof reject->message, format, args);
	va_end(args);
}

/* Version, role and room code. */
static int judge_fields(const struct lp_hello *hello, struct lp_admission *admission, struct lp_reject *reject)
{
	if (hello->version != LP_PROTOCOL_VERSION) {
		lp_admission_refuse(reject, LP_REJECT_BAD_VERSION,
			"the relay speaks protocol version %d, this member speaks version %u", LP_PROTOCOL_VERSION,
			(unsigned)hello->version);
		return LP_EPERM;
	}
	if (hello->role != LP_ROLE_CLIENT && hello->role != LP_ROLE_GATEWAY) {
		lp_admission_refuse(reject, LP_REJECT_BAD_ROLE, "a member is a client or a gateway");
		return LP_EPERM;
	}
	if (!lp_room_code_valid(hello->room)) {
		lp_admission_refuse(reject, LP_REJECT_BAD_ROOM,
			"a room code has %d to %d characters of A-Z, 0-9 and '-'", LP_ROOM_CODE_MIN, LP_ROOM_CODE_MAX);
		return LP_EPERM;
	}
	memcpy(admission->code, hello->room, sizeof admission->code);
	lp_room_code_fold(admission->code);
	return 0;
}

/* The form of the MAC. */
static int judge_mac(const struct lp_hello *hello, struct lp_reject *reject)
{
	char text[LP_MAC_TEXT_MAX];
	const struct lp_mac *mac = &hello->mac;
	const char *wrong = NULL;
	if (lp_mac_is_zero(mac))
		wrong = "is not an address";
	else if (lp_mac_is_group(mac))
		wrong = "is a group address, not the address of a station";
	else if (hello->role == LP_ROLE_CLIENT && !lp_mac_is_client(mac))
		wrong = "belongs to a manufacturer. A client needs a locally administered address such as 02:xx:xx:xx:xx:xx";
	if (!wrong)
		return 0;
	lp_admission_refuse(reject, LP_REJECT_BAD_MAC, "%s %s", lp_mac_format(mac, text), wrong);
	return LP_EPERM;
}

/* The path's DATAGRAM budget, which must fit the largest frame of the room in LP_FRAGMENTS_MAX fragments. */
static int judge_budget(const struct lp_rooms *rooms, const struct lp_room *room, const struct lp_hello *hello,
	struct lp_reject *reject)
{
	uint16_t mtu = room ? room->mtu : rooms->config.room_mtu;
	size_t needed = lp_budget_min(lp_budget_frame_max(mtu));
	if (needed < rooms->config.min_datagram_budget)
		needed = rooms->config.min_datagram_budget;
	if (hello->datagram_budget >= needed)
		return 0;
	lp_admission_refuse(reject, LP_REJECT_MTU_TOO_SMALL,
		"the path carries DATAGRAMs of %u bytes; the room's MTU of %u requires %zu",
		(unsigned)hello->datagram_budget, mtu, needed);
	return LP_EPERM;
}

/* True if |join| proves that it comes from the member |peer|: by its key, or by its resume token. */
static bool is_same_member(const struct lp_peer *peer, const struct lp_join *join)
{
	if (peer->by_key || join->by_key)
		return peer->by_key && join->by_key && memcmp(peer->public_key, join->key, LP_KEY_BYTES) == 0;
	return join->hello->resume[0] && lp_token_matches(peer->token, join->hello->resume);
}

/* The member in the room that comes back with |join|, or NULL. */
static struct lp_peer *find_resumed(struct lp_room *room, const struct lp_join *join, uint64_t now_ns)
{
	const struct lp_hello *hello = join->hello;
	struct lp_peer *peer = room->gateway;
	if (hello->role == LP_ROLE_CLIENT) {
		struct lp_mac_entry *entry = lp_mac_table_find(&room->macs, lp_mac_key(hello->mac.octet), now_ns);
		peer = entry ? entry->owner : NULL;
	}
	bool same = peer && peer->role == hello->role && lp_mac_equal(&peer->mac, &hello->mac);
	return same && is_same_member(peer, join) ? peer : NULL;
}

/* One gateway per room, one owner per MAC. */
static int judge_conflicts(
	struct lp_room *room, const struct lp_hello *hello, uint64_t now_ns, struct lp_reject *reject)
{
	char text[LP_MAC_TEXT_MAX];
	if (hello->role == LP_ROLE_GATEWAY && room->gateway) {
		lp_admission_refuse(reject, LP_REJECT_GATEWAY_EXISTS, "room %s already has a gateway (%s)", room->code,
			lp_mac_format(&room->gateway->mac, text));
		reject->mac = room->gateway->mac;
		return LP_EPERM;
	}
	struct lp_mac_entry *entry = lp_mac_table_find(&room->macs, lp_mac_key(hello->mac.octet), now_ns);
	if (!entry || lp_room_is_station(entry)) /* a member wins against a computer behind another */
		return 0;
	const struct lp_peer *owner = entry->owner;
	bool on_lan = owner->role == LP_ROLE_GATEWAY;
	lp_admission_refuse(reject, LP_REJECT_DUPLICATE_MAC, "%s is already in room %s: %s",
		lp_mac_format(&hello->mac, text), room->code,
		on_lan ? "a station on the gateway's LAN uses it" : "another client uses it");
	return LP_EPERM;
}

/* True if members at the source have opened as many plain rooms as they may. Another worker may open one before this
   one does, so there may be as many more as there are workers. */
static bool opened_too_many(const struct lp_rooms *rooms, const struct lp_join *join)
{
	size_t max = rooms->config.max_rooms_per_source, n = 0;
	if (max == 0 || join->by_key)
		return false;
	lp_lock_take(&rooms->totals->lock);
	LP_LIST_EACH(node, &rooms->totals->plain_rooms)
		n += LP_LIST_ELEMENT(node, struct lp_room, plain_node)->source == join->source;
	lp_lock_release(&rooms->totals->lock);
	return n >= max;
}

/* The limits of the relay and of the room. */
static int judge_limits(
	const struct lp_rooms *rooms, const struct lp_room *room, const struct lp_join *join, struct lp_reject *reject)
{
	const struct lp_rooms_config *config = &rooms->config;
	if (room && room->n_peers >= config->max_peers_per_room) {
		lp_admission_refuse(reject, LP_REJECT_ROOM_FULL, "room %s has %zu of at most %zu members", room->code,
			room->n_peers, config->max_peers_per_room);
		return LP_EFULL;
	}
	size_t n_peers = atomic_load(&rooms->totals->n_peers), n_rooms = atomic_load(&rooms->totals->n_rooms);
	if (n_peers >= config->max_peers) {
		lp_admission_refuse(reject, LP_REJECT_RELAY_FULL, "the relay serves %zu of at most %zu members",
			n_peers, config->max_peers);
		return LP_EFULL;
	}
	if (!room && opened_too_many(rooms, join)) {
		lp_admission_refuse(reject, LP_REJECT_ROOM_FULL,
			"members at this address have opened %zu rooms, as many as they may. Join one of them",
			config->max_rooms_per_source);
		return LP_EFULL;
	}
	if (!room && n_rooms >= config->max_rooms) {
		lp_admission_refuse(reject, LP_REJECT_RELAY_FULL, "the relay serves %zu of at most %zu rooms", n_rooms,
			config->max_rooms);
		return LP_EFULL;
	}
	return 0;
}

int lp_admission_judge(const struct lp_rooms *rooms, const struct lp_join *join, uint64_t now_ns,
	struct lp_admission *ret_admission, struct lp_reject *ret_reject)
{
	const struct lp_hello *hello = join->hello;
	struct lp_admission admission = {0};
	int result;
	if ((result = judge_fields(hello, &admission, ret_reject)) < 0 || (result = judge_mac(hello, ret_reject)) < 0)
		return result;
	admission.room = lp_rooms_table_find(rooms, admission.code);
	if ((result = judge_budget(rooms, admission.room, hello, ret_reject)) < 0)
		return result;
	if (admission.room)
		admission.resumes = find_resumed(admission.room, join, now_ns);
	if (!admission.resumes) {
		if (admission.room && (result = judge_conflicts(admission.room, hello, now_ns, ret_reject)) < 0)
			return result;
		if ((result = judge_limits(rooms, admission.room, join, ret_reject)) < 0)
			return result;
	}
	*ret_admission = admission;
	return 0;
}
