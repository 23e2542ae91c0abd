/* A member's session: the effect of each message in each state, and the callbacks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/attribute.h"
#include "base/error.h"
#include "base/failure.h"
#include "ctrl/stream.h"
#include "session/session.h"

#define NOW (5 * LP_SEC)

/* A session, its sent messages, and its callbacks as text. */
struct bench {
	struct lp_session *session;
	struct lp_ctrl_stream sent;
	char told[4096];
	void (*on_event)(struct bench *bench); /* called from inside each callback */
};

/* Records a callback. */
static void tell(struct bench *bench, const char *format, ...) LP_PRINTF(2, 3);

static void tell(struct bench *bench, const char *format, ...)
{
	size_t len = strlen(bench->told);
	va_list args;
	va_start(args, format);
	vsnprintf(bench->told + len, sizeof bench->told - len, format, args);
	va_end(args);
}

/* Checks the callbacks since the last check. */
static void expect(struct bench *bench, const char *told)
{
	assert_string_equal(bench->told, told);
	bench->told[0] = '\0';
}

static void on_send(void *ctx, const uint8_t *data, size_t len)
{
	struct bench *bench = ctx;
	const uint8_t *json;
	size_t json_len;
	assert_int_equal(lp_ctrl_stream_read(&bench->sent, &data, &len, &json, &json_len), 1);
	assert_int_equal(len, 0);
	tell(bench, "> %.*s\n", (int)json_len, (const char *)json);
}

static void on_joined(void *ctx, const struct lp_welcome *welcome)
{
	struct bench *bench = ctx;
	tell(bench, "joined %s as %u\n", welcome->room, welcome->peer_id);
	if (bench->on_event)
		bench->on_event(bench);
}

static void on_peer(void *ctx, const struct lp_peer_event *peer, bool joined, bool known)
{
	struct bench *bench = ctx;
	char mac[LP_MAC_TEXT_MAX];
	tell(bench, "%s%s %u %s %s '%s'", known ? "known " : "", joined ? "came" : "left", peer->peer_id,
		lp_role_text(peer->role), lp_mac_format(&peer->mac, mac), peer->name);
	tell(bench, joined ? "\n" : " %s\n", lp_reason_wire(peer->reason));
	if (bench->on_event)
		bench->on_event(bench);
}

static void on_stats(void *ctx, const struct lp_stats_message *stats)
{
	struct bench *bench = ctx;
	tell(bench, "stats %llu\n", (unsigned long long)stats->counters.frames_in);
	if (bench->on_event)
		bench->on_event(bench);
}

static void on_ended(void *ctx, const struct lp_reject *reject, const struct lp_disconnect *disconnect,
	const struct lp_failure *failure)
{
	struct bench *bench = ctx;
	assert_int_equal(!!reject + !!disconnect + !!failure, 1);
	assert_int_equal(lp_session_state(bench->session), LP_SESSION_ENDED);
	if (reject)
		tell(bench, "rejected %s: %s\n", lp_reject_wire(reject->code), reject->message);
	else if (disconnect)
		tell(bench, "disconnected %s: %s\n", lp_reason_wire(disconnect->reason), disconnect->message);
	else
		tell(bench, "failed %d: %s\n", failure->code, failure->text);
	if (bench->on_event)
		bench->on_event(bench);
}

static const struct lp_session_events events = {
	.send = on_send,
	.joined = on_joined,
	.peer = on_peer,
	.stats = on_stats,
	.ended = on_ended,
};

/* A session of this role that has not started. */
static void bench_init(struct bench *bench, enum lp_role role)
{
	struct lp_session_config config = {
		.role = role,
		.room = "Party",
		.name = "me",
		.software = "test 1",
		.mac = {{2, 0, 0, 0, 0, 1}},
		.events = &events,
		.ctx = bench,
	};
	memset(bench, 0, sizeof *bench);
	lp_ctrl_stream_init(&bench->sent);
	assert_int_equal(lp_session_new(&config, &bench->session), 0);
	assert_int_equal(lp_session_state(bench->session), LP_SESSION_IDLE);
	assert_true(lp_session_deadline(bench->session) == LP_NEVER);
}

static void bench_done(struct bench *bench)
{
	lp_session_free(bench->session);
	lp_ctrl_stream_done(&bench->sent);
}

/* Appends a message to a byte stream. */
static size_t frame(uint8_t *data, const char *json)
{
	size_t len = strlen(json);
	memcpy(data, (const uint8_t[]){0, 0, (uint8_t)(len >> 8), (uint8_t)len}, 4);
	memcpy(data + 4, json, len);
	return len + 4;
}

/* Passes one message from the relay to the session. */
static int give(struct bench *bench, const char *json)
{
	uint8_t data[4096];
	return lp_session_receive(bench->session, data, frame(data, json), NOW);
}

#define WELCOME \
	"{\"type\":\"welcome\",\"peer_id\":3,\"room\":\"PARTY\",\"mtu\":1500,\"gateway_present\":false," \
	"\"stats_interval_s\":10,\"resume\":\"abc123\"}"
#define WELCOME_WITH_GATEWAY \
	"{\"type\":\"welcome\",\"peer_id\":3,\"room\":\"PARTY\",\"mtu\":1500,\"gateway_present\":true}"
#define GATEWAY_CAME \
	"{\"type\":\"peer_joined\",\"peer_id\":9,\"role\":\"gateway\",\"mac\":\"00:11:22:33:44:55\",\"name\":" \
	"\"basement\"}"
#define GATEWAY_LEFT "{\"type\":\"peer_left\",\"peer_id\":9,\"reason\":\"timeout\"}"
#define STATS \
	"{\"type\":\"stats\",\"frames_in\":77,\"frames_out\":0,\"bytes_in\":0,\"bytes_out\":0,\"datagrams_in\":0," \
	"\"datagrams_out\":0}"
#define HELLO(resume) \
	"> {\"type\":\"hello\",\"version\":1,\"role\":\"client\",\"room\":\"Party\",\"mac\":\"02:00:00:00:00:01\"," \
	"\"datagram_budget\":1200,\"name\":\"me\",\"software\":\"test 1\"" resume "}\n"

/* Brings a session to the given state. */
static void bring_to(struct bench *bench, enum lp_session_state wanted)
{
	if (wanted == LP_SESSION_IDLE)
		return;
	lp_session_start(bench->session, 1200, NOW);
	if (wanted == LP_SESSION_JOINED)
		assert_int_equal(give(bench, WELCOME), 0);
	if (wanted == LP_SESSION_ENDED)
		lp_session_goodbye(bench->session, LP_REASON_GOODBYE, "");
	assert_int_equal(lp_session_state(bench->session), wanted);
	bench->told[0] = '\0';
}

/* Every message in every state. */
static void test_messages(void **state)
{
	(void)state;
#define BROKEN "the relay broke the protocol: "
	static const struct {
		enum lp_session_state before;
		const char *json, *told;
		enum lp_session_state after;
		int result;
	} rows[] = {
		{LP_SESSION_JOINING, WELCOME, "joined PARTY as 3\n", LP_SESSION_JOINED, 0},
		{LP_SESSION_JOINING, "{\"type\":\"reject\",\"code\":\"room_full\",\"message\":\"12 of 12\"}",
			"rejected room_full: 12 of 12\n", LP_SESSION_ENDED, 0},
		{LP_SESSION_JOINING, "{\"type\":\"disconnect\",\"code\":\"shutdown\",\"message\":\"bye\"}",
			"disconnected shutdown: bye\n", LP_SESSION_ENDED, 0},
		{LP_SESSION_JOINING, "{\"type\":\"later\"}", "", LP_SESSION_JOINING, 0},
		{LP_SESSION_JOINING, GATEWAY_CAME, BROKEN "a message before the welcome", LP_SESSION_ENDED, LP_EPROTO},
		{LP_SESSION_JOINING, GATEWAY_LEFT, BROKEN "a message before the welcome", LP_SESSION_ENDED, LP_EPROTO},
		{LP_SESSION_JOINING, STATS, BROKEN "a message before the welcome", LP_SESSION_ENDED, LP_EPROTO},
		{LP_SESSION_JOINING, "{\"type\":\"hello\",\"version\":2}", BROKEN "a hello", LP_SESSION_ENDED,
			LP_EPROTO},
		{LP_SESSION_JOINING, "{\"type\":\"welcome\"}", BROKEN "welcome: field 'peer_id': missing",
			LP_SESSION_ENDED, LP_EPROTO},
		{LP_SESSION_JOINING,
			"{\"type\":\"welcome\",\"peer_id\":3,\"room\":\"OTHER\",\"mtu\":1500,\"gateway_present\":true}",
			BROKEN "a welcome to another room", LP_SESSION_ENDED, LP_EPROTO},
		{LP_SESSION_JOINED, GATEWAY_CAME, "came 9 gateway 00:11:22:33:44:55 'basement'\n", LP_SESSION_JOINED,
			0},
		{LP_SESSION_JOINED, GATEWAY_LEFT, "left 9 client 00:00:00:00:00:00 '' timeout\n", LP_SESSION_JOINED, 0},
		{LP_SESSION_JOINED, STATS, "stats 77\n", LP_SESSION_JOINED, 0},
		{LP_SESSION_JOINED, "{\"type\":\"later\"}", "", LP_SESSION_JOINED, 0},
		{LP_SESSION_JOINED, "{\"type\":\"disconnect\",\"code\":\"restarting\",\"message\":\"\"}",
			"disconnected restarting: \n", LP_SESSION_ENDED, 0},
		{LP_SESSION_JOINED, WELCOME, BROKEN "a second welcome", LP_SESSION_ENDED, LP_EPROTO},
		{LP_SESSION_JOINED, "{\"type\":\"reject\",\"code\":\"room_full\",\"message\":\"\"}",
			BROKEN "a reject after the welcome", LP_SESSION_ENDED, LP_EPROTO},
		{LP_SESSION_JOINED, "{\"type\":\"hello\",\"version\":2}", BROKEN "a hello", LP_SESSION_ENDED,
			LP_EPROTO},
		{LP_SESSION_JOINED, "{", BROKEN "control message: not complete", LP_SESSION_ENDED, LP_EPROTO},
		{LP_SESSION_JOINED, "", BROKEN "an impossible message length", LP_SESSION_ENDED, LP_EPROTO},
		{LP_SESSION_JOINED, "{\"type\":\"peer_left\",\"peer_id\":3,\"reason\":\"goodbye\"}",
			BROKEN "a peer_left with our own id", LP_SESSION_ENDED, LP_EPROTO},
		{LP_SESSION_JOINED,
			"{\"type\":\"peer_joined\",\"peer_id\":3,\"role\":\"client\",\"mac\":\"02:00:00:00:00:01\"}",
			BROKEN "a peer_joined with our own id", LP_SESSION_ENDED, LP_EPROTO},
		{LP_SESSION_IDLE, WELCOME, "", LP_SESSION_IDLE, 0},
		{LP_SESSION_IDLE, "{", "", LP_SESSION_IDLE, 0},
		{LP_SESSION_ENDED, WELCOME, "", LP_SESSION_ENDED, 0},
		{LP_SESSION_ENDED, "", "", LP_SESSION_ENDED, 0},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct bench bench;
		bench_init(&bench, LP_ROLE_CLIENT);
		bring_to(&bench, rows[i].before);
		assert_int_equal(give(&bench, rows[i].json), rows[i].result);
		assert_int_equal(lp_session_state(bench.session), rows[i].after);
		if (rows[i].result < 0) {
			char start[256];
			snprintf(start, sizeof start, "failed %d: %s", LP_EPROTO, rows[i].told);
			bench.told[strlen(start)] = '\0';
			expect(&bench, start);
		} else {
			expect(&bench, rows[i].told);
		}
		if (rows[i].after != LP_SESSION_JOINED)
			assert_null(lp_session_welcome(bench.session));
		bench_done(&bench);
	}
}

/* Join, update, leave: the entry is added, changed and removed. */
static void test_peers(void **state)
{
	(void)state;
	struct bench bench;
	bench_init(&bench, LP_ROLE_CLIENT);
	bring_to(&bench, LP_SESSION_JOINED);
	assert_int_equal(lp_session_peer_count(bench.session), 0);
	give(&bench, GATEWAY_CAME);
	give(&bench, "{\"type\":\"peer_joined\",\"peer_id\":4,\"role\":\"client\",\"mac\":\"02:00:00:00:00:04\"}");
	expect(&bench, "came 9 gateway 00:11:22:33:44:55 'basement'\ncame 4 client 02:00:00:00:00:04 ''\n");
	assert_int_equal(lp_session_peer_count(bench.session), 2);
	assert_int_equal(lp_session_peer_at(bench.session, 0)->peer_id, 4);
	assert_string_equal(lp_session_peer_at(bench.session, 1)->name, "basement");
	assert_int_equal(lp_session_peer_at(bench.session, 1)->peer_id, 9);
	assert_null(lp_session_peer_at(bench.session, 2));

	give(&bench, "{\"type\":\"peer_joined\",\"peer_id\":4,\"role\":\"client\",\"mac\":\"02:00:00:00:00:05\","
		     "\"name\":\"Zoë\"}");
	expect(&bench, "known came 4 client 02:00:00:00:00:05 'Zoë'\n");
	assert_int_equal(lp_session_peer_count(bench.session), 2);

	give(&bench, "{\"type\":\"peer_left\",\"peer_id\":4,\"reason\":\"goodbye\"}");
	expect(&bench, "known left 4 client 02:00:00:00:00:05 'Zoë' goodbye\n");
	give(&bench, "{\"type\":\"peer_left\",\"peer_id\":4,\"reason\":\"goodbye\"}");
	expect(&bench, "left 4 client 00:00:00:00:00:00 '' goodbye\n");
	assert_int_equal(lp_session_peer_count(bench.session), 1);
	assert_int_equal(lp_session_peer_at(bench.session, 0)->peer_id, 9);

	lp_session_stop(bench.session);
	expect(&bench, "");
	assert_int_equal(lp_session_peer_count(bench.session), 0);
	bench_done(&bench);
}

/* Whether a gateway is present, by welcome and by later messages. */
static void test_gateway_present(void **state)
{
	(void)state;
	struct bench bench;
	bench_init(&bench, LP_ROLE_CLIENT);
	bring_to(&bench, LP_SESSION_JOINED);
	assert_false(lp_session_gateway_present(bench.session));
	assert_null(lp_session_gateway(bench.session));
	give(&bench, GATEWAY_CAME);
	assert_true(lp_session_gateway_present(bench.session));
	assert_string_equal(lp_session_gateway(bench.session)->name, "basement");
	give(&bench, "{\"type\":\"peer_left\",\"peer_id\":8,\"reason\":\"goodbye\"}");
	assert_true(lp_session_gateway_present(bench.session));
	give(&bench, GATEWAY_LEFT);
	assert_false(lp_session_gateway_present(bench.session));
	assert_null(lp_session_gateway(bench.session));

	/* The id is used again with another role. */
	give(&bench, GATEWAY_CAME);
	give(&bench, "{\"type\":\"peer_joined\",\"peer_id\":9,\"role\":\"client\",\"mac\":\"02:00:00:00:00:09\"}");
	assert_false(lp_session_gateway_present(bench.session));

	/* The value of welcome counts until the gateway is announced, and ends with the connection. */
	lp_session_start(bench.session, 1200, NOW);
	give(&bench, WELCOME_WITH_GATEWAY);
	assert_true(lp_session_gateway_present(bench.session));
	assert_null(lp_session_gateway(bench.session));
	give(&bench, GATEWAY_CAME);
	give(&bench, GATEWAY_LEFT);
	assert_false(lp_session_gateway_present(bench.session));
	lp_session_start(bench.session, 1200, NOW);
	assert_false(lp_session_gateway_present(bench.session));
	bench_done(&bench);

	bench_init(&bench, LP_ROLE_GATEWAY);
	bring_to(&bench, LP_SESSION_JOINED);
	assert_true(lp_session_gateway_present(bench.session));
	bench_done(&bench);
}

/* The token of a welcome is sent in the next hello; a goodbye discards it. */
static void test_resume(void **state)
{
	(void)state;
	struct bench bench;
	bench_init(&bench, LP_ROLE_CLIENT);
	lp_session_start(bench.session, 1200, NOW);
	expect(&bench, HELLO(""));
	give(&bench, WELCOME);
	lp_session_stop(bench.session);
	bench.told[0] = '\0';
	lp_session_start(bench.session, 1200, NOW);
	expect(&bench, HELLO(",\"resume\":\"abc123\""));
	/* A reject or a lost connection keeps it. */
	give(&bench, "{\"type\":\"reject\",\"code\":\"relay_full\",\"message\":\"\"}");
	bench.told[0] = '\0';
	lp_session_start(bench.session, 1200, NOW);
	expect(&bench, HELLO(",\"resume\":\"abc123\""));
	/* A welcome without a token: there is none. */
	give(&bench, WELCOME_WITH_GATEWAY);
	bench.told[0] = '\0';
	lp_session_start(bench.session, 1200, NOW);
	expect(&bench, HELLO(""));
	give(&bench, WELCOME);
	lp_session_goodbye(bench.session, LP_REASON_GOODBYE, "enough");
	expect(&bench, "joined PARTY as 3\n> {\"type\":\"disconnect\",\"code\":\"goodbye\",\"message\":\"enough\"}\n");
	lp_session_start(bench.session, 1200, NOW);
	expect(&bench, HELLO(""));
	bench_done(&bench);

	struct lp_session_config config = {.room = "ABC", .resume = "0123", .events = &events, .ctx = &bench};
	lp_ctrl_stream_init(&bench.sent);
	assert_int_equal(lp_session_new(&config, &bench.session), 0);
	lp_session_start(bench.session, 1, NOW);
	assert_non_null(strstr(bench.told, "\"resume\":\"0123\""));
	bench_done(&bench);
	strcpy(config.resume, "xyz");
	assert_int_equal(lp_session_new(&config, &bench.session), LP_EINVAL);
}

static void test_welcome_timeout(void **state)
{
	(void)state;
	struct bench bench;
	bench_init(&bench, LP_ROLE_CLIENT);
	assert_false(lp_session_expire(bench.session, NOW + 100 * LP_SEC));
	lp_session_start(bench.session, 1200, NOW);
	assert_true(lp_session_deadline(bench.session) == NOW + LP_SESSION_WELCOME_NS);
	bench.told[0] = '\0';
	assert_false(lp_session_expire(bench.session, NOW + LP_SESSION_WELCOME_NS - 1));
	expect(&bench, "");
	assert_false(lp_session_expire(bench.session, NOW + LP_SESSION_WELCOME_NS));
	char told[200];
	snprintf(told, sizeof told, "failed %d: the relay did not answer the hello within 10 s\n", LP_ETIMEOUT);
	expect(&bench, told);
	assert_int_equal(lp_session_state(bench.session), LP_SESSION_ENDED);
	assert_true(lp_session_deadline(bench.session) == LP_NEVER);
	assert_false(lp_session_expire(bench.session, NOW + 20 * LP_SEC));
	expect(&bench, "");
	bench_done(&bench);
}

static void test_stats_interval(void **state)
{
	(void)state;
	struct bench bench;
	struct lp_stats_message stats = {.counters = {.frames_in = 1, .drops = {[LP_DROP_DEVICE] = 2}}, .rtt_us = 12};
	bench_init(&bench, LP_ROLE_CLIENT);
	lp_session_send_stats(bench.session, &stats, NOW);
	expect(&bench, "");
	bring_to(&bench, LP_SESSION_JOINED);
	assert_true(lp_session_deadline(bench.session) == NOW + 10 * LP_SEC);
	assert_false(lp_session_expire(bench.session, NOW + 10 * LP_SEC - 1));
	assert_true(lp_session_expire(bench.session, NOW + 10 * LP_SEC));
	assert_false(lp_session_expire(bench.session, NOW + 10 * LP_SEC));
	assert_true(lp_session_deadline(bench.session) == NOW + 20 * LP_SEC);
	lp_session_send_stats(bench.session, &stats, NOW + 11 * LP_SEC);
	assert_true(lp_session_deadline(bench.session) == NOW + 21 * LP_SEC);
	expect(&bench, "> {\"type\":\"stats\",\"frames_in\":1,\"frames_out\":0,\"bytes_in\":0,\"bytes_out\":0,"
		       "\"datagrams_in\":0,\"datagrams_out\":0,\"drops\":{\"device\":2},\"rtt_us\":12}\n");
	/* A relay that requests no stats. */
	lp_session_start(bench.session, 1200, NOW);
	give(&bench, WELCOME_WITH_GATEWAY);
	assert_true(lp_session_deadline(bench.session) == LP_NEVER);
	bench_done(&bench);
}

static void test_goodbye(void **state)
{
	(void)state;
	struct bench bench;
	bench_init(&bench, LP_ROLE_CLIENT);
	lp_session_goodbye(bench.session, LP_REASON_GOODBYE, "");
	expect(&bench, "");
	bring_to(&bench, LP_SESSION_JOINING);
	lp_session_goodbye(bench.session, LP_REASON_SHUTDOWN, "");
	expect(&bench, "> {\"type\":\"disconnect\",\"code\":\"shutdown\",\"message\":\"\"}\n");
	lp_session_goodbye(bench.session, LP_REASON_SHUTDOWN, "");
	expect(&bench, "");
	assert_int_equal(lp_session_state(bench.session), LP_SESSION_ENDED);
	bench_done(&bench);
}

/* More peers than the list holds: all are announced, and the gateway is still known to be present. */
static void test_many_peers(void **state)
{
	(void)state;
	struct bench bench;
	char json[200];
	bench_init(&bench, LP_ROLE_CLIENT);
	bring_to(&bench, LP_SESSION_JOINED);
	for (unsigned i = 0; i < LP_SESSION_PEERS_MAX + 10; i++) {
		snprintf(json, sizeof json,
			"{\"type\":\"peer_joined\",\"peer_id\":%u,\"role\":\"%s\",\"mac\":\"02:00:00:00:00:01\"}",
			10 + i, i == LP_SESSION_PEERS_MAX + 5 ? "gateway" : "client");
		assert_int_equal(give(&bench, json), 0);
		assert_int_equal(strncmp(bench.told, "came ", 5), 0);
		bench.told[0] = '\0';
	}
	assert_int_equal(lp_session_peer_count(bench.session), LP_SESSION_PEERS_MAX);
	assert_int_equal(lp_session_counters(bench.session)->peers_forgotten, 10);
	assert_true(lp_session_gateway_present(bench.session));
	assert_null(lp_session_gateway(bench.session));
	snprintf(json, sizeof json, "{\"type\":\"peer_left\",\"peer_id\":%u,\"reason\":\"goodbye\"}",
		10 + LP_SESSION_PEERS_MAX + 5);
	give(&bench, json);
	assert_false(lp_session_gateway_present(bench.session));
	bench_done(&bench);
}

/* All messages in one run of bytes, split at every position, give the same callbacks. */
static void test_split(void **state)
{
	(void)state;
	static const char *const script[] = {WELCOME, GATEWAY_CAME, "{\"type\":\"later\"}", STATS, GATEWAY_LEFT};
	static const char told[] = "joined PARTY as 3\ncame 9 gateway 00:11:22:33:44:55 'basement'\nstats 77\n"
				   "known left 9 gateway 00:11:22:33:44:55 'basement' timeout\n";
	uint8_t data[4096];
	size_t len = 0;
	for (size_t i = 0; i < sizeof script / sizeof script[0]; i++)
		len += frame(data + len, script[i]);
	for (size_t cut = 0; cut <= len; cut++) {
		struct bench bench;
		bench_init(&bench, LP_ROLE_CLIENT);
		bring_to(&bench, LP_SESSION_JOINING);
		assert_int_equal(lp_session_receive(bench.session, data, cut, NOW), 0);
		assert_int_equal(lp_session_receive(bench.session, data + cut, len - cut, NOW), 0);
		expect(&bench, told);
		assert_int_equal(lp_session_counters(bench.session)->messages_in, 5);
		assert_int_equal(lp_session_counters(bench.session)->unknown_messages, 1);
		bench_done(&bench);
	}
}

/* What an owner does from inside a callback. */
static void stop_inside(struct bench *bench)
{
	lp_session_stop(bench->session);
}

static void restart_inside(struct bench *bench)
{
	bench->on_event = NULL;
	lp_session_stop(bench->session);
	lp_session_start(bench->session, 1200, NOW);
}

static void goodbye_inside(struct bench *bench)
{
	bench->on_event = NULL;
	lp_session_goodbye(bench->session, LP_REASON_GOODBYE, "");
}

/* Stopping, starting again and leaving from inside a callback: the remaining bytes are discarded. */
static void test_reentrance(void **state)
{
	(void)state;
	static const struct {
		void (*on_event)(struct bench *bench);
		enum lp_session_state after;
	} rows[] = {
		{stop_inside, LP_SESSION_IDLE},
		{restart_inside, LP_SESSION_JOINING},
		{goodbye_inside, LP_SESSION_ENDED},
	};
	static const char *const firsts[] = {
		WELCOME,
		"{\"type\":\"reject\",\"code\":\"room_full\",\"message\":\"\"}",
		"{\"type\":\"disconnect\",\"code\":\"goodbye\",\"message\":\"\"}",
		"{\"type\":\"hello\",\"version\":2}",
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		for (size_t k = 0; k < sizeof firsts / sizeof firsts[0]; k++) {
			struct bench bench;
			uint8_t data[1024];
			size_t len = frame(data, firsts[k]);
			len += frame(data + len, WELCOME);
			bench_init(&bench, LP_ROLE_CLIENT);
			bring_to(&bench, LP_SESSION_JOINING);
			bench.on_event = rows[i].on_event;
			assert_int_equal(lp_session_receive(bench.session, data, len, NOW), k == 3 ? LP_EPROTO : 0);
			assert_int_equal(lp_session_state(bench.session), rows[i].after);
			bench.on_event = NULL;
			bench_done(&bench);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_peers),
		cmocka_unit_test(test_gateway_present),
		cmocka_unit_test(test_resume),
		cmocka_unit_test(test_welcome_timeout),
		cmocka_unit_test(test_stats_interval),
		cmocka_unit_test(test_goodbye),
		cmocka_unit_test(test_many_peers),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_reentrance),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
