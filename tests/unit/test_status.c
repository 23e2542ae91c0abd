/* The status line: its text, and that it changes only with the situation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/units.h"
#include "report/status.h"

/* What the member and the device report. */
struct input {
	enum lp_member_state state;
	bool gateway_present, gateway_lan_down, slot_held;
	const char *gateway_name, *reason;
	uint64_t retry_ns;
	enum lp_device_trouble trouble;
	bool no_address, silent_lan;
};

/* One moment: the input, and the line that follows (NULL: unchanged). */
struct moment {
	struct input input;
	enum lp_summary summary;
	const char *text;
};

#define SEEKING \
	{ \
		.state = LP_MEMBER_CONNECTING \
	}
#define JOINED(present, name) \
	{ \
		.state = LP_MEMBER_JOINED, .gateway_present = present, .gateway_name = name \
	}
#define PAUSING(why, ms) \
	{ \
		.state = LP_MEMBER_WAITING, .reason = why, .retry_ns = (ms)*LP_MS \
	}
#define HELD \
	{ \
		.state = LP_MEMBER_WAITING, .slot_held = true, .reason = "duplicate_mac", .retry_ns = 300 * LP_MS \
	}
#define SEEKING_HELD \
	{ \
		.state = LP_MEMBER_CONNECTING, .slot_held = true \
	}
#define OVER(why) \
	{ \
		.state = LP_MEMBER_ENDED, .reason = why \
	}

/* Updates |status| with the input. True if the line changed. */
static bool update(struct lp_status *status, const struct input *input)
{
	status->state = input->state;
	status->gateway_present = input->gateway_present;
	status->gateway_lan_down = input->gateway_lan_down;
	status->slot_held = input->slot_held;
	status->retry_ns = input->retry_ns;
	status->trouble = input->trouble;
	if (!input->no_address)
		status->device.address = (struct lp_addr){.ip = {192, 0, 2, 17}, .family = 4};
	else
		status->device.address.family = 0;
	status->lan_answered = !input->silent_lan;
	snprintf(status->gateway_name, sizeof status->gateway_name, "%s",
		input->gateway_name ? input->gateway_name : "");
	snprintf(status->reason, sizeof status->reason, "%.399s", input->reason ? input->reason : "");
	return lp_status_update(status);
}

/* Plays a sequence of moments to a new status. */
static void play(enum lp_role role, const struct moment *moments, size_t n_moments)
{
	struct lp_status status;
	lp_status_init(&status, role, "relay.example:443", "PARTY");
	strcpy(status.device_name, role == LP_ROLE_GATEWAY ? "eth1" : "lan0");
	assert_string_equal(status.text, "");
	for (size_t i = 0; i < n_moments; i++) {
		const struct moment *m = &moments[i];
		bool changed = update(&status, &m->input);
		if (changed != (m->text != NULL) || (m->text && strcmp(m->text, status.text) != 0))
			fail_msg("moment %zu: %s: %s", i, changed ? "changed" : "same", status.text);
		assert_int_equal(status.summary, m->summary);
		assert_false(update(&status, &m->input));
	}
}

static void test_evening(void **state)
{
	(void)state;
	static const struct moment evening[] = {
		{SEEKING, LP_SUMMARY_CONNECTING, "connecting to relay.example:443"},
		{JOINED(false, NULL), LP_SUMMARY_WAITING_FOR_GATEWAY, "in room PARTY, waiting for the host's gateway"},
		{JOINED(true, "basement"), LP_SUMMARY_ON_LAN,
			"on the LAN as 192.0.2.17, room PARTY, gateway 'basement'"},
		{JOINED(true, "attic"), LP_SUMMARY_ON_LAN, "on the LAN as 192.0.2.17, room PARTY, gateway 'attic'"},
		{JOINED(false, NULL), LP_SUMMARY_GATEWAY_GONE,
			"in room PARTY, but the gateway 'attic' is gone. Waiting for it to come back"},
		{JOINED(true, ""), LP_SUMMARY_ON_LAN, "on the LAN as 192.0.2.17, room PARTY, gateway present"},
		{PAUSING("timed out", 300), LP_SUMMARY_RECONNECTING, "connection lost, reconnecting: timed out"},
		{SEEKING, LP_SUMMARY_RECONNECTING, NULL},
		{PAUSING("timed out", 450), LP_SUMMARY_UNREACHABLE,
			"no connection to relay.example:443, still trying: timed out"},
		{SEEKING, LP_SUMMARY_UNREACHABLE, NULL},
		{PAUSING("timed out", 600), LP_SUMMARY_UNREACHABLE, NULL},
		{SEEKING, LP_SUMMARY_UNREACHABLE, NULL},
		{PAUSING("no route", 900), LP_SUMMARY_UNREACHABLE,
			"no connection to relay.example:443, still trying: no route"},
		{SEEKING, LP_SUMMARY_UNREACHABLE, NULL},
		{JOINED(false, NULL), LP_SUMMARY_GATEWAY_GONE,
			"in room PARTY, but the gateway is gone. Waiting for it to come back"},
		{JOINED(true, "basement"), LP_SUMMARY_ON_LAN,
			"on the LAN as 192.0.2.17, room PARTY, gateway 'basement'"},
		{PAUSING("timed out", 300), LP_SUMMARY_RECONNECTING, "connection lost, reconnecting: timed out"},
		{OVER(""), LP_SUMMARY_ENDED, "left room PARTY"},
	};
	play(LP_ROLE_CLIENT, evening, sizeof evening / sizeof evening[0]);
}

static void test_never_there(void **state)
{
	(void)state;
	static const struct moment attempts[] = {
		{SEEKING, LP_SUMMARY_CONNECTING, "connecting to relay.example:443"},
		{PAUSING("refused", 300), LP_SUMMARY_UNREACHABLE,
			"no connection to relay.example:443, still trying: refused"},
		{SEEKING, LP_SUMMARY_UNREACHABLE, NULL},
		{OVER("room_full: 12 of 12"), LP_SUMMARY_ENDED, "ended: room_full: 12 of 12"},
	};
	play(LP_ROLE_CLIENT, attempts, sizeof attempts / sizeof attempts[0]);
}

static void test_place_held(void **state)
{
	(void)state;
	static const struct moment attempts[] = {
		{SEEKING, LP_SUMMARY_CONNECTING, "connecting to relay.example:443"},
		{HELD, LP_SUMMARY_SLOT_HELD,
			"room PARTY already has a member with this MAC address, perhaps from a run that crashed. Retrying "
			"for 30 s. If another lanparty-client runs here, stop one of the two"},
		{SEEKING_HELD, LP_SUMMARY_SLOT_HELD, NULL},
		{HELD, LP_SUMMARY_SLOT_HELD, NULL},
		{SEEKING_HELD, LP_SUMMARY_SLOT_HELD, NULL},
		{JOINED(false, NULL), LP_SUMMARY_WAITING_FOR_GATEWAY, "in room PARTY, waiting for the host's gateway"},
		/* Our own device comes before the gateway. */
		{{.state = LP_MEMBER_JOINED, .trouble = LP_DEVICE_TROUBLE_DISABLED}, LP_SUMMARY_NO_LAN,
			"in room PARTY, waiting for the LAN: lan0 is down"},
		{JOINED(true, "attic"), LP_SUMMARY_ON_LAN, "on the LAN as 192.0.2.17, room PARTY, gateway 'attic'"},
		{{.state = LP_MEMBER_JOINED,
			 .gateway_present = true,
			 .gateway_name = "attic",
			 .gateway_lan_down = true},
			LP_SUMMARY_NO_LAN,
			"in room PARTY, waiting for the LAN: the gateway 'attic' has no link to it, its cable may be out"},
		/* What a gateway reported ends with it. */
		{{.state = LP_MEMBER_JOINED, .gateway_lan_down = true}, LP_SUMMARY_GATEWAY_GONE,
			"in room PARTY, but the gateway 'attic' is gone. Waiting for it to come back"},
	};
	play(LP_ROLE_CLIENT, attempts, sizeof attempts / sizeof attempts[0]);
}

/* "On the LAN" needs an address, and a station of the LAN that has answered. */
static void test_one_thing_is_missing(void **state)
{
	(void)state;
	static const struct moment moments[] = {
		{{.state = LP_MEMBER_JOINED, .gateway_present = true, .no_address = true, .silent_lan = true},
			LP_SUMMARY_NO_ADDRESS, "in room PARTY, but lan0 has no IP address of the LAN yet"},
		{{.state = LP_MEMBER_JOINED, .gateway_present = true, .silent_lan = true}, LP_SUMMARY_NO_ANSWER,
			"in room PARTY as 192.0.2.17, but nothing on the LAN has answered yet"},
		{JOINED(true, ""), LP_SUMMARY_ON_LAN, "on the LAN as 192.0.2.17, room PARTY, gateway present"},
		{{.state = LP_MEMBER_JOINED, .gateway_present = true, .no_address = true}, LP_SUMMARY_NO_ADDRESS,
			"in room PARTY, but lan0 has no IP address of the LAN yet"},
	};
	play(LP_ROLE_CLIENT, moments, sizeof moments / sizeof moments[0]);
}

/* A misspelt room code makes a room of its own. */
static void test_alone(void **state)
{
	(void)state;
	struct lp_status status;
	lp_status_init(&status, LP_ROLE_CLIENT, "relay.example:443", "PARTY");
	status.state = LP_MEMBER_JOINED;
	for (uint64_t s = 1; s <= 3; s++) {
		(void)lp_status_update(&status);
		assert_string_equal(status.text, "in room PARTY, waiting for the host's gateway");
		lp_status_sample(&status, s * LP_SEC);
	}
	assert_true(lp_status_update(&status));
	assert_string_equal(
		status.text, "nobody else is in room PARTY. Check the spelling of the room code, or wait for the host");
	status.n_peers = 1;
	lp_status_sample(&status, 4 * LP_SEC);
	assert_true(lp_status_update(&status));
	assert_string_equal(status.text, "in room PARTY, waiting for the host's gateway");
}

static void test_gateway(void **state)
{
	(void)state;
	static const struct moment moments[] = {
		{JOINED(true, NULL), LP_SUMMARY_ON_LAN, "room PARTY is on this LAN"},
		{JOINED(false, NULL), LP_SUMMARY_ON_LAN, NULL},
		{{.state = LP_MEMBER_JOINED, .trouble = LP_DEVICE_TROUBLE_DISABLED}, LP_SUMMARY_NO_LAN,
			"in room PARTY, waiting for the LAN: eth1 is down"},
		{JOINED(false, NULL), LP_SUMMARY_ON_LAN, "room PARTY is on this LAN"},
		/* Reconnecting without a wait: the network changed. */
		{SEEKING, LP_SUMMARY_RECONNECTING, "connection lost, reconnecting"},
		{JOINED(false, NULL), LP_SUMMARY_ON_LAN, "room PARTY is on this LAN"},
		{PAUSING(NULL, 0), LP_SUMMARY_RECONNECTING, "connection lost, reconnecting"},
	};
	play(LP_ROLE_GATEWAY, moments, sizeof moments / sizeof moments[0]);
}

/* Text of peers cannot control the terminal, and text that is too long is cut. */
static void test_hostile(void **state)
{
	(void)state;
	struct lp_status status;
	char name[LP_NAME_MAX + 1], reason[2000];
	memset(name, '\x1b', LP_NAME_MAX);
	memset(reason, '\n', sizeof reason - 1);
	name[LP_NAME_MAX] = reason[sizeof reason - 1] = '\0';
	lp_status_init(&status, LP_ROLE_CLIENT, "r", "ABC");
	assert_true(update(&status, &(struct input)JOINED(true, name)));
	assert_null(strchr(status.text, '\x1b'));
	assert_true(update(&status, &(struct input)OVER(reason)));
	assert_null(strchr(status.text, '\n'));
	assert_in_range(strlen(status.text), 500, sizeof status.text - 1);
	assert_string_equal(lp_summary_text(LP_SUMMARY_GATEWAY_GONE), "gateway gone");
	assert_string_equal(lp_member_state_text(LP_MEMBER_WAITING), "waiting");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_evening),
		cmocka_unit_test(test_never_there),
		cmocka_unit_test(test_place_held),
		cmocka_unit_test(test_one_thing_is_missing),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_gateway),
		cmocka_unit_test(test_hostile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
