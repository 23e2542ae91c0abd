/* Random connections: loss, reordering, duplicates, MTU changes, NAT rebinding, migrations, outages, key updates, all
   from one seed. DATAGRAMs arrive unchanged and at most once, control bytes in order and complete, and after the
   impairments data flows again. QUIC_SEEDS is the number of seeds, QUIC_SEED the first one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/units.h"
#include "quic_pair.h"

#define SEEDS_DEFAULT 40
#define DATAGRAMS_MAX 65536

/* What one end has sent so far, and what the other has received of it. */
struct direction {
	struct wire_node *from, *to;
	struct lp_quic_conn *conn;
	unsigned n_sent;
	uint8_t *seen; /* a flag for each number */
	size_t control_sent;
};

static unsigned long long current_seed;

/* Checks one DATAGRAM: its bytes follow from its number, which must be new. */
static void check_datagram(struct wire_node *node, struct lp_quic_conn *conn, const uint8_t *data, size_t len)
{
	struct direction *direction = node->user;
	(void)conn;
	assert_true(len >= 5);
	assert_int_equal(data[0], 0x10);
	unsigned number = (unsigned)data[1] << 16 | (unsigned)data[2] << 8 | data[3];
	assert_true(number < direction->n_sent);
	if (direction->seen[number])
		fail_msg("seed %llu: DATAGRAM %u came twice", current_seed, number);
	direction->seen[number] = 1;
	for (size_t i = 4; i < len; i++)
		if (data[i] != (uint8_t)number)
			fail_msg("seed %llu: DATAGRAM %u is damaged", current_seed, number);
}

/* Sends a few DATAGRAMs and control bytes. */
static void talk(struct wire *wire, struct direction *direction)
{
	uint8_t control[300];
	for (unsigned n = wire_random(wire) % 12; n > 0 && direction->n_sent < DATAGRAMS_MAX; n--) {
		size_t budget = lp_quic_budget(direction->conn);
		size_t len = wire_random(wire) % 2 ? budget : 5 + wire_random(wire) % (budget - 4);
		int rv = pair_send(direction->from, direction->conn, len, direction->n_sent);
		if (rv == LP_EAGAIN)
			break;
		assert_int_equal(rv, 0);
		direction->n_sent++;
	}
	if (wire_random(wire) % 4 == 0) {
		size_t len = wire_random(wire) % sizeof control;
		for (size_t i = 0; i < len; i++)
			control[i] = (uint8_t)((direction->control_sent + i) * 13 >> 2);
		if (lp_quic_send_control(direction->conn, control, len) == 0)
			direction->control_sent += len;
	}
	wire_flush(direction->from);
}

/* Applies a random change to the network. */
static void disturb(struct pair *pair)
{
	static const size_t payloads[] = {0, 1472, 1452, 1372, 1252, 1200};
	struct wire *wire = &pair->wire;
	switch (wire_random(wire) % 10) {
	case 0:
		wire->loss_ppm = (unsigned)(wire_random(wire) % 200000);
		break;
	case 1:
		wire->loss_ppm = 0;
		break;
	case 2:
		wire->jitter_ns = wire_random(wire) % (20 * LP_MS);
		break;
	case 3:
		wire->duplicate_ppm = (unsigned)(wire_random(wire) % 100000);
		break;
	case 4:
		wire->payload_max = payloads[wire_random(wire) % 6];
		break;
	case 5:
		pair->client.ports[0].public.port = (uint16_t)(1024 + wire_random(wire) % 60000);
		break;
	case 6: {
		struct lp_addr to = pair->client.ports[wire_random(wire) % 2].local;
		int rv = lp_quic_migrate(pair->at_client, &pair->client.carriers[0], &to, wire->now_ns);
		assert_true(rv == 0 || rv == LP_EAGAIN || rv == LP_EEXISTS);
		break;
	}
	case 7:
		wire->cut = true;
		wire_run(wire, wire_random(wire) % (800 * LP_MS));
		wire->cut = false;
		break;
	case 8:
		(void)lp_quic_update_keys(pair->at_server, wire->now_ns);
		break;
	default:
		wire->delay_ns = LP_MS / 10 + wire_random(wire) % (40 * LP_MS);
		wire->rate_bps = wire_random(wire) % 2 ? 0 : 5000000 + wire_random(wire) % 100000000;
		wire->queue_bytes = 20000 + wire_random(wire) % 100000;
	}
}

/* The wire is unimpaired again: data passes in both directions soon, and all control bytes arrive. */
static void calm_down(struct pair *pair, struct direction directions[2])
{
	struct wire *wire = &pair->wire;
	wire->loss_ppm = wire->duplicate_ppm = 0;
	wire->jitter_ns = 0;
	wire->rate_bps = 0;
	wire->payload_max = 0;
	wire->delay_ns = 5 * LP_MS;
	wire_run(wire, 2 * LP_SEC);
	for (int i = 0; i < 2; i++) {
		unsigned long before = directions[i].to->n_datagrams;
		for (int k = 0; k < 10; k++) {
			talk(wire, &directions[i]);
			wire_run(wire, 50 * LP_MS);
		}
		if (directions[i].to->n_datagrams == before)
			fail_msg("seed %llu: nothing flows", current_seed);
	}
	wire_run(wire, 20 * LP_SEC);
	for (int i = 0; i < 2; i++) {
		if (directions[i].to->control_len != directions[i].control_sent)
			fail_msg("seed %llu: %zu of %zu control bytes", current_seed, directions[i].to->control_len,
				directions[i].control_sent);
		for (size_t k = 0; k < directions[i].control_sent; k++)
			assert_int_equal(directions[i].to->control[k], (uint8_t)(k * 13 >> 2));
	}
}

/* One random connection. */
static void live(unsigned long long seed)
{
	static uint8_t seen[2][DATAGRAMS_MAX];
	struct pair *pair = pair_today();
	memset(seen, 0, sizeof seen);
	current_seed = seed;
	for (unsigned long long i = 0; i < 8 + seed; i++)
		(void)wire_random(&pair->wire);
	pair->client.ports[1] = pair->client.ports[0];
	pair->client.ports[1].local.ip[3] = pair->client.ports[1].public.ip[3] = 77;
	pair->client.n_ports = 2;
	pair_connect(pair);
	struct direction directions[2] = {
		{.from = &pair->client, .to = &pair->server, .conn = pair->at_client, .seen = seen[0]},
		{.from = &pair->server, .to = &pair->client, .conn = pair->at_server, .seen = seen[1]},
	};
	pair->server.user = &directions[0];
	pair->client.user = &directions[1];
	pair->server.on_datagram = pair->client.on_datagram = check_datagram;
	/* Only the client opens the control stream. */
	assert_int_equal(lp_quic_send_control(pair->at_client, (const uint8_t *)"\0", 1), 0);
	directions[0].control_sent = 1;
	for (int round = 0; round < 400; round++) {
		if (wire_random(&pair->wire) % 20 == 0)
			disturb(pair);
		talk(&pair->wire, &directions[wire_random(&pair->wire) % 2]);
		wire_run(&pair->wire, wire_random(&pair->wire) % (20 * LP_MS));
		if (pair->client.n_closed + pair->server.n_closed > 0)
			fail_msg("seed %llu, round %d: closed: %s / %s", seed, round, pair->client.why.reason,
				pair->server.why.reason);
	}
	calm_down(pair, directions);
	pair_free(pair);
}

static void test_random_lives(void **state)
{
	(void)state;
	const char *count = getenv("QUIC_SEEDS"), *first = getenv("QUIC_SEED");
	unsigned long long seed = first ? strtoull(first, NULL, 10) : 1;
	for (long n = count ? atol(count) : SEEDS_DEFAULT; n > 0; n--)
		live(seed++);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_lives),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
