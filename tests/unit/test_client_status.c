/* The status line: its texts, and that it is silent while nothing changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/units.h"
#include "report/status.h"

/* A state, and the line after it (NULL: no change). */
struct moment {
	struct lp_status_input input;
	enum lp_status status;
	const char *text;
};

#define SEEKING \
	{ \
		.phase = LP_STATUS_SEEKING \
	}
#define JOINED(present, name) \
	{ \
		.phase = LP_STATUS_JOINED, .gateway_present = present, .gateway_name = name \
	}
#define PAUSING(why, ms) \
	{ \
		.phase = LP_STATUS_PAUSING, .reason = why, .retry_ns = (ms)*LP_MS \
	}
#define HELD \
	{ \
		.phase = LP_STATUS_PAUSING, .place_held = true, .reason = "duplicate_mac", .retry_ns = 300 * LP_MS \
	}
#define SEEKING_HELD \
	{ \
		.phase = LP_STATUS_SEEKING, .place_held = true \
	}
#define OVER(why) \
	{ \
		.phase = LP_STATUS_OVER, .reason = why \
	}

/* Applies consecutive states to a new line. */
static void play(enum lp_role role, const struct moment *moments, size_t n_moments)
{
	struct lp_status_line line;
	lp_status_line_init(&line, role, "relay.example:443", "PARTY");
	assert_string_equal(line.text, "");
	for (size_t i = 0; i < n_moments; i++) {
		const struct moment *m = &moments[i];
		bool changed = lp_status_line_update(&line, &m->input);
		if (changed != (m->text != NULL) || (m->text && strcmp(m->text, line.text) != 0))
			fail_msg("moment %zu: %s: %s", i, changed ? "changed" : "same", line.text);
		assert_int_equal(line.status, m->status);
		assert_false(lp_status_line_update(&line, &m->input));
	}
}

static void test_evening(void **state)
{
	(void)state;
	static const struct moment evening[] = {
		{SEEKING, LP_STATUS_CONNECTING, "connecting to relay.example:443"},
		{JOINED(false, NULL), LP_STATUS_WAITING_FOR_GATEWAY, "in room PARTY: waiting for the LAN gateway"},
		{JOINED(true, "basement"), LP_STATUS_ON_LAN, "on the LAN: room PARTY, gateway 'basement'"},
		{JOINED(true, "attic"), LP_STATUS_ON_LAN, "on the LAN: room PARTY, gateway 'attic'"},
		{JOINED(false, NULL), LP_STATUS_GATEWAY_GONE,
			"in room PARTY: the LAN gateway 'attic' is gone, waiting for it to come back"},
		{JOINED(true, ""), LP_STATUS_ON_LAN, "on the LAN: room PARTY, gateway present"},
		{PAUSING("timed out", 300), LP_STATUS_RECONNECTING,
			"connection to the relay lost (timed out): reconnecting in 300ms"},
		{SEEKING, LP_STATUS_RECONNECTING, NULL},
		{PAUSING("timed out", 450), LP_STATUS_UNREACHABLE,
			"relay relay.example:443 unreachable (timed out): trying until it answers"},
		{SEEKING, LP_STATUS_UNREACHABLE, NULL},
		{PAUSING("timed out", 600), LP_STATUS_UNREACHABLE, NULL},
		{SEEKING, LP_STATUS_UNREACHABLE, NULL},
		{PAUSING("no route", 900), LP_STATUS_UNREACHABLE,
			"relay relay.example:443 unreachable (no route): trying until it answers"},
		{SEEKING, LP_STATUS_UNREACHABLE, NULL},
		{JOINED(false, NULL), LP_STATUS_GATEWAY_GONE,
			"in room PARTY: the LAN gateway is gone, waiting for it to come back"},
		{JOINED(true, "basement"), LP_STATUS_ON_LAN, "on the LAN: room PARTY, gateway 'basement'"},
		{PAUSING("timed out", 300), LP_STATUS_RECONNECTING,
			"connection to the relay lost (timed out): reconnecting in 300ms"},
		{OVER(""), LP_STATUS_ENDED, "ended"},
	};
	play(LP_ROLE_CLIENT, evening, sizeof evening / sizeof evening[0]);
}

static void test_never_there(void **state)
{
	(void)state;
	static const struct moment attempts[] = {
		{SEEKING, LP_STATUS_CONNECTING, "connecting to relay.example:443"},
		{PAUSING("refused", 300), LP_STATUS_UNREACHABLE,
			"relay relay.example:443 unreachable (refused): trying until it answers"},
		{SEEKING, LP_STATUS_UNREACHABLE, NULL},
		{OVER("room_full: 12 of 12"), LP_STATUS_ENDED, "ended: room_full: 12 of 12"},
	};
	play(LP_ROLE_CLIENT, attempts, sizeof attempts / sizeof attempts[0]);
}

static void test_place_held(void **state)
{
	(void)state;
	static const struct moment attempts[] = {
		{SEEKING, LP_STATUS_CONNECTING, "connecting to relay.example:443"},
		{HELD, LP_STATUS_PLACE_HELD,
			"room PARTY: the relay still holds this place from before: it is free within half a minute; trying "
			"again"},
		{SEEKING_HELD, LP_STATUS_PLACE_HELD, NULL},
		{HELD, LP_STATUS_PLACE_HELD, NULL},
		{SEEKING_HELD, LP_STATUS_PLACE_HELD, NULL},
		{JOINED(false, NULL), LP_STATUS_WAITING_FOR_GATEWAY, "in room PARTY: waiting for the LAN gateway"},
		/* A problem on this computer takes precedence over one elsewhere. */
		{{.phase = LP_STATUS_JOINED, .device = "lan0", .trouble = "is down"}, LP_STATUS_NO_LAN,
			"in room PARTY: waiting for the LAN: lan0 is down"},
		{JOINED(true, "attic"), LP_STATUS_ON_LAN, "on the LAN: room PARTY, gateway 'attic'"},
		{{.phase = LP_STATUS_JOINED,
			 .gateway_present = true,
			 .gateway_name = "attic",
			 .gateway_lan_down = true},
			LP_STATUS_NO_LAN,
			"in room PARTY: waiting for the LAN: the gateway 'attic' has no link to it, its cable may be out"},
		/* A gateway that has left is ignored. */
		{{.phase = LP_STATUS_JOINED, .gateway_lan_down = true}, LP_STATUS_GATEWAY_GONE,
			"in room PARTY: the LAN gateway 'attic' is gone, waiting for it to come back"},
	};
	play(LP_ROLE_CLIENT, attempts, sizeof attempts / sizeof attempts[0]);
}

static void test_gateway(void **state)
{
	(void)state;
	static const struct moment moments[] = {
		{JOINED(true, NULL), LP_STATUS_ON_LAN, "room PARTY is on this LAN"},
		{JOINED(false, NULL), LP_STATUS_ON_LAN, NULL},
		{{.phase = LP_STATUS_JOINED, .device = "eth1", .trouble = "is down"}, LP_STATUS_NO_LAN,
			"in room PARTY: waiting for the LAN: eth1 is down"},
		{JOINED(false, NULL), LP_STATUS_ON_LAN, "room PARTY is on this LAN"},
		/* Immediately, without a backoff: the network changed. */
		{SEEKING, LP_STATUS_RECONNECTING, "connection to the relay lost: reconnecting"},
		{JOINED(false, NULL), LP_STATUS_ON_LAN, "room PARTY is on this LAN"},
		{PAUSING(NULL, 0), LP_STATUS_RECONNECTING, "connection to the relay lost: reconnecting"},
	};
	play(LP_ROLE_GATEWAY, moments, sizeof moments / sizeof moments[0]);
}

/* Text from peers cannot control the terminal, and is truncated if it is too long. */
static void test_hostile(void **state)
{
	(void)state;
	struct lp_status_line line;
	char name[LP_NAME_MAX + 1], reason[2000];
	memset(name, '\x1b', LP_NAME_MAX);
	memset(reason, '\n', sizeof reason - 1);
	name[LP_NAME_MAX] = reason[sizeof reason - 1] = '\0';
	lp_status_line_init(&line, LP_ROLE_CLIENT, "r", "ABC");
	assert_true(lp_status_line_update(&line, &(struct lp_status_input)JOINED(true, name)));
	assert_null(strchr(line.text, '\x1b'));
	assert_true(lp_status_line_update(&line, &(struct lp_status_input)OVER(reason)));
	assert_null(strchr(line.text, '\n'));
	assert_in_range(strlen(line.text), 500, sizeof line.text - 1);
	assert_string_equal(lp_status_word(LP_STATUS_GATEWAY_GONE), "gateway gone");
	assert_string_equal(lp_status_word(LP_STATUS_COUNT), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_evening),
		cmocka_unit_test(test_never_there),
		cmocka_unit_test(test_place_held),
		cmocka_unit_test(test_gateway),
		cmocka_unit_test(test_hostile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
