/* The doctor: verdicts from facts, frames for the LAN, rules of a firewall, and what a report leaves out. */
#include "doctor/doctor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "doctor/lan_frames.h"
#include "doctor/ruleset.h"

/* A session in which nothing is wrong. */
static struct lp_doctor_facts good(void)
{
	struct lp_doctor_facts facts = {
		.program = LP_DOCTOR_OF_CLIENT,
		.running = LP_FACT_YES,
		.relay = "play.example.org:443",
		.room = "PARTY",
		.device = "lan0",
		.invite_good = LP_FACT_YES,
		.name_found = LP_FACT_YES,
		.now_unix_s = 1800000000,
		.built_unix_s = 1790000000,
		.route_device = "eth0",
		.routed = LP_FACT_YES,
		.replied = LP_FACT_YES,
		.trusted = LP_FACT_YES,
		.local = {.family = 4, .ip = {192, 168, 1, 5}, .port = 5000},
		.seen = {.family = 4, .ip = {198, 51, 100, 7}, .port = 6000},
		.sends_singly = LP_FACT_NO,
		.mtu_up = 1400,
		.mtu_down = 1400,
		.multicast_device = "lan0",
		.multicast_routed = LP_FACT_YES,
		.handshake_us = 30000,
		.path_payload = 1440,
		.rtt_us = 12000,
		.jitter_us = 500,
		.loaded_rtt_us = 15000,
		.has_loss = true,
		.joined = LP_FACT_YES,
		.gateway_present = LP_FACT_YES,
		.lan_up = LP_FACT_YES,
		.room_mtu = 1500,
		.unfragmented_mtu = 1400,
		.adapter_up = LP_FACT_YES,
		.conflicts_known = LP_FACT_YES,
		.address = {.family = 4, .ip = {10, 0, 0, 5}},
		.lan_probed = LP_FACT_YES,
		.servers = {{.address = {.family = 4, .ip = {10, 0, 0, 1}}, .after_us = 2000}},
		.n_servers = 1,
		.n_arp_replies = 1,
		.firewall_known = LP_FACT_YES,
		.firewall_open = LP_FACT_YES,
	};
	return facts;
}

static void test_good(void **state)
{
	struct lp_doctor_facts facts = good();
	struct lp_doctor_report report;
	char data[8192];
	struct lp_text text;
	(void)state;
	lp_doctor_judge(&facts, &report);
	for (unsigned i = 0; i < LP_DOCTOR_CHECK_COUNT; i++)
		assert_int_equal(report.lines[i].verdict,
			lp_doctor_applies(i, LP_DOCTOR_OF_CLIENT) ? LP_DOCTOR_OK : LP_DOCTOR_SKIPPED);
	assert_int_equal(lp_doctor_worst(&report), LP_DOCTOR_OK);
	lp_text_init(&text, data, sizeof data);
	lp_doctor_text(&report, &text);
	assert_false(text.cut);
	assert_non_null(strstr(data, "\n27 ok, 0 warnings, 0 failures, 0 not checked\n"));
}

/* Each fault changes the verdict of one check, and no later check blames anything else. */
static void test_faults(void **state)
{
#define FAULT(check_, verdict_, change) \
	{ \
		struct lp_doctor_facts facts = good(); \
		struct lp_doctor_report report; \
		change; \
		lp_doctor_judge(&facts, &report); \
		for (unsigned i = 0; i < LP_DOCTOR_CHECK_COUNT; i++) { \
			enum lp_doctor_verdict verdict = report.lines[i].verdict; \
			if (i == LP_DOCTOR_##check_) { \
				assert_int_equal(verdict, verdict_); \
				assert_true(report.lines[i].cure[0]); \
			} else { \
				assert_true(verdict == LP_DOCTOR_OK || verdict == LP_DOCTOR_SKIPPED); \
			} \
		} \
	}
	(void)state;
	FAULT(RUNNING, LP_DOCTOR_WARNING, facts.running = LP_FACT_NO)
	FAULT(INVITE, LP_DOCTOR_FAILURE, facts.invite_good = LP_FACT_NO)
	FAULT(NAME, LP_DOCTOR_FAILURE, facts.name_found = LP_FACT_NO)
	FAULT(CLOCK, LP_DOCTOR_FAILURE, facts.now_unix_s = 1)
	FAULT(ROUTE, LP_DOCTOR_FAILURE, facts.routed = LP_FACT_NO)
	FAULT(ROUTE, LP_DOCTOR_WARNING, facts.route_is_tunnel = LP_FACT_YES)
	FAULT(ROUTE, LP_DOCTOR_WARNING, facts.route_is_own = LP_FACT_YES)
	FAULT(UDP, LP_DOCTOR_FAILURE, facts.replied = LP_FACT_NO)
	FAULT(UDP, LP_DOCTOR_WARNING, facts.replied = LP_FACT_NO; facts.over_tcp = LP_FACT_YES)
	FAULT(CERTIFICATE, LP_DOCTOR_FAILURE, facts.trusted = LP_FACT_NO)
	FAULT(PATH_MTU, LP_DOCTOR_WARNING, facts.path_payload = 1170)
	FAULT(PATH_MTU_IN, LP_DOCTOR_WARNING, facts.mtu_down = 1150)
	FAULT(NAT, LP_DOCTOR_WARNING, facts.seen_changes = 3)
	FAULT(OFFLOADS, LP_DOCTOR_WARNING, facts.sends_singly = LP_FACT_YES)
	FAULT(MULTICAST, LP_DOCTOR_WARNING, strcpy(facts.multicast_device, "eth0"))
	FAULT(MULTICAST, LP_DOCTOR_WARNING, facts.multicast_routed = LP_FACT_NO)
	FAULT(UDP, LP_DOCTOR_WARNING, facts.replied = LP_FACT_NO; facts.over_tcp = LP_FACT_YES;
		facts.path_payload = 1170)
	FAULT(LOSS, LP_DOCTOR_WARNING, facts.loss_down_ppm = 20000)
	FAULT(LOSS, LP_DOCTOR_FAILURE, facts.loss_up_ppm = 200000)
	FAULT(LOSS, LP_DOCTOR_WARNING, facts.jitter_us = 40000)
	FAULT(LOAD, LP_DOCTOR_WARNING, facts.loaded_rtt_us = 400000)
	FAULT(BUFFERS, LP_DOCTOR_WARNING, facts.n_overflows = 3)
	FAULT(ROOM, LP_DOCTOR_FAILURE, facts.joined = LP_FACT_NO)
	FAULT(GATEWAY, LP_DOCTOR_FAILURE, facts.gateway_present = LP_FACT_NO)
	FAULT(LAN_LINK, LP_DOCTOR_FAILURE, facts.lan_up = LP_FACT_NO)
	FAULT(ADAPTER, LP_DOCTOR_FAILURE, facts.adapter_up = LP_FACT_NO)
	FAULT(DHCP, LP_DOCTOR_WARNING, facts.n_servers = 0)
	FAULT(DHCP, LP_DOCTOR_FAILURE, facts.n_servers = 0; facts.address.family = 0)
	FAULT(DHCP, LP_DOCTOR_WARNING, facts.n_servers = 2)
	FAULT(ADDRESS, LP_DOCTOR_FAILURE, facts.address.family = 0)
	FAULT(ADDRESS, LP_DOCTOR_FAILURE, facts.address.ip[0] = 169; facts.address.ip[1] = 254)
	FAULT(OVERLAP, LP_DOCTOR_FAILURE, strcpy(facts.overlap, "eth0"))
	FAULT(DUPLICATE, LP_DOCTOR_FAILURE, facts.duplicate.octet[5] = 1)
	FAULT(BROADCAST, LP_DOCTOR_FAILURE, strcpy(facts.broadcast_astray, "eth0"))
	FAULT(FIREWALL, LP_DOCTOR_WARNING, facts.firewall_open = LP_FACT_NO)
#undef FAULT
}

/* Facts that are missing are no reason for a verdict. */
static void test_unknown(void **state)
{
	const enum lp_doctor_program programs[] = {LP_DOCTOR_OF_CLIENT, LP_DOCTOR_OF_GATEWAY, LP_DOCTOR_OF_RELAY};
	(void)state;
	for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
		struct lp_doctor_facts facts = {.program = programs[i]};
		struct lp_doctor_report report;
		lp_doctor_judge(&facts, &report);
		assert_int_equal(lp_doctor_worst(&report), LP_DOCTOR_SKIPPED);
	}
}

/* What the gateway has counted tells a LAN that is silent from one that was not reached. */
static void test_answer(void **state)
{
	struct lp_doctor_facts facts = good();
	struct lp_doctor_report report;
	(void)state;
	facts.n_broadcasts_out = 4;
	lp_doctor_judge(&facts, &report);
	assert_non_null(strstr(report.lines[LP_DOCTOR_ANSWER].cause, "has sent 4 of them"));
	facts.n_servers = facts.n_arp_replies = 0;
	lp_doctor_judge(&facts, &report);
	assert_int_equal(report.lines[LP_DOCTOR_ANSWER].verdict, LP_DOCTOR_WARNING);
	assert_non_null(strstr(report.lines[LP_DOCTOR_ANSWER].cause, "has sent 4 broadcasts"));
}

static void test_relay(void **state)
{
	struct lp_doctor_facts facts = {
		.program = LP_DOCTOR_OF_RELAY, .running = LP_FACT_YES, .now_unix_s = 1800000000};
	struct lp_doctor_report report;
	(void)state;
	facts.certificate_expires_unix_s = facts.now_unix_s + 30 * 86400;
	lp_doctor_judge(&facts, &report);
	assert_int_equal(report.lines[LP_DOCTOR_CERTIFICATE].verdict, LP_DOCTOR_OK);
	facts.certificate_expires_unix_s = facts.now_unix_s + 3 * 86400;
	facts.n_refused = 1;
	lp_doctor_judge(&facts, &report);
	assert_int_equal(report.lines[LP_DOCTOR_CERTIFICATE].verdict, LP_DOCTOR_WARNING);
	assert_int_equal(report.lines[LP_DOCTOR_HANDSHAKES].verdict, LP_DOCTOR_WARNING);
	facts.certificate_expires_unix_s = facts.now_unix_s - 1;
	lp_doctor_judge(&facts, &report);
	assert_int_equal(report.lines[LP_DOCTOR_CERTIFICATE].verdict, LP_DOCTOR_FAILURE);
}

static void test_json(void **state)
{
	struct lp_doctor_facts facts = good();
	struct lp_doctor_report report;
	char data[16384];
	struct lp_text text;
	(void)state;
	facts.name_found = LP_FACT_NO;
	strcpy(facts.name_reason, "\"quoted\"");
	lp_doctor_judge(&facts, &report);
	lp_text_init(&text, data, sizeof data);
	lp_doctor_json(&report, &text);
	assert_false(text.cut);
	assert_true(strncmp(data, "{\"verdict\":\"failure\",\"checks\":[{\"check\":\"running\",", 50) == 0);
	assert_non_null(strstr(data, "cannot be resolved: \\\"quoted\\\"."));
}

static void test_redact(void **state)
{
	static const struct {
		const char *input, *wanted;
	} rows[] = {
		{"at 203.0.113.9:443.", "at 203.0[...]:443."},
		{"at 192.168.1.20, 10.1.2.3", "at 192.168.1.20, 10.1.2.3"},
		{"172.16.0.1 172.32.0.1", "172.16.0.1 172.32[...]"},
		{"version 1.2.3 of 999.1.1.1", "version 1.2.3 of 999.1.1.1"},
		{"02:5a:00:11:22:33 has", "02:5a:00:[...] has"},
		{"[2001:db8:1:2::3]:443", "[2001:db8:[...]]:443"},
		{"room Party, PARTY-1", "room [...], [...]-1"},
		{"12:30 and a: b", "12:30 and a: b"},
	};
	static const char *const secrets[] = {"PARTY", ""};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char data[256];
		struct lp_text text;
		lp_text_init(&text, data, sizeof data);
		lp_doctor_redact(rows[i].input, secrets, 2, &text);
		assert_string_equal(data, rows[i].wanted);
	}
}

static void test_frames(void **state)
{
	const struct lp_mac mac = {{2, 0, 0, 0, 0, 1}};
	const uint8_t ip[4] = {10, 0, 0, 7};
	uint8_t frame[LP_LAN_FRAME_MAX], server[4];
	struct lp_mac from;
	(void)state;
	size_t len = lp_lan_discover(frame, &mac, 0x01020304);
	assert_false(lp_lan_offer(frame, len, 0x01020304, server));
	/* The reply of a server has the same layout. */
	frame[14 + 20 + 1] = 67;
	frame[14 + 20 + 8] = 2;
	frame[14 + 20 + 8 + 242] = 2;
	memcpy(frame + 14 + 12, ip, 4);
	assert_true(lp_lan_offer(frame, len, 0x01020304, server));
	assert_memory_equal(server, ip, 4);
	assert_false(lp_lan_offer(frame, len, 0x01020305, server));
	for (size_t cut = 0; cut < len - 6; cut++)
		assert_false(lp_lan_offer(frame, cut, 0x01020304, server));
	len = lp_lan_arp(frame, &mac, ip, ip);
	assert_true(lp_lan_arp_from(frame, len, ip, &from));
	assert_true(lp_mac_equal(&from, &mac));
	assert_false(lp_lan_arp_from(frame, 40, ip, &from));
}

static void test_ruleset(void **state)
{
	static const struct {
		const char *rules;
		bool drops, accepts;
	} rows[] = {
		{"", false, false},
		{"type filter hook input priority filter; policy accept;", false, false},
		{"type filter hook forward priority filter; policy drop;", false, false},
		{"type filter hook input priority filter; policy drop;", true, false},
		{"type filter hook input priority 0; policy drop;\n iifname \"lan0\" accept", true, true},
		{"type filter hook input priority 0; policy drop;\n iifname \"lan01\" accept", true, false},
		{"type filter hook input priority 0; policy drop;\n iifname { \"lo\", \"lan0\" } accept", true, true},
		{"type filter hook input priority 0; policy drop;\n ct state established,related accept", true, false},
		{"type filter hook input priority 0; policy drop;\n udp dport 443 accept", true, true},
		{"type filter hook input priority 0; policy drop;\n udp dport 4433 accept", true, false},
		{"type filter hook input priority 0; policy accept;\n tcp dport 22 accept\n drop", true, false},
		{"type filter hook input priority 0; policy drop;\n udp sport 67 accept", true, false},
		{"type filter hook input priority 0; policy drop;\n counter packets 1 bytes 2 accept", true, true},
		{"type filter hook input priority 0; policy accept;\n counter packets 1 bytes 2 drop", true, false},
		{"type filter hook input priority 0; policy accept;\n ip saddr 1.2.3.4 drop", false, false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lp_ruleset ruleset;
		char text[512];
		snprintf(text, sizeof text, "table inet filter {\n\tchain in {\n\t\t%s\n\t}\n}\n", rows[i].rules);
		lp_ruleset_read(text, "lan0", 443, &ruleset);
		assert_int_equal(ruleset.drops, rows[i].drops);
		assert_int_equal(ruleset.accepts, rows[i].accepts);
		if (ruleset.drops)
			assert_string_equal(ruleset.chain, "in");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_relay),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_redact),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_ruleset),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
