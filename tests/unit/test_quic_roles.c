/* Endpoints that accept connections and make them on one socket, and connections that change their carrier. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/units.h"
#include "quic/tls/credentials.h"
#include "quic_pair.h"

/* Replies to a DATAGRAM that is no reply itself: a connection cannot be written to while it reads, so later. */
static void on_datagram(struct wire_node *node, struct lp_quic_conn *conn, const uint8_t *data, size_t len)
{
	struct lp_bytes part = {.data = data, .len = len};
	if (len > 0 && data[0] == 0x10)
		assert_int_equal(lp_quic_send_datagram(conn, &part, 1, node->wire->now_ns), LP_EAGAIN);
}

static void on_writable(struct wire_node *node, struct lp_quic_conn *conn)
{
	static const uint8_t reply = 0x20;
	struct lp_bytes part = {.data = &reply, .len = 1};
	assert_int_equal(lp_quic_send_datagram(conn, &part, 1, node->wire->now_ns), 0);
}

/* The connection of |node| that it accepted, or the one that it made. */
static struct lp_quic_conn *conn_of(struct wire_node *node, bool accepted)
{
	for (size_t i = 0; i < node->n_conns; i++)
		if (lp_quic_accepted(node->conns[i]) == accepted)
			return node->conns[i];
	return NULL;
}

/* A pair whose two ends may both accept and connect. */
static struct pair *pair_of_peers(void)
{
	struct pair *pair = pair_today();
	pair->server.config.client_tls = pair->client_tls;
	pair->client.config.server_tls = pair->server_tls;
	pair->server.on_datagram = pair->client.on_datagram = on_datagram;
	pair->server.on_writable = pair->client.on_writable = on_writable;
	return pair;
}

static void test_accepts_and_connects(void **state)
{
	(void)state;
	struct pair *pair = pair_of_peers();
	struct wire_node *nodes[] = {&pair->server, &pair->client};
	/* A connection that it makes takes nothing from those that it may accept. */
	pair->server.config.max_conns = pair->client.config.max_conns = 1;
	pair_start(pair);
	(void)wire_connect(&pair->client, &pair->server, PAIR_NAME);
	(void)wire_connect(&pair->server, &pair->client, PAIR_NAME);
	for (size_t i = 0; i < 2; i++) {
		assert_true(wire_wait(&pair->wire, &nodes[i]->n_ready, 2, 5 * LP_SEC));
		assert_int_equal(lp_quic_conn_count(nodes[i]->endpoint), 2);
	}
	wire_run(&pair->wire, LP_SEC);
	for (size_t i = 0; i < 2; i++) {
		struct wire_node *node = nodes[i], *other = nodes[!i];
		struct lp_quic_conn *accepted = conn_of(node, true), *made = conn_of(node, false);
		assert_non_null(accepted);
		assert_non_null(made);
		/* The one that made the connection opens its control stream. */
		assert_int_equal(lp_quic_send_control(made, (const uint8_t *)"up", 2), 0);
		wire_flush(node);
		wire_run(&pair->wire, LP_SEC);
		assert_int_equal(other->control_len, 2);
		free(other->control);
		other->control = NULL;
		other->control_len = 0;
		assert_int_equal(pair_send(node, accepted, 100, 1), 0);
		assert_int_equal(pair_send(node, made, 100, 2), 0);
		wire_flush(node);
		wire_run(&pair->wire, LP_SEC);
		assert_int_equal(node->n_datagrams, 2 + 2 * i);
		/* Migration is the client's. */
		assert_int_equal(
			lp_quic_migrate(accepted, &node->carriers[0], &node->ports[0].local, pair->wire.now_ns),
			LP_EINVAL);
		assert_int_equal(lp_quic_migrate(made, &node->carriers[0], &node->ports[0].local, pair->wire.now_ns),
			LP_EEXISTS);
	}
	/* One ends, the other goes on. */
	lp_quic_close(conn_of(&pair->client, false), LP_QUIC_APP_OK, "enough");
	wire_flush(&pair->client);
	wire_run(&pair->wire, LP_SEC);
	assert_int_equal(pair->client.n_closed, 1);
	assert_int_equal(pair->server.n_closed, 1);
	assert_int_equal(pair_send(&pair->client, conn_of(&pair->client, true), 100, 3), 0);
	unsigned long before = pair->server.n_datagrams;
	wire_flush(&pair->client);
	wire_run(&pair->wire, LP_SEC);
	assert_int_equal(pair->server.n_datagrams, before + 1);
	pair_free(pair);
}

static void test_refuses_the_role_it_has_no_credentials_for(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	struct lp_quic_conn *conn = NULL;
	pair_start(pair);
	const struct lp_quic_target target = {.carrier = &pair->server.carriers[0],
		.local = pair->server.ports[0].local,
		.remote = pair->client.ports[0].public,
		.server_name = PAIR_NAME};
	assert_int_equal(lp_quic_connect(pair->server.endpoint, &target, pair->wire.now_ns, &conn), LP_EINVAL);
	/* What comes to a client that accepts nothing is dropped. */
	pair->server.config.client_tls = pair->client_tls;
	lp_quic_endpoint_free(pair->server.endpoint);
	wire_node_start(&pair->server);
	(void)wire_connect(&pair->server, &pair->client, PAIR_NAME);
	wire_run(&pair->wire, LP_SEC);
	assert_int_equal(pair->client.n_ready, 0);
	assert_true(lp_quic_counters(pair->client.endpoint)->invalid_in > 0);
	assert_int_equal(lp_quic_counters(pair->client.endpoint)->datagrams_out, 0);
	pair_free(pair);
}

static unsigned long sent_by_carrier[WIRE_CARRIERS];

/* Counts what the client sends by each carrier; that it is the address's own is asserted by the wire. */
static void count(struct wire *wire, struct wire_node *from, const struct lp_udp_msg *msg)
{
	const struct pair *pair = wire->tap_ctx;
	if (from != &pair->client)
		return;
	for (size_t i = 0; i < from->n_ports; i++)
		if (lp_addr_equal(&from->ports[i].local, &msg->local))
			sent_by_carrier[from->ports[i].carrier]++;
}

static void test_moves_to_another_carrier_and_back(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	pair->server.on_datagram = on_datagram;
	pair->server.on_writable = on_writable;
	pair_connect(pair);
	struct wire_port *port = &pair->client.ports[pair->client.n_ports++];
	*port = pair->client.ports[0];
	port->local.ip[3] = port->public.ip[3] = 77;
	port->carrier = 1;
	pair->wire.tap = count;
	pair->wire.tap_ctx = pair;
	for (unsigned i = 0; i < 6; i++) {
		unsigned to = !(i % 2);
		assert_int_equal(lp_quic_migrate(pair->at_client, &pair->client.carriers[to],
					 &pair->client.ports[to].local, pair->wire.now_ns),
			0);
		wire_flush(&pair->client);
		wire_run(&pair->wire, 4 * LP_SEC);
		assert_int_equal(pair->client.n_migrated, i + 1);
		assert_int_equal(pair->server.n_migrated, i + 1);
		sent_by_carrier[0] = sent_by_carrier[1] = 0;
		unsigned long before = pair->client.n_datagrams;
		assert_int_equal(pair_send(&pair->client, pair->at_client, 100, i), 0);
		wire_flush(&pair->client);
		wire_run(&pair->wire, LP_SEC);
		assert_int_equal(pair->client.n_datagrams, before + 1);
		assert_true(sent_by_carrier[to] > 0);
		assert_int_equal(sent_by_carrier[!to], 0);
	}
	pair_free(pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepts_and_connects),
		cmocka_unit_test(test_refuses_the_role_it_has_no_credentials_for),
		cmocka_unit_test(test_moves_to_another_carrier_and_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
