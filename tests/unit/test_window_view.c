/* What the window shows: headline, rows, notices and the graph, from the service's replies. */
#include "client/windows/window/view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct lp_service_member party[] = {
	{.role = LP_ROLE_CLIENT, .name = "Bob", .route = "direct", .rtt_us = 5600, .jitter_us = 300, .loss_ppm = 12000},
	{.role = LP_ROLE_GATEWAY, .name = "basement", .route = "relay", .rtt_us = 23400},
	{.role = LP_ROLE_CLIENT, .name = "Eve\x1b[2J", .route = "relay"},
};

/* A client in a room with the first |n| of the party. */
static struct lp_service_reply running(const char *summary, const char *text, size_t n)
{
	struct lp_service_reply reply = {.phase = LP_SERVICE_RUNNING};
	struct lp_service_status *status = &reply.status;
	snprintf(status->summary, sizeof status->summary, "%s", summary);
	snprintf(status->text, sizeof status->text, "%s", text);
	snprintf(status->relay, sizeof status->relay, "play.example.org:443");
	snprintf(status->device_address, sizeof status->device_address, "192.168.77.50");
	status->rtt_us = 12300;
	status->jitter_us = 400;
	status->loss_down_ppm = 1000;
	status->members = (struct lp_list){party, n};
	return reply;
}

static const struct {
	const char *summary, *headline;
	enum lp_view_tone tone;
} situation_rows[] = {
	{"connecting", "Connecting", LP_VIEW_BUSY}, {"on the LAN", "On the LAN", LP_VIEW_GOOD},
	{"gateway gone", "The host is away", LP_VIEW_BAD}, {"relay unreachable", "Relay not reachable", LP_VIEW_BAD},
	{"no address", "Waiting for an address", LP_VIEW_BUSY},
	{"hosted by aliens", "Hosted by aliens.", LP_VIEW_BUSY}, /* of a later version */
};

static void test_situations(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof situation_rows / sizeof situation_rows[0]; i++) {
		struct lp_view view = {0};
		struct lp_service_reply reply = running(situation_rows[i].summary, "in room X, and more", 0);
		lp_view_update(&view, &reply, NULL);
		assert_string_equal(view.headline, situation_rows[i].headline);
		assert_string_equal(view.detail, "In room X, and more.");
		assert_int_equal(view.tone, situation_rows[i].tone);
		assert_true(view.joining && view.reachable);
	}
}

static void test_rows(void **state)
{
	struct lp_view view = {0};
	struct lp_service_reply reply = running("on the LAN", "on the LAN as 192.168.77.50", 3);
	(void)state;
	lp_view_update(&view, &reply, NULL);
	assert_int_equal(view.n_rows, 3);
	/* The host first, with the path's own jitter and loss. */
	assert_string_equal(view.rows[0].name, "basement (host)");
	assert_string_equal(view.rows[0].rtt, "23 ms");
	assert_string_equal(view.rows[0].jitter, "0.4 ms");
	assert_string_equal(view.rows[0].loss, "0.1 %");
	assert_string_equal(view.rows[1].name, "Bob");
	assert_string_equal(view.rows[1].route, "direct");
	assert_string_equal(view.rows[1].rtt, "5.6 ms");
	assert_string_equal(view.rows[1].loss, "1.2 %");
	struct lp_service_member linked = {.role = LP_ROLE_CLIENT, .name = "Ada", .route = "direct", .rtt_us = 900};
	reply.status.members = (struct lp_list){&linked, 1};
	struct lp_view other = {0};
	lp_view_update(&other, &reply, NULL);
	assert_string_equal(other.rows[0].rtt, "0.9 ms");
	assert_string_equal(other.rows[0].loss, "–"); /* not 0.0 %: it is not measured */
	/* Nothing is known of the last, and a name cannot print controls. */
	assert_string_equal(view.rows[2].name, "Eve\\x1b[2J");
	assert_string_equal(view.rows[2].rtt, "–");
	assert_string_equal(view.rows[2].loss, "–");
	assert_string_equal(view.path, "Relay play.example.org:443: 12 ms, jitter 0.4 ms, loss 0.0 % up, 0.1 % down");
	assert_string_equal(view.address, "Your address: 192.168.77.50");
}

/* Updates the view and checks its notice. */
static void expect(struct lp_view *view, const struct lp_service_reply *reply, const char *notice)
{
	lp_view_update(view, reply, "gone");
	assert_string_equal(view->notice, notice);
}

static void test_notices(void **state)
{
	struct lp_view view = {0};
	struct lp_service_reply waiting = running("waiting for gateway", "waiting", 1),
				idle = {.phase = LP_SERVICE_IDLE}, alone = running("on the LAN", "there", 2),
				all = running("on the LAN", "there", 3),
				away = running("gateway gone", "the LAN gateway is gone", 3),
				lost = running("reconnecting", "lost", 0);
	struct lp_service_reply failed = {.phase = LP_SERVICE_ENDED, .failure = "the invite expired"};
	(void)state;
	expect(&view, &idle, "");
	expect(&view, &waiting, ""); /* who is there at the start is no news */
	expect(&view, &alone, "You are on the LAN. Start games now.");
	expect(&view, &alone, "");
	expect(&view, &all, "Eve\\x1b[2J is here.");
	expect(&view, &alone, "A player left.");
	expect(&view, &all, "Eve\\x1b[2J is here.");
	expect(&view, &away, "The host is away.");
	expect(&view, &all, "You are on the LAN. Start games now.");
	expect(&view, &lost, "The connection was lost. Reconnecting.");
	expect(&view, &failed, "The invite expired.");
	assert_string_equal(view.headline, "Could not join");
	assert_string_equal(view.detail, "The invite expired.");
	assert_false(view.joining);
	expect(&view, &failed, "");
	expect(&view, NULL, "");
	assert_string_equal(view.headline, "Service not running");
	assert_string_equal(view.detail, "Gone.");
	assert_false(view.reachable);
	/* A new session has no members to compare with. */
	expect(&view, &waiting, "");
}

static void test_graph(void **state)
{
	struct lp_view view = {0};
	struct lp_view_point points[LP_VIEW_SAMPLES];
	struct lp_service_reply reply = running("on the LAN", "there", 0);
	uint32_t top_us;
	(void)state;
	assert_int_equal(lp_view_graph(&view, 240, 101, points, &top_us), 0);
	lp_view_update(&view, &reply, NULL);
	reply.status.lan_rtt_us = 20000;
	lp_view_update(&view, &reply, NULL);
	assert_int_equal(lp_view_graph(&view, 240, 101, points, &top_us), 2);
	assert_int_equal(top_us, 20000);
	assert_int_equal(points[1].x, 239);
	assert_int_equal(points[1].y, 0);
	assert_true(points[0].x < 239 && points[0].y == 100 - 61);
	/* Nothing leaves the area, however many samples and however large. */
	reply.status.lan_rtt_us = 1ULL << 40;
	for (size_t i = 0; i < 2 * LP_VIEW_SAMPLES; i++)
		lp_view_update(&view, &reply, NULL);
	assert_int_equal(lp_view_graph(&view, 240, 101, points, &top_us), LP_VIEW_SAMPLES);
	for (size_t i = 0; i < LP_VIEW_SAMPLES; i++)
		assert_true(points[i].x >= 0 && points[i].x < 240 && points[i].y == 0);
	assert_int_equal(points[0].x, 0);
}

static const struct {
	const char *invite, *text; /* NULL: not an invite */
} invite_rows[] = {
	{"lanparty://play.example.org/FRIDAY-NIGHT#abc", "room FRIDAY-NIGHT at play.example.org"},
	{" <lanparty://192.0.2.1:444,b/ROOM#abc>", "room ROOM at 192.0.2.1:444,b"},
	{"lanparty://play.example.org/", NULL},
	{"lanparty://play.example.org/ROOM", NULL},
	{"https://play.example.org/ROOM#abc", NULL},
	{"", NULL},
};

static void test_invite(void **state)
{
	char text[160];
	(void)state;
	for (size_t i = 0; i < sizeof invite_rows / sizeof invite_rows[0]; i++) {
		bool is = lp_view_describe_invite(invite_rows[i].invite, text, sizeof text);
		assert_int_equal(is, invite_rows[i].text != NULL);
		if (is)
			assert_string_equal(text, invite_rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_situations),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_notices),
		cmocka_unit_test(test_graph),
		cmocka_unit_test(test_invite),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
