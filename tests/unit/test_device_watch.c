/* Events about a member's device: each is logged once per change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "obs/event.h"
#include "report/device_watch.h"

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

/* One poll: the facts, and the start of the logged text (NULL: none). */
struct moment {
	struct lp_device_facts facts;
	unsigned room_mtu;
	const char *told, *trouble;
};

/* Records the text of the last event. */
static void keep(void *ctx, enum lp_event event, const union lp_value *values)
{
	struct lp_text *text = ctx;
	lp_event_text(text, event, values);
}

/* Applies consecutive polls to a new watch. */
static void play(enum lp_role role, const struct moment *moments, size_t n_moments)
{
	char data[512];
	struct lp_text text;
	struct lp_log log = {.level = LP_LEVEL_INFO, .sink = keep, .ctx = &text};
	struct lp_device_watch watch;
	lp_device_watch_init(&watch, role, "eth1", &(struct lp_mac)OURS, &log);
	for (size_t i = 0; i < n_moments; i++) {
		const char *told = moments[i].told ? moments[i].told : "";
		const char *trouble;
		lp_text_init(&text, data, sizeof data);
		lp_device_watch_look(&watch, &moments[i].facts, moments[i].room_mtu);
		if (strncmp(data, told, strlen(told)) != 0 || (!told[0] && data[0]))
			fail_msg("moment %zu: %s", i, data);
		trouble = lp_device_watch_trouble(&watch);
		assert_string_equal(trouble ? trouble : "", moments[i].trouble ? moments[i].trouble : "");
		lp_text_init(&text, data, sizeof data);
		lp_device_watch_look(&watch, &moments[i].facts, moments[i].room_mtu);
		assert_string_equal(data, "");
	}
}

static void test_gateway(void **state)
{
	(void)state;
	static const struct moment moments[] = {
		{{.enabled = true, .mtu = 1500}, 0, "eth1: no link: is the cable in the switch?", "has no link"},
		{{.enabled = true, .link = true, .mtu = 1500}, 0, "eth1: the interface carries frames again", NULL},
		{{.enabled = true, .link = true, .mtu = 1500}, 1500, NULL, NULL},
		{{.link = true, .mtu = 1500}, 1500, "eth1: the interface is down: 'sudo ip link set eth1 up'",
			"is down"},
		{{.enabled = true, .link = true, .mtu = 1500}, 1500, "eth1: the interface carries frames again", NULL},
		{{.enabled = true, .link = true, .mtu = 1400}, 1500, "eth1 has MTU 1400, the room 1500: ", NULL},
		{{.enabled = true, .link = true, .mtu = 1400}, 0, NULL, NULL},
		{{.enabled = true, .link = true, .mtu = 1400}, 1500, NULL, NULL},
		{{.enabled = true, .link = true, .mtu = 1400}, 1400, NULL, NULL},
		{{.enabled = true, .link = true, .mtu = 9000}, 1400, NULL, NULL},
		{{.enabled = true, .link = true, .mtu = 9000}, 9000, "eth1 has MTU 1500, the room 9000: ", NULL},
		{{.enabled = true, .link = true, .mac = OTHER}, 1500, NULL, NULL},
	};
	play(LP_ROLE_GATEWAY, moments, sizeof moments / sizeof moments[0]);
}

static void test_client(void **state)
{
	(void)state;
	static const struct moment moments[] = {
		{{.mtu = 1500, .mac = OURS}, 0, NULL, NULL}, /* not up yet */
		{{.enabled = true, .mtu = 1400, .mac = OTHER}, 1500, "eth1 has another MAC than this member: ", NULL},
		{{.enabled = true, .mac = OURS}, 1500, NULL, NULL},
		{{.enabled = true, .mtu = 0}, 1500, NULL, NULL},
		{{.enabled = true, .mac = OTHER}, 1500, "eth1 has another MAC than this member: ", NULL},
		{{.mac = OTHER}, 1500, "eth1: the interface is down: 'sudo ip link set eth1 up'", "is down"},
		{{.mac = OTHER}, 0, NULL, "is down"}, /* the relay is unreachable in between */
		{{.enabled = true, .mac = OTHER}, 1500, "eth1: the interface carries frames again", NULL},
		{{.enabled = true, .network_rival = "wlan0", .broadcast_rival = ""}, 1500,
			"eth1 and wlan0 are in the same network: ", NULL},
		{{.enabled = true, .network_rival = "wlan0", .broadcast_rival = "wlan0"}, 1500,
			"broadcasts of this computer do not reach eth1, and games that look for servers by broadcast will "
			"look elsewhere: they leave by wlan0: 'sudo ip route add 255.255.255.255 dev eth1', ",
			NULL},
		{{.enabled = true, .network_rival = "", .broadcast_rival = "wlan0"}, 1500, NULL, NULL},
		{{.enabled = true, .network_rival = "wlan0", .broadcast_rival = ""}, 1500,
			"eth1 and wlan0 are in the same network: ", NULL},
	};
	play(LP_ROLE_CLIENT, moments, sizeof moments / sizeof moments[0]);
}

/* A client without an address logs a warning after a while, once, and only while a gateway is present. */
static void test_no_address(void **state)
{
	(void)state;
	static const struct {
		struct lp_device_facts facts;
		unsigned n_looks;
		bool told;
	} rows[] = {
		{{.enabled = true, .lan = true}, LP_DEVICE_PATIENCE, false},
		{{.enabled = true}, 1, false}, /* the gateway was absent */
		{{.enabled = true}, 3 * LP_DEVICE_PATIENCE, false},
		{{.enabled = true, .lan = true}, LP_DEVICE_PATIENCE, false},
		{{.enabled = true, .lan = true}, 1, true},
		{{.enabled = true, .lan = true}, 3 * LP_DEVICE_PATIENCE, false},
		{{.enabled = true, .lan = true, .has_address = true}, 1, false},
		{{.enabled = true, .lan = true}, LP_DEVICE_PATIENCE, false}, /* another program removed it */
		{{.enabled = true, .lan = true}, 1, true},
	};
	char data[512];
	struct lp_text text;
	struct lp_log log = {.level = LP_LEVEL_INFO, .sink = keep, .ctx = &text};
	struct lp_device_watch watch;
	lp_device_watch_init(&watch, LP_ROLE_CLIENT, "lan0", &(struct lp_mac)OURS, &log);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		lp_text_init(&text, data, sizeof data);
		for (unsigned n = 0; n < rows[i].n_looks; n++)
			lp_device_watch_look(&watch, &rows[i].facts, 1500);
		if ((strstr(data, "'sudo dhclient lan0'") != NULL) != rows[i].told)
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
