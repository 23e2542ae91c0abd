/* A member's status as JSON, and the page that the command `status` makes of it. */
#include "report/status_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/text.h"
#include "base/units.h"
#include "report/status.h"

/* Makes the page of a status, by way of its JSON. */
static void page_of(const struct lp_status *status, char page[LP_STATUS_PAGE_MAX])
{
	struct lp_failure failure = {0};
	struct lp_text text;
	char *json = lp_status_json(status, LP_SEC);
	assert_non_null(json);
	lp_text_init(&text, page, LP_STATUS_PAGE_MAX);
	if (lp_status_page(json, strlen(json), &text, &failure) < 0)
		fail_msg("%s", failure.text);
	assert_false(text.cut);
	free(json);
}

static void test_joined(void **state)
{
	struct lp_status status;
	char page[LP_STATUS_PAGE_MAX];
	(void)state;
	lp_status_init(&status, LP_ROLE_CLIENT, "play.example.org:443", "PARTY-1");
	snprintf(status.device_name, sizeof status.device_name, "lan0");
	snprintf(status.gateway_name, sizeof status.gateway_name, "base\x1b[2Jment");
	status.state = LP_MEMBER_JOINED;
	status.gateway_present = true;
	status.n_peers = 3;
	status.n_members = 3;
	status.members[0] = (struct lp_status_member){.role = LP_ROLE_GATEWAY, .name = "basement", .route = "relay"};
	status.members[1] = (struct lp_status_member){.role = LP_ROLE_CLIENT,
		.name = "Bob\n",
		.route = "direct",
		.rtt_us = 5600,
		.packets_lost = 3,
		.bytes_in = 45000,
		.bytes_out = 7};
	status.members[2] = (struct lp_status_member){.role = LP_ROLE_CLIENT, .route = "relay"};
	status.mtu = 1500;
	status.unfragmented_mtu = 1422;
	status.rtt_ns = 12340 * LP_US;
	status.device.up = status.device.enabled = true;
	status.device.address = (struct lp_addr){.family = 4, .ip = {10, 0, 0, 5}};
	status.mac = (struct lp_mac){{2, 0, 0, 0, 0, 1}};
	status.counters.frames_in = 123;
	status.counters.bytes_in = 45000;
	status.counters.drops[LP_DROP_OVERSIZE] = 2;
	status.has_relay_stats = true;
	status.relay_stats.gateway_rtt_us = 1000;
	status.relay_stats.counters.drops[LP_DROP_QUEUE_FULL] = 7;
	lp_status_update(&status);
	page_of(&status, page);
	const char *rest = strchr(page, '\n');
	assert_non_null(rest);
	assert_non_null(strstr(page, "on the LAN"));
	assert_string_equal(rest,
		"\nrelay      play.example.org:443, RTT 12.3 ms, jitter 0.0 ms, loss 0.0 % up, 0.0 % down\n"
		"room       PARTY-1, 3 other members, MTU 1500, without fragments up to 1422\n"
		"gateway    base\\x1b[2Jment, estimated RTT 13.3 ms\n"
		"player     Bob\\x0a, route direct, RTT 5.6 ms, 3 packets lost, received 45 kB, sent 7 B\n"
		"player     (without a name), route relay\n"
		"device     lan0, 02:00:00:00:00:01, 10.0.0.5\n"
		"received   123 frames, 45 kB, now 0.0 Mbit/s\n"
		"sent       0 frames, 0 B, now 0.0 Mbit/s\n"
		"dropped    oversize 2 here\n"
		"dropped    queue_full 7 at the relay\n");
}

static void test_connecting(void **state)
{
	struct lp_status status;
	char page[LP_STATUS_PAGE_MAX];
	(void)state;
	lp_status_init(&status, LP_ROLE_GATEWAY, "192.0.2.1:443", "PARTY-1");
	snprintf(status.device_name, sizeof status.device_name, "eth1");
	memset(status.reason, 'r', sizeof status.reason - 1); /* longer than the document takes */
	lp_status_update(&status);
	page_of(&status, page);
	assert_non_null(strstr(page, "connecting to 192.0.2.1:443\nrelay      192.0.2.1:443\nroom       PARTY-1\n"));
}

static void test_not_a_status(void **state)
{
	static const char *const rows[] = {"", "[]", "{}", "hello", "{\"version\":1}"};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lp_failure failure = {0};
		struct lp_text text;
		char page[64];
		lp_text_init(&text, page, sizeof page);
		assert_int_equal(lp_status_page(rows[i], strlen(rows[i]), &text, &failure), LP_EMALFORMED);
		assert_string_equal(page, "");
		assert_true(failure.text[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_joined),
		cmocka_unit_test(test_connecting),
		cmocka_unit_test(test_not_a_status),
	};
	return cmocka_run_group_tests_name("status_json", tests, NULL, NULL);
}
