#include "quic_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/failure.h"
#include "base/units.h"
#include "quic/tls/credentials.h"

struct pair *pair_new(const char *name, int64_t unix_s, const uint8_t *pin, size_t pin_len)
{
	struct pair *pair = calloc(1, sizeof *pair);
	struct lp_failure failure = {0};
	assert_non_null(pair);
	wire_init(&pair->wire, 1);
	pair->server_tls = wire_server_tls(name, unix_s, &pair->cert, &pair->cert_len);
	if (!pin) {
		pin = pair->cert;
		pin_len = pair->cert_len;
	}
	assert_int_equal(lp_tls_client_new(pin, pin_len, &failure, &pair->client_tls), 0);
	wire_node_init(&pair->server, &pair->wire, pair->server_tls, true, 1);
	wire_node_init(&pair->client, &pair->wire, pair->client_tls, false, 2);
	return pair;
}

struct pair *pair_today(void)
{
	return pair_new(PAIR_NAME, (int64_t)time(NULL), NULL, 0);
}

void pair_start(struct pair *pair)
{
	wire_node_start(&pair->server);
	wire_node_start(&pair->client);
}

void pair_connect(struct pair *pair)
{
	pair_start(pair);
	wire_connect(&pair->client, &pair->server, PAIR_NAME);
	assert_true(wire_wait(&pair->wire, &pair->client.n_ready, 1, 5 * LP_SEC));
	assert_true(wire_wait(&pair->wire, &pair->server.n_ready, 1, 5 * LP_SEC));
	wire_run(&pair->wire, 2 * LP_SEC);
	pair->at_client = pair->client.conns[0];
	pair->at_server = pair->server.conns[0];
}

void pair_free(struct pair *pair)
{
	wire_node_stop(&pair->server);
	wire_node_stop(&pair->client);
	lp_tls_free(pair->server_tls);
	lp_tls_free(pair->client_tls);
	free(pair->cert);
	wire_done(&pair->wire);
	free(pair);
}

int pair_send(struct wire_node *from, struct lp_quic_conn *conn, size_t len, unsigned number)
{
	static uint8_t body[65536];
	uint8_t head[4] = {0x10, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};
	memset(body, (int)(number & 0xff), len);
	struct lp_bytes parts[] = {
		{.data = head, .len = len < 4 ? len : 4}, {.data = body, .len = len < 4 ? 0 : len - 4}};
	return lp_quic_send_datagram(conn, parts, 2, from->wire->now_ns);
}
