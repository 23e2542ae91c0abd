/* What is logged of a member's device, and that it is logged once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "obs/event.h"
#include "report/device_watch.h"
#include "report/status.h"

#define OURS \
	{ \
		{ \
			2, 0, 0, 0, 0, 1 \
		} \
	}
#define OTHER \
	{ \
		{ \
			2, 0, 0, 0, 0, 2 \
		} \
	}

/* A state of the device and the room. */
struct facts {
	bool enabled, link, address, lan;
	unsigned mtu;
	struct lp_mac mac;
	const char *network_conflict, *broadcast_conflict;
};

/* One look: the facts, and the beginning of what is logged (NULL: nothing). */
struct moment {
	struct facts facts;
	unsigned room_mtu;
	const char *logged;
	enum lp_device_trouble trouble;
};

static const char *const problems[] = {
	[LP_DEVICE_PROBLEM_DOWN] = "down",
	[LP_DEVICE_PROBLEM_MAC] = "mac",
	[LP_DEVICE_PROBLEM_ADDRESS] = "address",
	[LP_DEVICE_PROBLEM_BROADCAST] = "broadcast",
	[LP_DEVICE_PROBLEM_NETWORK] = "network",
};

static void advise(enum lp_device_problem problem, const char *device, const char *value, char *ret_text, size_t size)
{
	snprintf(ret_text, size, "Cure %s of %s%s%s", problems[problem], device, value ? " by " : "",
		value ? value : "");
}

static void look(struct lp_device_watch *watch, struct lp_status *status, const struct facts *facts, unsigned room_mtu)
{
	status->device = (struct lp_device_state){
		.enabled = facts->enabled,
		.up = facts->link,
		.mtu = facts->mtu,
		.mac = facts->mac,
	};
	if (facts->address)
		status->device.address = (struct lp_addr){.ip = {192, 0, 2, 17}, .family = 4};
	status->mtu = room_mtu;
	status->gateway_present = facts->lan;
	snprintf(status->network_conflict, sizeof status->network_conflict, "%s",
		facts->network_conflict ? facts->network_conflict : "");
	snprintf(status->broadcast_conflict, sizeof status->broadcast_conflict, "%s",
		facts->broadcast_conflict ? facts->broadcast_conflict : "");
	lp_device_watch_look(watch, status);
}

/* Keeps the text of the last event. */
static void keep(void *ctx, enum lp_event event, const union lp_value *values)
{
	struct lp_text *text = ctx;
	lp_event_text(text, event, values);
}

static void init(struct lp_device_watch *watch, struct lp_status *status, enum lp_role role, const struct lp_log *log)
{
	lp_status_init(status, role, "relay.example:443", "PARTY");
	status->mac = (struct lp_mac)OURS;
	strcpy(status->device_name, role == LP_ROLE_GATEWAY ? "eth1" : "lan0");
	lp_device_watch_init(watch, log, advise);
}

/* Plays a sequence of looks to a new watch. */
static void play(enum lp_role role, const struct moment *moments, size_t n_moments)
{
	char data[512];
	struct lp_text text;
	struct lp_log log = {.level = LP_LEVEL_INFO, .sink = keep, .ctx = &text};
	struct lp_device_watch watch;
	struct lp_status status;
	init(&watch, &status, role, &log);
	for (size_t i = 0; i < n_moments; i++) {
		const char *logged = moments[i].logged ? moments[i].logged : "";
		lp_text_init(&text, data, sizeof data);
		look(&watch, &status, &moments[i].facts, moments[i].room_mtu);
		if (strncmp(data, logged, strlen(logged)) != 0 || (!logged[0] && data[0]))
			fail_msg("moment %zu: %s", i, data);
		assert_int_equal(status.trouble, moments[i].trouble);
		lp_text_init(&text, data, sizeof data);
		look(&watch, &status, &moments[i].facts, moments[i].room_mtu);
		assert_string_equal(data, "");
	}
}

static void test_gateway(void **state)
{
	(void)state;
	static const struct moment moments[] = {
		{{.enabled = true, .mtu = 1500}, 0, "eth1: no link. Is the cable in the switch?",
			LP_DEVICE_TROUBLE_NO_LINK},
		{{.enabled = true, .link = true, .mtu = 1500}, 0, "eth1: the interface carries frames again",
			LP_DEVICE_TROUBLE_NONE},
		{{.enabled = true, .link = true, .mtu = 1500}, 1500, NULL, LP_DEVICE_TROUBLE_NONE},
		{{.link = true, .mtu = 1500}, 1500, "eth1: the interface is down. Cure down of eth1",
			LP_DEVICE_TROUBLE_DISABLED},
		{{.enabled = true, .link = true, .mtu = 1500}, 1500, "eth1: the interface carries frames again",
			LP_DEVICE_TROUBLE_NONE},
		{{.enabled = true, .link = true, .mtu = 1400}, 1500,
			"eth1 has MTU 1400, the room 1500: ", LP_DEVICE_TROUBLE_NONE},
		{{.enabled = true, .link = true, .mtu = 1400}, 0, NULL, LP_DEVICE_TROUBLE_NONE},
		{{.enabled = true, .link = true, .mtu = 1400}, 1500, NULL, LP_DEVICE_TROUBLE_NONE},
		{{.enabled = true, .link = true, .mtu = 1400}, 1400, NULL, LP_DEVICE_TROUBLE_NONE},
		{{.enabled = true, .link = true, .mtu = 9000}, 1400, NULL, LP_DEVICE_TROUBLE_NONE},
		{{.enabled = true, .link = true, .mtu = 9000}, 9000,
			"eth1 has MTU 1500, the room 9000: ", LP_DEVICE_TROUBLE_NONE},
		{{.enabled = true, .link = true, .mac = OTHER}, 1500, NULL, LP_DEVICE_TROUBLE_NONE},
	};
	play(LP_ROLE_GATEWAY, moments, sizeof moments / sizeof moments[0]);
}

static void test_client(void **state)
{
	(void)state;
	static const struct moment moments[] = {
		{{.mtu = 1500, .mac = OURS}, 0, NULL, LP_DEVICE_TROUBLE_NONE}, /* not up yet */
		{{.enabled = true, .mtu = 1400, .mac = OTHER}, 1500,
			"lan0 has another MAC than this member: its frames are dropped. Cure mac of lan0 by 02:00:00:00:00:01, ",
			LP_DEVICE_TROUBLE_NONE},
		{{.enabled = true, .mac = OURS}, 1500, NULL, LP_DEVICE_TROUBLE_NONE},
		{{.enabled = true, .mtu = 0}, 1500, NULL, LP_DEVICE_TROUBLE_NONE},
		{{.enabled = true, .mac = OTHER}, 1500,
			"lan0 has another MAC than this member: its frames are dropped. Cure mac of lan0 by 02:00:00:00:00:01, ",
			LP_DEVICE_TROUBLE_NONE},
		{{.mac = OTHER}, 1500, "lan0: the interface is down. Cure down of lan0", LP_DEVICE_TROUBLE_DISABLED},
		{{.mac = OTHER}, 0, NULL, LP_DEVICE_TROUBLE_DISABLED}, /* the relay is unreachable */
		{{.enabled = true, .mac = OTHER}, 1500, "lan0: the interface carries frames again",
			LP_DEVICE_TROUBLE_NONE},
		{{.enabled = true, .network_conflict = "wlan0", .broadcast_conflict = ""}, 1500,
			"the party's LAN and your own network at wlan0 use the same addresses", LP_DEVICE_TROUBLE_NONE},
		{{.enabled = true, .network_conflict = "wlan0", .broadcast_conflict = "wlan0"}, 1500,
			"broadcasts of this computer don't reach lan0, so games that discover servers by broadcast will "
			"not find the LAN's: they leave by wlan0. Cure broadcast of lan0",
			LP_DEVICE_TROUBLE_NONE},
		{{.enabled = true, .network_conflict = "", .broadcast_conflict = "wlan0"}, 1500, NULL,
			LP_DEVICE_TROUBLE_NONE},
		{{.enabled = true, .network_conflict = "wlan0", .broadcast_conflict = ""}, 1500,
			"the party's LAN and your own network at wlan0 use the same addresses", LP_DEVICE_TROUBLE_NONE},
	};
	play(LP_ROLE_CLIENT, moments, sizeof moments / sizeof moments[0]);
}

/* A client without an address is logged after a while, once, and only if a gateway is present. */
static void test_no_address(void **state)
{
	(void)state;
	static const struct {
		struct facts facts;
		unsigned n_looks;
		bool logged;
	} rows[] = {
		{{.enabled = true, .lan = true}, LP_DEVICE_PATIENCE, false},
		{{.enabled = true}, 1, false}, /* the gateway was absent */
		{{.enabled = true}, 3 * LP_DEVICE_PATIENCE, false},
		{{.enabled = true, .lan = true}, LP_DEVICE_PATIENCE, false},
		{{.enabled = true, .lan = true}, 1, true},
		{{.enabled = true, .lan = true}, 3 * LP_DEVICE_PATIENCE, false},
		{{.enabled = true, .lan = true, .address = true}, 1, false},
		{{.enabled = true, .lan = true}, LP_DEVICE_PATIENCE, false}, /* it was flushed */
		{{.enabled = true, .lan = true}, 1, true},
	};
	char data[512];
	struct lp_text text;
	struct lp_log log = {.level = LP_LEVEL_INFO, .sink = keep, .ctx = &text};
	struct lp_device_watch watch;
	struct lp_status status;
	init(&watch, &status, LP_ROLE_CLIENT, &log);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		lp_text_init(&text, data, sizeof data);
		for (unsigned n = 0; n < rows[i].n_looks; n++)
			look(&watch, &status, &rows[i].facts, 1500);
		if ((strstr(data, "Cure address of lan0") != NULL) != rows[i].logged)
			fail_msg("row %zu: %s", i, data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gateway),
		cmocka_unit_test(test_client),
		cmocka_unit_test(test_no_address),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
