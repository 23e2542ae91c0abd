/* All rooms of a relay under sequences of member actions and jumps of the clock. The members' view must always equal
   the relay's state. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/cursor.h"
#include "base/units.h"
#include "room/room.h"
#include "room/transit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define MEMBERS 12

struct member {
	struct lp_peer *peer;
	uint16_t known[MEMBERS]; /* peer ids that were announced to it */
	size_t n_known;
	char resume[LP_RESUME_MAX + 1];
};

struct relay {
	struct lp_rooms *rooms;
	struct member member[MEMBERS];
	uint64_t now_ns;
	uint8_t random;
};

/* Ends the run if an invariant is violated. */
static void check(bool ok)
{
	if (!ok)
		abort();
}

/* The index of a peer id in the member's list, or n_known. */
static size_t find(const struct member *member, uint16_t id)
{
	size_t i = 0;
	while (i < member->n_known && member->known[i] != id)
		i++;
	return i;
}

static void on_peer_joined(void *ctx, struct lp_peer *to, const struct lp_peer *about)
{
	struct member *member = lp_peer_user(to);
	size_t i = find(member, lp_peer_id(about));
	(void)ctx;
	check(to != about && strcmp(lp_peer_room(to), lp_peer_room(about)) == 0);
	if (i == member->n_known) {
		check(i < MEMBERS);
		member->known[member->n_known++] = lp_peer_id(about);
	}
}

static void on_peer_left(void *ctx, struct lp_peer *to, const struct lp_peer *about, enum lp_reason reason)
{
	struct member *member = lp_peer_user(to);
	size_t i = find(member, lp_peer_id(about));
	(void)ctx;
	(void)reason;
	check(to != about && strcmp(lp_peer_room(to), lp_peer_room(about)) == 0);
	check(i < member->n_known);
	member->known[i] = member->known[--member->n_known];
}

static void on_random(void *ctx, uint8_t *data, size_t len)
{
	struct relay *relay = ctx;
	memset(data, ++relay->random, len);
}

static void on_welcome(void *ctx, struct lp_peer *peer)
{
	struct member *member = lp_peer_user(peer);
	struct lp_welcome welcome;
	(void)ctx;
	lp_peer_welcome(peer, &welcome);
	member->n_known = 0;
	memcpy(member->resume, welcome.resume, sizeof member->resume);
	check(welcome.peer_id != 0 && welcome.mtu == LP_ROOM_MTU);
}

static const struct lp_room_events events = {
	.welcome = on_welcome,
	.peer_joined = on_peer_joined,
	.peer_left = on_peer_left,
	.random = on_random,
};

/* A member joins, or resumes with its own or another member's token. */
static void try_join(struct relay *relay, struct lp_reader *r)
{
	size_t i = lp_reader_u8(r) % MEMBERS;
	struct member *member = &relay->member[i];
	uint8_t flags = lp_reader_u8(r);
	struct lp_hello hello = {.version = LP_PROTOCOL_VERSION, .role = flags & 1, .datagram_budget = 1200};
	struct lp_addr address = {.family = 4, .port = (uint16_t)(1 + i / 2)}; /* two members share it */
	struct lp_join join = {.hello = &hello, .user = member, .link_address = i % 4 ? &address : NULL};
	memcpy(hello.room, flags & 2 ? "ROOM-A" : "ROOM-B", 7);
	hello.mac.octet[0] = 2;
	hello.mac.octet[5] = lp_reader_u8(r) % 16;
	hello.name[0] = (char)('a' + (flags >> 2 & 1));
	if (flags & 8)
		hello.datagram_budget = lp_reader_u16(r);
	if (flags & 16)
		hello.version = lp_reader_u8(r);
	if (flags & 32)
		lp_reader_copy(r, &hello.mac, sizeof hello.mac);
	if (flags & 64)
		memcpy(hello.resume, relay->member[lp_reader_u8(r) % MEMBERS].resume, sizeof hello.resume);
	if (flags & 128)
		lp_reader_copy(r, hello.room, sizeof hello.room);
	if (member->peer)
		return; /* a connection sends one hello */
	struct member before = *member;
	if (lp_rooms_join(relay->rooms, &join, relay->now_ns) < 0) {
		check(join.reject.message[0] != '\0' && !join.peer && !join.replaced);
		check(memcmp(&before, member, sizeof before) == 0);
		return;
	}
	check(lp_peer_user(join.peer) == member && lp_peer_role(join.peer) == hello.role);
	if (join.replaced)
		((struct member *)join.replaced)->peer = NULL;
	member->peer = join.peer;
}

/* A datagram of a peer link: only a member of the same room gets it. */
static void transit(struct relay *relay, const struct member *from, const struct member *to)
{
	struct lp_transit_verdict verdict;
	if (!from->peer || !to->peer || !lp_peer_link_prefix(to->peer) || !lp_peer_address(from->peer))
		return;
	lp_rooms_transit(relay->rooms, lp_peer_address(from->peer), lp_peer_link_prefix(to->peer), 1, 100,
		relay->now_ns, &verdict);
	check(verdict.to == to->peer && verdict.result != LP_TRANSIT_NOT);
	if (verdict.result == LP_TRANSIT_PASS)
		check(verdict.from == from->peer && from != to &&
			strcmp(lp_peer_room(from->peer), lp_peer_room(to->peer)) == 0);
}

/* A member leaves. */
static void leave(struct relay *relay, size_t i)
{
	struct member *member = &relay->member[i % MEMBERS];
	if (!member->peer)
		return;
	lp_rooms_leave(relay->rooms, member->peer, LP_REASON_GOODBYE);
	member->peer = NULL;
}

/* A member sends a frame; |raw|: all of its bytes come from the input. */
static void forward(struct relay *relay, struct lp_reader *r, bool raw)
{
	struct member *member = &relay->member[lp_reader_u8(r) % MEMBERS];
	uint8_t frame[2048] = {2};
	size_t len = raw ? lp_reader_u16(r) % sizeof frame : 14 + lp_reader_u8(r) % 128U;
	struct lp_verdict verdict;
	if (!member->peer)
		return;
	if (raw) {
		lp_reader_copy(r, frame, len);
	} else {
		uint8_t to = lp_reader_u8(r);
		frame[5] = to & 15;
		if (to & 64)
			memset(frame, 0xff, 6);
		memcpy(frame + 6, lp_peer_mac(member->peer), 6);
		if (to & 128)
			frame[11] = lp_reader_u8(r);
		lp_reader_copy(r, frame + 12, len - 12);
	}
	lp_rooms_forward(relay->rooms, member->peer, frame, len, relay->now_ns, &verdict);
	check(verdict.drop < LP_DROP_COUNT && (verdict.drop == LP_DROP_NONE || verdict.n_targets == 0));
	for (size_t i = 0; i < verdict.n_targets; i++) {
		check(verdict.targets[i] != member->peer);
		check(strcmp(lp_peer_room(verdict.targets[i]), lp_peer_room(member->peer)) == 0);
		for (size_t k = 0; k < i; k++)
			check(verdict.targets[i] != verdict.targets[k]);
	}
}

/* Every member's list of peers is right. */
static void check_pictures(const struct relay *relay)
{
	size_t n_peers = 0;
	for (size_t i = 0; i < MEMBERS; i++) {
		const struct member *member = &relay->member[i];
		if (!member->peer)
			continue;
		n_peers++;
		size_t n_there = 0;
		for (size_t k = 0; k < MEMBERS; k++) {
			const struct lp_peer *other = relay->member[k].peer;
			if (k == i || !other || strcmp(lp_peer_room(other), lp_peer_room(member->peer)) != 0)
				continue;
			check(lp_peer_id(other) != lp_peer_id(member->peer));
			check(find(member, lp_peer_id(other)) < member->n_known);
			n_there++;
		}
		check(member->n_known == n_there);
	}
	check(lp_rooms_peer_count(relay->rooms) == n_peers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct lp_reader r = lp_reader_init(data, len);
	struct relay relay = {.now_ns = LP_SEC};
	uint8_t how = lp_reader_u8(&r);
	struct lp_rooms_config config;
	lp_rooms_config_init(&config);
	config.max_rooms = 3;
	config.max_peers = 10;
	config.max_peers_per_room = 6;
	config.max_macs_per_gateway = 20;
	config.filters = how & 2 ? 0 : how & 1 ? UINT32_MAX : config.filters;
	config.joins = (struct lp_rate){.per_s = how & 4 ? 1 : 0, .burst = 5};
	config.events = &events;
	config.ctx = &relay;
	check(lp_rooms_new(&config, &relay.rooms) == 0);
	while (lp_reader_left(&r) > 0) {
		uint8_t operation = lp_reader_u8(&r);
		switch (operation % 8) {
		case 0:
		case 1:
			try_join(&relay, &r);
			check_pictures(&relay);
			break;
		case 2:
			leave(&relay, operation / 8);
			check_pictures(&relay);
			break;
		case 3:
		case 4:
			forward(&relay, &r, false);
			break;
		case 5:
			forward(&relay, &r, true);
			break;
		case 6: /* the clock advances, or jumps anywhere */
			relay.now_ns = operation & 128 ? lp_reader_u64(&r) : relay.now_ns + (LP_MS << operation / 8);
			break;
		case 7:
			if (relay.member[operation / 8 % MEMBERS].peer)
				lp_peer_malformed(relay.member[operation / 8 % MEMBERS].peer, relay.now_ns);
			for (size_t i = 0; i < MEMBERS; i++)
				transit(&relay, &relay.member[operation / 8 % MEMBERS], &relay.member[i]);
			break;
		}
	}
	for (size_t i = 0; i < MEMBERS; i++)
		leave(&relay, i);
	check(lp_rooms_peer_count(relay.rooms) == 0 && lp_rooms_room_count(relay.rooms) == 0);
	lp_rooms_free(relay.rooms);
	return 0;
}
