#include "party.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/units.h"
#include "client/client.h"
#include "gateway/gateway.h"
#include "party_frame.h"
#include "platform/fake/device/port.h"
#include "platform/loop/loop.h"
#include "quic/tls/credentials.h"
#include "relay/state.h"
#include "report/status.h"
#include "room/room.h"

/* Ends the test. The party itself failed, not the code under test. */
static void give_up(const char *what)
{
	fprintf(stderr, "party: %s\n", what);
	abort();
}

/* Prints an event with the virtual time. */
static void print_event(void *ctx, enum lp_event event, const union lp_value *values)
{
	struct party *party = ctx;
	char line[1024];
	struct lp_text text;
	lp_text_init(&text, line, sizeof line);
	lp_event_text(&text, event, values);
	fprintf(stderr, "%12.6f %s\n", (double)lp_world_now_ns(party->world) / 1e9, line);
}

struct party *party_new(uint64_t seed)
{
	struct party *party = calloc(1, sizeof *party);
	uint8_t *cert, *key;
	size_t cert_len, key_len;
	struct lp_addr addr;
	if (!party || lp_world_new(seed, &party->world) < 0)
		give_up("out of memory");
	party->room_direct = LP_DIRECT_ALL;
	party->log = (struct lp_log){.level = LP_LEVEL_DEBUG, .sink = print_event, .ctx = party};
	if (!getenv("PARTY_LOG"))
		party->log = (struct lp_log){0};
	party->relay_host = lp_world_add_host(party->world, "relay", "192.0.2.1");
	lp_host_set_ip(party->relay_host, "2001:db8::1");
	lp_host_enter(party->relay_host);
	if (lp_loop_new(&party->relay_loop) < 0)
		give_up("out of memory");
	lp_addr_parse("192.0.2.1", 0, &addr);
	lp_world_add_name(party->world, "relay.example", &addr);
	lp_relay_config_init(&party->relay_config);
	party->relay_config.listen = (struct lp_addr){.port = 443};

	struct lp_failure failure;
	if (lp_tls_self_signed("relay.example", lp_loop_unix_s(party->relay_loop), &failure, &cert, &cert_len, &key,
		    &key_len) < 0 ||
		lp_tls_server_new(cert, cert_len, key, key_len, &failure, &party->server_tls) < 0 ||
		lp_tls_client_new(cert, cert_len, &failure, &party->client_tls) < 0)
		give_up(failure.text);
	uint8_t relay_key[LP_TLS_KEY_ID];
	if (lp_tls_server_key_id(party->server_tls, relay_key) < 0)
		give_up("the relay has no key");
	memcpy(party->relay_pin, relay_key, sizeof party->relay_pin);
	free(cert);
	free(key);
	return party;
}

/* The member has ended. */
static void on_ended(void *ctx, const struct lp_failure *failure)
{
	struct party_member *member = ctx;
	member->ended = true;
	member->failure = failure ? *failure : (struct lp_failure){0};
}

/* The relay admitted the member. */
static void on_joined(void *ctx, const struct lp_welcome *welcome)
{
	struct party_member *member = ctx;
	member->n_joined++;
	snprintf(member->resume, sizeof member->resume, "%s", welcome->resume);
}

void party_start_relay(struct party *party)
{
	struct lp_failure failure;
	lp_host_enter(party->relay_host);
	if (lp_relay_new(party->relay_loop, &party->relay_config, party->server_tls, &party->log, &failure,
		    &party->relay) < 0)
		give_up(failure.text);
}

void party_kill_relay(struct party *party)
{
	lp_host_enter(party->relay_host);
	lp_relay_free(party->relay);
	party->relay = NULL;
}

/* The relay has sent goodbye to all members. */
static void on_drained(void *ctx)
{
	((struct party *)ctx)->drained = true;
}

/* True until the relay has drained. */
static bool is_draining(void *ctx)
{
	return !((struct party *)ctx)->drained;
}

void party_drain_relay(struct party *party, enum lp_reason reason)
{
	lp_host_enter(party->relay_host);
	party->drained = false;
	lp_relay_drain(party->relay, reason, on_drained, party);
	lp_world_run_while(party->world, is_draining, party, lp_world_now_ns(party->world) + 3 * LP_SEC);
	party_kill_relay(party);
}

static struct party_member *add(struct party *party, enum lp_role role, const char *room)
{
	struct party_member *member = calloc(1, sizeof *member);
	char ip[32];
	if (!member || party->n_members == PARTY_MAX)
		give_up("no room for another member");
	member->party = party;
	member->index = party->n_members;
	member->role = role;
	member->transport = party->transport;
	member->mac = (struct lp_mac){{2, 0x5a, 0, 0, 0, (uint8_t)(1 + member->index)}};
	snprintf(member->name, sizeof member->name, "%s-%u", lp_role_text(role), member->index);
	snprintf(member->room, sizeof member->room, "%s", room);
	snprintf(ip, sizeof ip, "198.51.100.%u", 1 + member->index);
	member->host = lp_world_add_host(party->world, member->name, ip);
	member->port = lp_host_port(member->host, role == LP_ROLE_GATEWAY ? "eth1" : "lan0");
	if (role == LP_ROLE_GATEWAY)
		lp_port_set_wired(
			member->port, &(struct lp_mac){{2, 0xee, 0, 0, 0, (uint8_t)(1 + member->index)}}, 1500, false);
	lp_port_set_sink(member->port, party_frame_take, member);
	lp_host_enter(member->host);
	if (lp_loop_new(&member->loop) < 0)
		give_up("out of memory");
	party->members[party->n_members++] = member;
	return member;
}

struct party_member *party_add(struct party *party, enum lp_role role, const char *room)
{
	struct party_member *member = add(party, role, room);
	party_start(member);
	return member;
}

struct party_member *party_invite(struct party *party, enum lp_role role, const struct lp_invite *invite)
{
	struct party_member *member = add(party, role, invite->room);
	char pem[LP_TLS_KEY_PEM];
	struct lp_failure failure;
	member->invite = invite;
	if (lp_tls_member_key_new(&failure, pem) < 0 ||
		lp_tls_client_pinned_new(party->relay_pin, &failure, &member->tls) < 0 ||
		lp_tls_client_show_key(member->tls, pem, &failure, member->key) < 0 ||
		lp_tls_peer_new(pem, &failure, &member->peer_tls) < 0)
		give_up(failure.text);
	memcpy(member->peer_secret, invite->peer_secret, sizeof member->peer_secret);
	party_start(member);
	return member;
}

void party_start(struct party_member *member)
{
	struct lp_member_config config;
	struct lp_failure failure;
	int result;
	lp_member_config_init(&config);
	config.relays[0] = (struct lp_member_relay){"relay.example", 443, "relay.example"};
	config.n_relays = 1;
	snprintf(config.room, sizeof config.room, "%s", member->room);
	snprintf(config.name, sizeof config.name, "%s", member->name);
	snprintf(config.software, sizeof config.software, "simulation");
	snprintf(config.resume, sizeof config.resume, "%s", member->resume);
	config.tls = member->tls ? member->tls : member->party->client_tls;
	config.invite = member->invite;
	config.new_room = member->party->new_room && member->role == LP_ROLE_GATEWAY;
	config.peer_tls = member->peer_tls;
	config.direct = member->party->direct;
	config.room_direct = member->party->room_direct;
	memcpy(config.peer_secret, member->peer_secret, sizeof config.peer_secret);
	memcpy(config.key, member->key, sizeof config.key);
	config.log = &member->party->log;
	config.transport = member->transport;
	member->ended = false;
	lp_host_enter(member->host);
	if (member->role == LP_ROLE_GATEWAY) {
		struct lp_gateway_config gateway = {
			.member = config,
			.interface = "eth1",
			.framelog = member->party->framelog,
			.ended = on_ended,
			.ctx = member,
		};
		result = lp_gateway_new(member->loop, &gateway, &failure, &member->gateway);
	} else {
		struct lp_client_config client = {
			.member = config,
			.tap_name = "lan0",
			.mac = member->mac,
			.joined = on_joined,
			.ended = on_ended,
			.ctx = member,
		};
		result = lp_client_new(member->loop, &client, &failure, &member->client);
	}
	if (result < 0)
		give_up(failure.text);
}

bool party_is_running(const struct party_member *member)
{
	return member->client || member->gateway;
}

void party_kill(struct party_member *member)
{
	lp_host_enter(member->host);
	lp_client_free(member->client);
	lp_gateway_free(member->gateway);
	member->client = NULL;
	member->gateway = NULL;
}

unsigned party_reap(struct party *party)
{
	unsigned n = 0;
	for (unsigned i = 0; i < party->n_members; i++) {
		if (!party_is_running(party->members[i]) || !party->members[i]->ended)
			continue;
		party_kill(party->members[i]);
		n++;
	}
	return n;
}

/* True until the member has ended. */
static bool is_ending(void *ctx)
{
	return !((struct party_member *)ctx)->ended;
}

void party_stop(struct party_member *member)
{
	lp_host_enter(member->host);
	if (member->client)
		lp_client_stop(member->client, false);
	else
		lp_gateway_stop(member->gateway);
	lp_world_run_while(member->party->world, is_ending, member, lp_world_now_ns(member->party->world) + LP_SEC);
	member->resume[0] = 0;
	party_kill(member);
}

struct lp_member *party_lp_member(struct party_member *member)
{
	return member->client ? lp_client_member(member->client) : lp_gateway_member(member->gateway);
}

bool party_is_joined(const struct party_member *member)
{
	struct lp_member *lp_member = member->client    ? lp_client_member(member->client)
				      : member->gateway ? lp_gateway_member(member->gateway)
							: NULL;
	struct lp_status status = {0};
	if (!lp_member || member->ended)
		return false;
	lp_member_status(lp_member, &status);
	return status.state == LP_MEMBER_JOINED;
}

void party_free(struct party *party)
{
	for (unsigned i = 0; i < party->n_members; i++) {
		struct party_member *member = party->members[i];
		party_kill(member);
		lp_loop_free(member->loop);
		lp_tls_free(member->tls);
		lp_tls_free(member->peer_tls);
		for (unsigned from = 0; from < PARTY_MAX; from++)
			free(member->from[from]);
		free(member);
	}
	party_kill_relay(party);
	lp_loop_free(party->relay_loop);
	lp_tls_free(party->server_tls);
	lp_tls_free(party->client_tls);
	lp_world_free(party->world);
	free(party);
}

void party_run(struct party *party, uint64_t for_ns)
{
	lp_world_run_until(party->world, lp_world_now_ns(party->world) + for_ns);
}

/* True while a running member is not joined. */
static bool somebody_waits(void *ctx)
{
	struct party *party = ctx;
	for (unsigned i = 0; i < party->n_members; i++) {
		if (party_is_running(party->members[i]) && !party_is_joined(party->members[i]))
			return true;
	}
	return false;
}

bool party_run_until_joined(struct party *party, uint64_t timeout_ns)
{
	return lp_world_run_while(party->world, somebody_waits, party, lp_world_now_ns(party->world) + timeout_ns);
}

bool party_all_reach_all(struct party *party, uint64_t timeout_ns)
{
	uint64_t end_ns = lp_world_now_ns(party->world) + timeout_ns;
	bool all = false;
	while (!all && lp_world_now_ns(party->world) < end_ns) {
		uint32_t numbers[PARTY_MAX];
		for (unsigned i = 0; i < party->n_members; i++) {
			if (party_is_running(party->members[i]))
				numbers[i] = party_send(party->members[i], NULL, PARTY_FRAME_MAX, 9);
		}
		party_run(party, 500 * LP_MS);
		all = true;
		for (unsigned from = 0; from < party->n_members; from++) {
			for (unsigned to = 0; to < party->n_members; to++) {
				struct party_member *a = party->members[from], *b = party->members[to];
				if (from == to || !party_is_running(a) || !party_is_running(b) ||
					strcmp(a->room, b->room) != 0 || party_arrived(a, b, numbers[from]))
					continue;
				all = false;
				if (party->log.sink)
					fprintf(stderr, "%12.6f nothing from %s to %s\n",
						(double)lp_world_now_ns(party->world) / 1e9, a->name, b->name);
			}
		}
	}
	return all;
}

/* Compares a member's list of peers with the relay's. */
struct comparison {
	const struct party_member *member;
	struct lp_rooms *rooms;
	const struct lp_peer_event *known; /* the peer to find at the relay */
	size_t n_known, n_expected, n_found;
};

/* Compares one of the relay's peers with the one to find. */
static void compare_peer(void *ctx, struct lp_peer *peer)
{
	struct comparison *comparison = ctx;
	const struct lp_peer_event *known = comparison->known;
	if (strcmp(lp_peer_room(peer), comparison->member->room) != 0 ||
		strcmp(lp_peer_name(peer), comparison->member->name) == 0)
		return;
	comparison->n_expected++;
	if (known && known->peer_id == lp_peer_id(peer) && known->role == lp_peer_role(peer) &&
		lp_mac_equal(&known->mac, lp_peer_mac(peer)) && strcmp(known->name, lp_peer_name(peer)) == 0)
		comparison->n_found++;
}

/* Checks a peer in the member's list. */
static void compare_known(void *ctx, const struct lp_peer_event *known)
{
	struct comparison *comparison = ctx;
	comparison->known = known;
	comparison->n_known++;
	comparison->n_expected = 0;
	lp_rooms_each(comparison->rooms, compare_peer, comparison);
}

bool party_pictures_agree(struct party *party)
{
	bool same = true;
	size_t n_running = 0;
	for (unsigned i = 0; i < party->n_members; i++) {
		struct party_member *member = party->members[i];
		if (!party_is_running(member))
			continue;
		n_running++;
		struct comparison comparison = {.member = member, .rooms = party->relay->rooms};
		lp_member_each_peer(party_lp_member(member), compare_known, &comparison);
		comparison.known = NULL;
		comparison.n_expected = 0;
		lp_rooms_each(party->relay->rooms, compare_peer, &comparison);
		if (comparison.n_known == comparison.n_expected && comparison.n_found == comparison.n_expected)
			continue;
		fprintf(stderr, "party: %s knows %zu peers, %zu of them as the relay does, which has %zu\n",
			member->name, comparison.n_known, comparison.n_found, comparison.n_expected);
		same = false;
	}
	if (lp_rooms_peer_count(party->relay->rooms) != n_running) {
		fprintf(stderr, "party: the relay has %zu peers, %zu are running\n",
			lp_rooms_peer_count(party->relay->rooms), n_running);
		same = false;
	}
	return same;
}
