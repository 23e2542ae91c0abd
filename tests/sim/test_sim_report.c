/* A member's reports to its user: losses of its line, and stations beyond its limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/reporter.h"
#include "base/text.h"
#include "base/units.h"
#include "bridge/bridge.h"
#include "gateway/gateway.h"
#include "obs/counters.h"
#include "obs/event.h"
#include "party.h"
#include "platform/fake/device/port.h"

/* The last live status. */
struct screen {
	unsigned n_drawn;
	double up, down; /* losses in percent; below 0: unknown */
};

static bool on_query(void *ctx, struct lp_status *status)
{
	(void)ctx;
	status->device.up = true;
	return true;
}

/* The loss after |label| in the view. */
static double loss_behind(const char *block, const char *label)
{
	const char *at = strstr(block, label);
	if (!at || at[strlen(label)] == '-')
		return -1;
	return strtod(at + strlen(label), NULL);
}

static void on_draw(void *ctx, const char *block)
{
	struct screen *screen = ctx;
	screen->n_drawn++;
	screen->up = loss_behind(block, "lost up ");
	screen->down = loss_behind(block, ", down ");
}

static void on_size(void *ctx, unsigned *ret_rows, unsigned *ret_columns)
{
	(void)ctx;
	*ret_rows = 24;
	*ret_columns = 200;
}

/* Runs for a second, with frames in both directions or without. */
static void pass_second(struct party *party, bool with_frames)
{
	struct party_member *gateway = party->members[0], *client = party->members[1];
	for (unsigned i = 0; i < 50; i++) {
		if (with_frames) {
			party_send(client, gateway, 1000, 1);
			party_send(gateway, client, 1000, 1);
		}
		party_run(party, 20 * LP_MS);
	}
}

/* The relay sends its figures every 10 s, and ours cover packets whose loss is detected later. A loss is shown as long
   as it lasts, and disappears when the path has been idle. */
static void test_losses(void **state)
{
	(void)state;
	struct party *party = party_new(1);
	struct lp_line line = {.delay_ns = 20 * LP_MS, .loss = 0.2}, good = {.delay_ns = 20 * LP_MS};
	struct screen screen = {0};
	struct lp_reporter *reporter;
	party_start_relay(party);
	party_add(party, LP_ROLE_GATEWAY, "LAN");
	struct party_member *client = party_add(party, LP_ROLE_CLIENT, "LAN");
	assert_true(party_run_until_joined(party, 10 * LP_SEC));
	lp_host_set_lines(client->host, &line, &line);
	lp_host_enter(client->host);
	struct lp_reporter_config config = {
		.role = LP_ROLE_CLIENT,
		.relay = "relay.example:443",
		.room = "LAN",
		.log = &party->log,
		.device = "lan0",
		.query = on_query,
		.draw = on_draw,
		.size = on_size,
		.ctx = &screen,
	};
	assert_int_equal(lp_reporter_new(client->loop, &config, party_lp_member(client), &reporter), 0);
	for (unsigned s = 0; s < 22; s++)
		pass_second(party, true);
	assert_true(party_is_joined(client));
	assert_true(screen.n_drawn >= 20);
	for (unsigned s = 0; s < 30; s++) {
		pass_second(party, true);
		if (screen.down < 5 || screen.down > 50 || screen.up > 70)
			fail_msg("second %u: loss up %.2f %%, down %.2f %%", s, screen.up, screen.down);
	}
	/* The last packets before a pause are detected as lost. This is not a loss of 100 %. */
	for (unsigned s = 0; s < 20; s++) {
		pass_second(party, false);
		if (screen.up > 70)
			fail_msg("idle second %u: loss up %.2f %%", s, screen.up);
	}
	lp_host_set_lines(client->host, &good, &good);
	for (unsigned s = 0; s < 50; s++)
		pass_second(party, false);
	assert_true(party_is_joined(client));
	assert_true(screen.up == 0);
	assert_true(screen.down == 0);
	lp_host_enter(client->host);
	lp_reporter_free(reporter);
	party_free(party);
}

#define TOGETHER 20U /* members that join at the same time */

/* Number of times the relay has sent its figures to all. */
static uint64_t told_together(struct party *party)
{
	uint64_t n = 0;
	for (unsigned i = 0; i < TOGETHER; i++) {
		struct lp_status status = {0};
		lp_member_status(party_lp_member(party->members[i]), &status);
		n += status.n_relay_stats;
	}
	return n;
}

/* Members that joined together receive the relay's figures at different times, each every 10 s. */
static void test_stats_are_spread(void **state)
{
	(void)state;
	struct party *party = party_new(1);
	party_start_relay(party);
	for (unsigned i = 0; i < TOGETHER; i++)
		party_add(party, LP_ROLE_CLIENT, i % 2 ? "ONE" : "TWO");
	assert_true(party_run_until_joined(party, 10 * LP_SEC));
	/* PMTUD finishes in this time, and its result is sent immediately. */
	party_run(party, 5 * LP_SEC);
	uint64_t first = told_together(party), before = first;
	for (unsigned s = 0; s < 30; s++) {
		party_run(party, LP_SEC);
		uint64_t now = told_together(party);
		if (now - before > TOGETHER / 3)
			fail_msg("second %u: %u of %u members were told", s, (unsigned)(now - before), TOGETHER);
		before = now;
	}
	assert_in_range(before - first, 3 * TOGETHER - TOGETHER / 4, 3 * TOGETHER + TOGETHER / 4);
	party_free(party);
}

/* The last line of diagnostics. */
struct diary {
	unsigned n_snapshots;
	char text[1024];
};

static void keep_snapshot(void *ctx, enum lp_event event, const union lp_value *values)
{
	struct diary *diary = ctx;
	struct lp_text text;
	if (event != LP_EVENT_snapshot)
		return;
	diary->n_snapshots++;
	lp_text_init(&text, diary->text, sizeof diary->text);
	lp_event_text(&text, event, values);
}

static bool on_gateway_query(void *ctx, struct lp_status *status)
{
	lp_gateway_count(ctx, &status->bounds);
	return true;
}

/* A LAN with more stations than a gateway can learn: the diagnostics report it. */
static void test_bounds(void **state)
{
	(void)state;
	struct party *party = party_new(1);
	struct diary diary = {0};
	struct lp_reporter *reporter;
	party->log = (struct lp_log){.level = LP_LEVEL_INFO, .sink = keep_snapshot, .ctx = &diary};
	party_start_relay(party);
	struct party_member *gateway = party_add(party, LP_ROLE_GATEWAY, "LAN");
	assert_true(party_run_until_joined(party, 10 * LP_SEC));
	struct lp_reporter_config config = {
		.role = LP_ROLE_GATEWAY,
		.relay = "relay.example:443",
		.room = "LAN",
		.snapshot_ns = 30 * LP_SEC,
		.log = &party->log,
		.device = "lan",
		.query = on_gateway_query,
		.ctx = gateway->gateway,
	};
	lp_host_enter(gateway->host);
	assert_int_equal(lp_reporter_new(gateway->loop, &config, party_lp_member(gateway), &reporter), 0);
	party_run(party, 31 * LP_SEC);
	assert_int_equal(diary.n_snapshots, 1);
	assert_null(strstr(diary.text, "bounds"));
	for (unsigned i = 0; i < LP_BRIDGE_MACS_MAX + 3; i++) {
		uint8_t frame[60] = {2, 0xdd, 0, 0, 0, 1, 2, 0xcc, 0, 0, (uint8_t)(i >> 8), (uint8_t)i, 8, 6};
		assert_true(lp_port_put(gateway->port, &(struct lp_frame){.data = frame, .len = sizeof frame}));
		if (i % 64 == 0)
			party_run(party, LP_MS);
	}
	party_run(party, 30 * LP_SEC);
	assert_int_equal(diary.n_snapshots, 2);
	if (!strstr(diary.text, ", bounds macs_refused "))
		fail_msg("%s", diary.text);
	lp_host_enter(gateway->host);
	lp_reporter_free(reporter);
	party_free(party);
}

/* Whether a player is notified within the `stats` interval that its gateway's interface is down, or up. */
static bool hears_lan_down(struct party *party, struct party_member *gateway, struct party_member *client, bool down)
{
	struct lp_status status = {0};
	for (unsigned s = 0; s < 11; s++) { /* once per second, as a report does */
		lp_host_enter(gateway->host);
		lp_member_set_lan_down(party_lp_member(gateway), down);
		party_run(party, LP_SEC);
	}
	lp_member_status(party_lp_member(client), &status);
	return status.gateway_lan_down == down;
}

/* A gateway's notification reaches the players, also through a restarted relay. A client's own does not. */
static void test_lan_down(void **state)
{
	(void)state;
	struct party *party = party_new(1);
	struct lp_status status = {0};
	party_start_relay(party);
	struct party_member *gateway = party_add(party, LP_ROLE_GATEWAY, "LAN");
	struct party_member *client = party_add(party, LP_ROLE_CLIENT, "LAN");
	assert_true(party_run_until_joined(party, 10 * LP_SEC));
	assert_true(hears_lan_down(party, gateway, client, false));
	assert_true(hears_lan_down(party, gateway, client, true));
	party_kill_relay(party);
	party_run(party, 30 * LP_SEC); /* until they are notified */
	party_start_relay(party);
	assert_true(party_run_until_joined(party, 60 * LP_SEC));
	lp_member_status(party_lp_member(client), &status);
	assert_true(status.reconnects > 0);
	assert_false(status.gateway_lan_down);
	assert_true(hears_lan_down(party, gateway, client, true));
	assert_true(hears_lan_down(party, gateway, client, false));
	lp_host_enter(client->host);
	lp_member_set_lan_down(party_lp_member(client), true);
	assert_true(hears_lan_down(party, gateway, client, false));
	lp_member_status(party_lp_member(gateway), &status);
	assert_false(status.gateway_lan_down);
	party_free(party);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_losses),
		cmocka_unit_test(test_stats_are_spread),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_lan_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
