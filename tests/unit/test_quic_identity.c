/* Keys that members show, relays that are pinned by their key, and keying material of one session. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "quic/peer_identity.h"
#include "quic/tls/credentials.h"
#include "quic_pair.h"

static void use_client_tls(struct pair *pair, struct lp_tls *tls)
{
	lp_tls_free(pair->client_tls);
	pair->client_tls = tls;
	pair->client.config.client_tls = tls;
}

/* What an end could take when its connection was ready. */
struct taken {
	int key_result, export_result;
	uint8_t key[LP_TLS_KEY_ID], material[32];
};

static struct taken taken[2]; /* by the client, by the server */

static void take(struct lp_quic_conn *conn, struct taken *into)
{
	into->key_result = lp_quic_peer_key_id(conn, into->key);
	into->export_result = lp_quic_export(conn, "EXPORTER-test", into->material, sizeof into->material);
}

static const struct lp_quic_events *original;

static void on_client_ready(void *ctx, struct lp_quic_conn *conn)
{
	take(conn, &taken[0]);
	original->ready(ctx, conn);
}

static void on_server_ready(void *ctx, struct lp_quic_conn *conn)
{
	take(conn, &taken[1]);
	original->ready(ctx, conn);
}

/* Connects, and takes what `ready` offers at both ends. */
static void connect_and_take(struct pair *pair)
{
	static struct lp_quic_events events[2];
	original = pair->client.config.events;
	events[0] = events[1] = *original;
	events[0].ready = on_client_ready;
	events[1].ready = on_server_ready;
	pair->client.config.events = &events[0];
	pair->server.config.events = &events[1];
	memset(taken, 0, sizeof taken);
	pair_connect(pair);
}

static void test_member_key(void **state)
{
	(void)state;
	char pem[LP_TLS_KEY_PEM];
	uint8_t own[LP_TLS_KEY_ID], again[LP_TLS_KEY_ID], relay[LP_TLS_KEY_ID];
	struct pair *pair = pair_today();
	assert_int_equal(lp_tls_member_key_new(NULL, pem), 0);
	assert_int_equal(lp_tls_client_show_key(pair->client_tls, pem, NULL, own), 0);
	connect_and_take(pair);
	assert_int_equal(taken[1].key_result, 0);
	assert_memory_equal(taken[1].key, own, sizeof own);
	assert_int_equal(taken[0].key_result, 0);
	assert_int_equal(lp_tls_server_key_id(pair->server_tls, relay), 0);
	assert_memory_equal(taken[0].key, relay, sizeof relay);
	pair_free(pair);

	/* The same key gives the same id in another program. */
	struct lp_tls *tls;
	struct pair *other = pair_today();
	assert_int_equal(lp_tls_client_new(other->cert, other->cert_len, NULL, &tls), 0);
	assert_int_equal(lp_tls_client_show_key(tls, pem, NULL, again), 0);
	assert_memory_equal(own, again, sizeof own);
	lp_tls_free(tls);
	pair_free(other);
}

static void test_no_member_key(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	connect_and_take(pair);
	assert_int_equal(taken[1].key_result, LP_ENOTFOUND);
	pair_free(pair);
}

static void test_bad_member_key(void **state)
{
	(void)state;
	uint8_t id[LP_TLS_KEY_ID];
	struct lp_failure failure = {0};
	struct pair *pair = pair_today();
	assert_int_equal(lp_tls_client_show_key(pair->client_tls, "no key", &failure, id), LP_ECERT);
	assert_non_null(strstr(failure.text, "this member's key cannot be used"));
	pair_free(pair);
}

/* A pinned relay is accepted whatever its name and dates; another one is not. */
static void test_pin(void **state)
{
	(void)state;
	static const struct {
		int64_t made_s; /* before now */
		uint8_t flip;   /* changes the pin */
	} rows[] = {{0, 0}, {11LL * 366 * 86400, 0}, {0, 1}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t id[LP_TLS_KEY_ID];
		struct lp_tls *tls;
		struct pair *pair = pair_new("other.test", (int64_t)time(NULL) - rows[i].made_s, NULL, 0);
		assert_int_equal(lp_tls_server_key_id(pair->server_tls, id), 0);
		id[LP_TLS_KEY_PIN - 1] ^= rows[i].flip;
		assert_int_equal(lp_tls_client_pinned_new(id, NULL, &tls), 0);
		use_client_tls(pair, tls);
		pair_start(pair);
		wire_connect(&pair->client, &pair->server, PAIR_NAME);
		wire_run(&pair->wire, LP_SEC);
		assert_int_equal(pair->client.n_ready, rows[i].flip ? 0 : 1);
		if (rows[i].flip) {
			assert_int_equal(pair->client.why.kind, LP_QUIC_CLOSED_TLS);
			assert_int_equal(pair->client.why.distrust, LP_TLS_DISTRUST_PIN);
			assert_non_null(strstr(pair->client.why.reason, "not the one in the invite"));
		}
		pair_free(pair);
	}
}

/* Both ends compute the same; another session gives something else. */
static void test_export(void **state)
{
	(void)state;
	uint8_t first[32];
	struct pair *pair = pair_today();
	connect_and_take(pair);
	assert_int_equal(taken[0].export_result, 0);
	assert_int_equal(taken[1].export_result, 0);
	assert_memory_equal(taken[0].material, taken[1].material, sizeof first);
	memcpy(first, taken[0].material, sizeof first);
	pair_free(pair);
	pair = pair_today();
	connect_and_take(pair);
	assert_memory_not_equal(taken[0].material, first, sizeof first);
	pair_free(pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_member_key),
		cmocka_unit_test(test_no_member_key),
		cmocka_unit_test(test_bad_member_key),
		cmocka_unit_test(test_pin),
		cmocka_unit_test(test_export),
	};
	return cmocka_run_group_tests_name("quic_identity", tests, NULL, NULL);
}
