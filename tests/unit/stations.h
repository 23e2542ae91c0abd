/* Members of rooms for tests; each keeps the list of peers that was announced to it. */
#ifndef LP_TESTS_UNIT_STATIONS_H
#define LP_TESTS_UNIT_STATIONS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "room/room.h"

#include "frame_parts.h"

#define STATIONS_MAX 64
#define ENOUGH_BUDGET 1200

/* A peer as it was announced. */
struct seen {
	uint16_t id;
	enum lp_role role;
	struct lp_mac mac;
	char name[LP_NAME_MAX + 1];
};

struct station {
	struct lp_peer *peer; /* NULL: not in a room */
	struct seen seen[STATIONS_MAX];
	size_t n_seen;
	unsigned n_welcomes, n_joined, n_left; /* peers that were announced to it */
	enum lp_reason last_reason;
	struct lp_welcome welcome;
};

/* The station's entry for a peer id, or NULL. */
static inline struct seen *station_find(struct station *station, uint16_t id)
{
	for (size_t i = 0; i < station->n_seen; i++) {
		if (station->seen[i].id == id)
			return &station->seen[i];
	}
	return NULL;
}

static inline void station_peer_left(void *ctx, struct lp_peer *to, const struct lp_peer *about, enum lp_reason reason)
{
	struct station *station = lp_peer_user(to);
	struct seen *seen = station_find(station, lp_peer_id(about));
	(void)ctx;
	assert_ptr_not_equal(to, about);
	assert_string_equal(lp_peer_room(to), lp_peer_room(about));
	assert_non_null(seen); /* a peer that leaves was announced before */
	assert_true(lp_mac_equal(&seen->mac, lp_peer_mac(about)));
	*seen = station->seen[--station->n_seen];
	station->n_left++;
	station->last_reason = reason;
}

static inline void station_peer_joined(void *ctx, struct lp_peer *to, const struct lp_peer *about)
{
	struct station *station = lp_peer_user(to);
	struct seen *seen = station_find(station, lp_peer_id(about));
	(void)ctx;
	assert_ptr_not_equal(to, about);
	assert_true(station->n_welcomes > 0); /* the welcome comes first */
	assert_string_equal(lp_peer_room(to), lp_peer_room(about));
	station->n_joined++;
	if (!seen) {
		assert_true(station->n_seen < STATIONS_MAX);
		seen = &station->seen[station->n_seen++];
	} else {
		/* A peer is announced again only after a change. */
		assert_string_not_equal(seen->name, lp_peer_name(about));
	}
	seen->id = lp_peer_id(about);
	seen->role = lp_peer_role(about);
	seen->mac = *lp_peer_mac(about);
	strcpy(seen->name, lp_peer_name(about));
}

/* A new connection has no peers yet. */
static inline void station_welcome(void *ctx, struct lp_peer *peer)
{
	struct station *station = lp_peer_user(peer);
	(void)ctx;
	assert_int_equal(station->n_seen, 0);
	lp_peer_welcome(peer, &station->welcome);
	station->n_welcomes++;
}

/* Not random, but never the same value twice. */
static inline void station_random(void *ctx, uint8_t *data, size_t len)
{
	uint32_t *state = ctx;
	for (size_t i = 0; i < len; i++) {
		*state = *state * 1664525U + 1013904223U;
		data[i] = (uint8_t)(*state >> 24);
	}
}

static const struct lp_room_events station_events = {
	.welcome = station_welcome,
	.peer_joined = station_peer_joined,
	.peer_left = station_peer_left,
	.random = station_random,
};

/* The config of most tests: small, and without a limit on joins. |seed| is borrowed for the life of the rooms. */
static inline struct lp_rooms_config stations_config(uint32_t *seed)
{
	struct lp_rooms_config config;
	lp_rooms_config_init(&config);
	config.max_rooms = 8;
	config.max_peers = STATIONS_MAX;
	config.max_peers_per_room = 16;
	config.joins = (struct lp_rate){0};
	config.events = &station_events;
	config.ctx = seed;
	return config;
}

/* The hello of station |n|. */
static inline struct lp_hello hello_of(unsigned n, enum lp_role role, const char *room)
{
	struct lp_hello hello = {
		.version = LP_PROTOCOL_VERSION,
		.role = role,
		.mac = mac_of(STATION_MAC(n)),
		.datagram_budget = ENOUGH_BUDGET,
	};
	snprintf(hello.room, sizeof hello.room, "%s", room);
	snprintf(hello.name, sizeof hello.name, "station %u", n);
	return hello;
}

/* Tries to join with |hello|. The result of lp_rooms_join(). */
static inline int station_try(struct lp_rooms *rooms, struct station *station, const struct lp_hello *hello,
	uint64_t now_ns, struct lp_join *ret_join)
{
	memset(ret_join, 0xff, sizeof *ret_join);
	ret_join->hello = hello;
	ret_join->user = station;
	ret_join->key = NULL;
	ret_join->by_key = false;
	ret_join->link_address = NULL;
	int result = lp_rooms_join(rooms, ret_join, now_ns);
	station->peer = ret_join->peer;
	return result;
}

/* Joins with |hello| and expects success; returns the user that was replaced. */
static inline void *station_join_with(
	struct lp_rooms *rooms, struct station *station, const struct lp_hello *hello, uint64_t now_ns)
{
	struct lp_join join;
	*station = (struct station){0};
	if (station_try(rooms, station, hello, now_ns, &join) < 0)
		fail_msg("%s: %s", lp_reject_wire(join.reject.code), join.reject.message);
	assert_int_equal(station->n_welcomes, 1);
	return join.replaced;
}

/* Station |n| joins and replaces none. */
static inline void station_join(
	struct lp_rooms *rooms, struct station *station, unsigned n, enum lp_role role, const char *room)
{
	struct lp_hello hello = hello_of(n, role, room);
	assert_null(station_join_with(rooms, station, &hello, 0));
}

/* The station leaves. */
static inline void station_leave(struct lp_rooms *rooms, struct station *station, enum lp_reason reason)
{
	lp_rooms_leave(rooms, station->peer, reason);
	station->peer = NULL;
	station->n_seen = 0;
}

#endif
