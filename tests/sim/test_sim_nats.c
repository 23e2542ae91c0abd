/* Direct routes through NATs of all kinds: two ends with route/ on the simulated internet. SIM_SEEDS is the number of
   seeds (2000), SIM_FIRST the first one (1). The seed selects the NATs, where they stand, delays and losses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/units.h"
#include "platform/fake/dice.h"
#include "platform/fake/world.h"
#include "platform/loop/loop.h"
#include "platform/net/udp.h"
#include "route/route.h"
#include "seeds.h"

#define STEP_NS (10 * LP_MS)
#define RELAY_IP "192.0.2.10"
/* Time in which a route must be found. */
#define PATIENCE_NS (60 * LP_SEC)
#define DATA 0x7f /* neither a probe nor a reply */

/* Where the two ends are. */
enum place {
	APART,   /* each behind its own NAT */
	LAN,     /* in one network behind one NAT */
	HAIRPIN, /* behind one NAT of a provider, which returns what they send to each other's outer addresses */
	CGNAT,   /* the same without that */
	PLACE_COUNT,
};

struct nat {
	bool none;
	enum lp_nat_kind mapping, filter;
};

struct end {
	struct party *party;
	struct lp_host *host;
	struct lp_loop *loop;
	struct lp_udp *udp;
	struct lp_addr inner, seen; /* its own address, and as the relay sees it */
	struct nat nat;
	struct lp_route route;
	unsigned n_probes, n_data;
};

/* Two ends, and a relay that only sees their addresses. */
struct party {
	struct lp_world *world;
	enum place place;
	struct end ends[2], relay;
};

static const uint8_t key[LP_SIPHASH_KEY] = {5};

static uint64_t now(const struct end *end)
{
	return lp_world_now_ns(end->party->world);
}

static void send_to(struct end *from, const struct lp_addr *to, const uint8_t *data, size_t len)
{
	lp_host_enter(from->host);
	(void)lp_udp_send(from->udp, &(struct lp_udp_msg){.data = data, .len = len, .remote = *to}, 1);
}

static void send_message(struct end *from, const struct lp_addr *to, enum lp_route_kind kind, uint64_t stamp)
{
	uint8_t data[LP_ROUTE_MESSAGE_BYTES];
	struct lp_route_message message = {.kind = kind, .stamp = stamp};
	message.from[0] = (uint8_t)(from - from->party->ends);
	message.to[0] = 1 - message.from[0];
	lp_route_write(&message, key, data);
	send_to(from, to, data, sizeof data);
}

/* What a member does with a datagram that is not of QUIC. */
static void take(struct end *end, const struct lp_addr *from, const uint8_t *data, size_t len)
{
	struct lp_route_message message;
	if (!lp_route_is_message(data, len)) {
		end->n_data++;
		return;
	}
	lp_route_read(data, &message);
	/* Behind a NAT that they share, an end may probe a port that has become its own. */
	if (message.to[0] != end - end->party->ends || !lp_route_verify(data, key))
		return;
	if (message.kind == LP_ROUTE_PROBE) {
		send_message(end, from, LP_ROUTE_REPLY, message.stamp);
		lp_route_probed(&end->route, from, now(end));
	} else {
		lp_route_replied(&end->route, from, message.stamp, now(end));
	}
}

static void on_recv(void *ctx, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	struct end *end = ctx;
	for (size_t i = 0; i < n_msgs; i++) {
		size_t segment = msgs[i].segment_bytes ? msgs[i].segment_bytes : msgs[i].len;
		for (size_t at = 0; at < msgs[i].len; at += segment) {
			if (end != &end->party->relay)
				take(end, &msgs[i].remote, msgs[i].data + at, segment);
			else
				end->party->ends[msgs[i].data[at + 1]].seen = msgs[i].remote;
		}
	}
}

static void open_end(struct party *party, struct end *end, const char *ip, uint16_t port)
{
	end->party = party;
	end->host = lp_world_add_host(party->world, ip, ip);
	lp_host_enter(end->host);
	assert_int_equal(lp_loop_new(&end->loop), 0);
	assert_int_equal(lp_udp_open(end->loop, &(struct lp_addr){.port = port}, on_recv, end, NULL, &end->udp), 0);
	lp_udp_local(end->udp, &end->inner);
	port = end->inner.port;
	assert_int_equal(lp_addr_parse(ip, port, &end->inner), 0);
	lp_route_init(&end->route);
}

static void close_end(struct end *end)
{
	lp_udp_close(end->udp);
	lp_loop_free(end->loop);
}

/* Runs one step. */
static void step(struct party *party)
{
	for (size_t i = 0; i < 2; i++) {
		struct end *end = &party->ends[i];
		const struct lp_addr *to;
		uint64_t stamp;
		lp_route_used(&end->route, now(end));
		(void)lp_route_choose(&end->route, LP_SEC, now(end));
		while ((to = lp_route_next_probe(&end->route, now(end), &stamp))) {
			end->n_probes++;
			send_message(end, to, LP_ROUTE_PROBE, stamp);
		}
	}
	lp_world_run_until(party->world, lp_world_now_ns(party->world) + STEP_NS);
}

static bool is_direct(const struct party *party)
{
	return lp_route_current(&party->ends[0].route) && lp_route_current(&party->ends[1].route);
}

static bool run_until_direct(struct party *party, uint64_t for_ns)
{
	uint64_t until_ns = lp_world_now_ns(party->world) + for_ns;
	while (!is_direct(party) && lp_world_now_ns(party->world) < until_ns)
		step(party);
	return is_direct(party);
}

enum outcome {
	FORWARDED,
	DIRECT,
	EITHER, /* depends on which end sends first */
};

/* What RFC 4787 makes of two NATs: one maps all remote addresses alike, the other filters by port, and so on. */
static enum outcome expected(const struct party *party)
{
	const struct nat *a = &party->ends[0].nat, *b = &party->ends[1].nat;
	if (party->place == LAN)
		return DIRECT;
	if (party->place == CGNAT)
		return FORWARDED;
	if (a->none || b->none)
		return DIRECT;
	bool a_alike = a->mapping == LP_NAT_INDEPENDENT, b_alike = b->mapping == LP_NAT_INDEPENDENT;
	if (a_alike && b_alike)
		return DIRECT;
	bool a_strict = a->filter == LP_NAT_ADDRESS_AND_PORT, b_strict = b->filter == LP_NAT_ADDRESS_AND_PORT;
	if (a_alike || b_alike)
		return (a_alike ? a_strict : b_strict) ? FORWARDED : DIRECT;
	/* Two NATs with a mapping for each address and port never see the port that they have sent to. */
	bool each = a->mapping == LP_NAT_ADDRESS_AND_PORT && b->mapping == LP_NAT_ADDRESS_AND_PORT;
	return each || (a_strict && b_strict) ? FORWARDED : EITHER;
}

/* Frames by the direct route arrive. */
static bool check_data(struct party *party)
{
	unsigned before[2], n_sent[2] = {0};
	for (size_t i = 0; i < 2; i++)
		before[i] = party->ends[i].n_data;
	for (unsigned k = 0; k < 50; k++) {
		for (size_t i = 0; i < 2; i++) {
			const struct lp_addr *to = lp_route_current(&party->ends[i].route);
			if (!to)
				continue;
			send_to(&party->ends[i], to, (const uint8_t[]){DATA, 0}, 2);
			n_sent[i]++;
		}
		step(party);
	}
	for (unsigned k = 0; k < 30; k++)
		step(party);
	return n_sent[0] >= 25 && n_sent[1] >= 25 && party->ends[1].n_data - before[1] >= n_sent[0] * 3 / 4 &&
	       party->ends[0].n_data - before[0] >= n_sent[1] * 3 / 4;
}

/* The same, but on lossy lines a route may be left for a moment. */
static bool frames_arrive(struct party *party)
{
	for (unsigned i = 0; i < 4; i++)
		if (run_until_direct(party, PATIENCE_NS) && check_data(party))
			return true;
	return false;
}

/* Places the ends and their NATs. */
static void build(struct party *party, struct lp_dice *dice)
{
	open_end(party, &party->relay, RELAY_IP, 443);
	open_end(party, &party->ends[0], "10.0.0.2", 0);
	open_end(party, &party->ends[1], "10.0.0.3", 0);
	party->place = lp_dice_below(dice, PLACE_COUNT);
	for (size_t i = 0; i < 2; i++) {
		struct end *end = &party->ends[i];
		bool shared = party->place != APART;
		end->nat.none = !shared && lp_dice_below(dice, 5) == 0;
		end->nat.mapping = lp_dice_below(dice, 3);
		end->nat.filter = lp_dice_below(dice, 3);
		if (shared && i == 1) /* one NAT */
			end->nat = party->ends[0].nat;
		if (!end->nat.none) {
			lp_host_set_nat(end->host, i && !shared ? "203.0.113.2" : "203.0.113.1", 0);
			lp_host_set_nat_kind(end->host, end->nat.mapping, end->nat.filter);
			lp_host_set_nat_inside(end->host, party->place != CGNAT, party->place == LAN);
		}
		struct lp_line line = {.delay_ns = LP_MS * (1 + lp_dice_below(dice, 40)),
			.jitter_ns = LP_MS * lp_dice_below(dice, 5),
			.loss = (double)lp_dice_below(dice, 2) / 100};
		lp_host_set_lines(end->host, &line, &line);
	}
}

/* Both ends learn each other's addresses, as by their link. */
static void exchange(struct party *party)
{
	struct lp_addr relay;
	assert_int_equal(lp_addr_parse(RELAY_IP, 443, &relay), 0);
	for (unsigned k = 0; k < 40 && !(party->ends[0].seen.family && party->ends[1].seen.family); k++) {
		for (uint8_t i = 0; i < 2; i++)
			send_to(&party->ends[i], &relay, (const uint8_t[]){DATA, i}, 2);
		lp_world_run_until(party->world, lp_world_now_ns(party->world) + LP_SEC / 2);
	}
	for (size_t i = 0; i < 2; i++) {
		const struct end *peer = &party->ends[1 - i];
		lp_route_offer(&party->ends[i].route, (const struct lp_addr[]){peer->inner, peer->seen}, 2,
			now(&party->ends[i]));
	}
}

static bool run_seed(uint64_t seed)
{
	struct party party = {0};
	assert_int_equal(lp_world_new(seed, &party.world), 0);
	build(&party, lp_world_dice(party.world));
	exchange(&party);
	enum outcome outcome = expected(&party);
	bool direct = run_until_direct(&party, outcome == DIRECT ? PATIENCE_NS : 10 * LP_SEC);
	const char *wrong = NULL;
	if (direct ? outcome == FORWARDED : outcome == DIRECT)
		wrong = direct ? "direct" : "forwarded";
	else if (direct && !frames_arrive(&party))
		wrong = "direct, but frames are lost";
	/* The cable is pulled: the direct route is left, and taken again afterwards. */
	if (direct && !wrong) {
		lp_host_set_offline(party.ends[0].host, true);
		for (unsigned k = 0; k < 100; k++)
			step(&party);
		if (lp_route_current(&party.ends[0].route) || lp_route_current(&party.ends[1].route))
			wrong = "direct though the cable is pulled";
		lp_host_set_offline(party.ends[0].host, false);
		if (!wrong && !run_until_direct(&party, PATIENCE_NS + LP_ROUTE_HOLD_LAST_NS))
			wrong = "not direct again";
	}
	if (wrong)
		fprintf(stderr, "seed %llu: %s. Place %d, NATs %d/%d%s and %d/%d%s\n", (unsigned long long)seed, wrong,
			party.place, party.ends[0].nat.mapping, party.ends[0].nat.filter,
			party.ends[0].nat.none ? " (none)" : "", party.ends[1].nat.mapping, party.ends[1].nat.filter,
			party.ends[1].nat.none ? " (none)" : "");
	close_end(&party.ends[0]);
	close_end(&party.ends[1]);
	close_end(&party.relay);
	lp_world_free(party.world);
	return !wrong;
}

static void test_nats(void **state)
{
	(void)state;
	assert_int_equal(seeds_run(2000, run_seed), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nats),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
