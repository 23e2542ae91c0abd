/* What a member tells its user, over a line that loses packets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/units.h"
#include "member/report.h"
#include "party.h"

/* What the live view last said. */
struct screen {
	unsigned n_drawn;
	double up, down; /* losses in percent; below 0: unknown */
};

static void on_device(void *ctx, struct lp_report_device *ret_device)
{
	(void)ctx;
	*ret_device = (struct lp_report_device){.name = "lan0", .state = "up"};
}

/* The loss behind |label| in the block. */
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
	screen->up = loss_behind(block, "loss up ");
	screen->down = loss_behind(block, ", down ");
}

static unsigned on_columns(void *ctx)
{
	(void)ctx;
	return 200;
}

/* Lets a second pass, with frames both ways or without. */
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

/* The relay tells its figures every 10 s, and those of our end are of packets whose loss shows later: a loss is shown
   all the time that there is one, and no longer when the path has been quiet. */
static void test_losses(void **state)
{
	(void)state;
	struct party *party = party_new(1);
	struct lp_line line = {.delay_ns = 20 * LP_MS, .loss = 0.2}, good = {.delay_ns = 20 * LP_MS};
	struct screen screen = {0};
	struct lp_report *report;
	party_start_relay(party);
	party_add(party, LP_ROLE_GATEWAY, "LAN");
	struct party_member *client = party_add(party, LP_ROLE_CLIENT, "LAN");
	assert_true(party_run_until_joined(party, 10 * LP_SEC));
	lp_host_set_lines(client->host, &line, &line);
	lp_host_enter(client->host);
	struct lp_report_config config = {
		.role = LP_ROLE_CLIENT,
		.relay = "relay.example:443",
		.room = "LAN",
		.log = &party->log,
		.device = on_device,
		.draw = on_draw,
		.columns = on_columns,
		.ctx = &screen,
	};
	assert_int_equal(lp_report_new(client->loop, &config, party_lp_member(client), &report), 0);
	for (unsigned s = 0; s < 22; s++)
		pass_second(party, true);
	assert_true(party_is_joined(client));
	assert_true(screen.n_drawn >= 20);
	for (unsigned s = 0; s < 30; s++) {
		pass_second(party, true);
		if (screen.down < 5 || screen.down > 50 || screen.up > 70)
			fail_msg("second %u: loss up %.2f %%, down %.2f %%", s, screen.up, screen.down);
	}
	/* Nothing more is sent, and what was sent at last is found lost: that is no loss of all. */
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
	lp_report_free(report);
	party_free(party);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_losses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
