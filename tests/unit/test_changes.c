/* Whichever call fails, and whenever the client is killed, all settings of the computer are restored in the end. */
#include "client/windows/changes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"
#include "client/windows/journal.h"
#include "obs/event.h"
#include "platform/fake/current.h"
#include "platform/fake/net/route_fake.h"
#include "platform/fake/world.h"
#include "platform/system/file.h"

#define JOURNAL "/var/lib/softlan/changes.json"
#define WIRE 0x0006000001000000U
#define TAP 0x0035000002000000U
#define GUID "{00000000-1111-2222-3333-444444444444}"
#define OUR_MAC "020000000001"
/* Upper bound of calls in the scripts below. */
#define CALLS_MAX 200

struct bench {
	struct lp_world *world;
	struct lp_host *host;
	struct lp_log log;
	unsigned n_events[LP_EVENT_COUNT];
	struct lp_fake_state before;
};

/* Counts events. */
static void on_event(void *ctx, enum lp_event event, const union lp_value *values)
{
	struct bench *bench = ctx;

	(void)values;
	bench->n_events[event]++;
}

/* An address from text. */
static struct lp_addr addr(const char *text)
{
	struct lp_addr result;

	assert_int_equal(lp_addr_parse(text, 0, &result), 0);
	return result;
}

/* A host with a wire, a TAP, and a default route by the wire. */
static void begin(struct bench *bench)
{
	struct lp_fake_state *state;

	memset(bench, 0, sizeof *bench);
	bench->log = (struct lp_log){.level = LP_LEVEL_DEBUG, .sink = on_event, .ctx = bench};
	assert_int_equal(lp_world_new(1, &bench->world), 0);
	bench->host = lp_world_add_host(bench->world, "player", "192.0.2.2");
	lp_host_enter(bench->host);
	state = lp_host_routes(bench->host);
	state->n_interfaces = 2;
	state->interfaces[0] = (struct lp_fake_interface){
		.name = "wire",
		.id = {WIRE, 5},
		.address = addr("192.0.2.2"),
		.settings = {{1500, 25, true, false}, {1500, 25, true, false}},
	};
	state->interfaces[1] = (struct lp_fake_interface){
		.name = "tap",
		.id = {TAP, 9},
		.settings = {{1500, 25, true, false}, {1400, 35, false, false}},
	};
	state->n_routes = 1;
	state->routes[0] = (struct lp_route){
		.destination = addr("0.0.0.0"), .next_hop = addr("192.0.2.1"), .interface = {WIRE, 5}};
	state->mac_setting = (struct lp_fake_mac_setting){.guid = GUID, .mac = "00-FF-11-22-33-44"};
	bench->before = *state;
}

/* Sets the MAC of the adapter, as the TAP module does. */
static void set_mac(struct lp_changes *changes)
{
	struct lp_fake_mac_setting *setting = &lp_host_routes(lp_host_current())->mac_setting;
	if (lp_changes_note_mac(changes, GUID, setting->mac, OUR_MAC, NULL) == 0)
		memcpy(setting->mac, OUR_MAC, sizeof OUR_MAC);
}

/* Frees the host. */
static void end(struct bench *bench)
{
	lp_world_free(bench->world);
}

/* All settings of the computer are restored, and no journal is left. */
static void assert_restored(struct bench *bench)
{
	uint8_t *data;
	size_t len;

	assert_true(lp_fake_state_equal(lp_host_routes(bench->host), &bench->before));
	assert_int_equal(lp_file_read(JOURNAL, 1 << 20, NULL, &data, &len), LP_ENOTFOUND);
}

static struct lp_route pin(void)
{
	return (struct lp_route){.destination = addr("203.0.113.10"),
		.next_hop = addr("192.0.2.1"),
		.interface = {WIRE, 5},
		.prefix_bits = 32};
}

/* All changes of a session. Continues after a failure, as the client may. */
static void change_all(struct lp_changes *changes)
{
	const struct lp_route_interface tap = {TAP, 9};
	const struct lp_route_settings games = {1400, 1, false, true}, again = {1300, 1, false, true};
	struct lp_route route = pin();

	set_mac(changes);
	lp_changes_add_route(changes, &route, NULL);
	lp_changes_set(changes, &tap, 4, &games, NULL);
	lp_changes_set(changes, &tap, 6, &games, NULL);
	/* The adapter returned, and the network is a different one. */
	lp_changes_set(changes, &tap, 4, &again, NULL);
	lp_changes_remove_route(changes, &route, NULL);
	lp_changes_add_route(changes, &route, NULL);
}

/* One session without failures. Returns the number of calls. */
static uint64_t session(struct bench *bench)
{
	struct lp_changes *changes;

	lp_host_fail_calls(bench->host, 0, 0, 0);
	assert_int_equal(lp_changes_new(JOURNAL, &bench->log, NULL, &changes), 0);
	change_all(changes);
	assert_int_equal(lp_changes_count(changes), 4);
	lp_changes_free(changes);
	return lp_host_calls(bench->host);
}

/* All changes are made, and undone at the end. */
static void test_session(void **state)
{
	const struct lp_route_settings games = {1400, 1, false, true};
	const struct lp_route_interface tap = {TAP, 9};
	struct lp_route route = pin();
	struct lp_fake_state *now;
	struct lp_changes *changes;
	struct bench bench;

	(void)state;
	begin(&bench);
	now = lp_host_routes(bench.host);
	assert_int_equal(lp_changes_new(JOURNAL, &bench.log, NULL, &changes), 0);
	assert_int_equal(lp_changes_add_route(changes, &route, NULL), 0);
	assert_int_equal(lp_changes_set(changes, &tap, 4, &games, NULL), 0);
	assert_int_equal(now->n_routes, 2);
	assert_int_equal(now->interfaces[1].settings[0].metric, games.metric);
	assert_true(now->interfaces[1].settings[0].no_default_routes);
	lp_changes_free(changes);
	assert_restored(&bench);
	assert_true(session(&bench) < CALLS_MAX);
	assert_restored(&bench);
	end(&bench);
}

/* Each call fails once: the session's end restores everything, or, if the end itself failed, the next start does. */
static void test_one_failure(void **state)
{
	struct lp_changes *changes;
	struct bench bench;
	uint64_t n_calls;

	(void)state;
	begin(&bench);
	n_calls = session(&bench);
	for (uint64_t i = 0; i < n_calls; i++) {
		lp_host_fail_calls(bench.host, i, 1, i % 2 ? LP_EPERM : LP_EIO);
		if (lp_changes_new(JOURNAL, &bench.log, NULL, &changes) == 0) {
			change_all(changes);
			lp_changes_free(changes);
		}
		lp_host_fail_calls(bench.host, 0, 0, 0);
		assert_int_equal(lp_changes_new(JOURNAL, &bench.log, NULL, &changes), 0);
		assert_int_equal(lp_changes_count(changes), 0);
		lp_changes_free(changes);
		assert_restored(&bench);
	}
	end(&bench);
}

/* The client is killed before each call: its later calls have no effect. The next start repairs, and if that start is
   killed too, the one after it does. */
static void test_killed(void **state)
{
	struct lp_changes *changes;
	struct bench bench;
	uint64_t n_calls, n_repairs = 0;

	(void)state;
	begin(&bench);
	n_calls = session(&bench);
	for (uint64_t i = 0; i < n_calls; i++) {
		for (uint64_t j = 0; j < CALLS_MAX; j++) {
			lp_host_fail_calls(bench.host, i, UINT64_MAX, LP_EIO);
			if (lp_changes_new(JOURNAL, &bench.log, NULL, &changes) == 0) {
				change_all(changes);
				lp_changes_free(changes);
			}
			lp_host_fail_calls(bench.host, j, UINT64_MAX, LP_EIO);
			if (lp_changes_new(JOURNAL, &bench.log, NULL, &changes) == 0)
				lp_changes_free(changes);
			if (lp_host_calls(bench.host) < j)
				break;
			lp_host_fail_calls(bench.host, 0, 0, 0);
			assert_int_equal(lp_changes_new(JOURNAL, &bench.log, NULL, &changes), 0);
			lp_changes_free(changes);
			assert_restored(&bench);
			n_repairs++;
		}
		lp_host_fail_calls(bench.host, 0, 0, 0);
		assert_restored(&bench);
	}
	assert_true(n_repairs > n_calls);
	assert_true(bench.n_events[LP_EVENT_repaired] > 0);
	end(&bench);
}

/* Another program's route stays, also if the client is killed. */
static void test_foreign_route(void **state)
{
	struct lp_route route = pin();
	struct lp_changes *changes;
	struct lp_fake_state *now;
	struct bench bench;
	struct lp_failure failure;

	(void)state;
	begin(&bench);
	now = lp_host_routes(bench.host);
	now->routes[now->n_routes++] = route;
	bench.before = *now;
	assert_int_equal(lp_changes_new(JOURNAL, &bench.log, NULL, &changes), 0);
	assert_int_equal(lp_changes_add_route(changes, &route, &failure), LP_EEXISTS);
	assert_int_equal(lp_changes_count(changes), 0);
	lp_changes_free(changes);
	assert_restored(&bench);
	for (uint64_t i = 0; i < 10; i++) {
		lp_host_fail_calls(bench.host, i, UINT64_MAX, LP_EIO);
		if (lp_changes_new(JOURNAL, &bench.log, NULL, &changes) == 0) {
			lp_changes_add_route(changes, &route, NULL);
			lp_changes_free(changes);
		}
		lp_host_fail_calls(bench.host, 0, 0, 0);
		assert_int_equal(lp_changes_new(JOURNAL, &bench.log, NULL, &changes), 0);
		lp_changes_free(changes);
		if (i > 1)
			assert_restored(&bench);
	}
	end(&bench);
}

/* Another program's setting during the session, and the adapter's final setting. */
static const struct lp_route_settings others[][2] = {
	{{1300, 1, false, true}, {1300, 25, true, false}},
	{{1400, 7, false, true}, {1500, 7, false, false}},
	{{1400, 25, true, true}, {1500, 25, true, false}},
	{{1400, 1, false, false}, {1500, 25, true, false}},
};

/* A user's setting during the session is not undone, and a setting that disappears is not an error. */
static void test_others_change(void **state)
{
	const struct lp_route_settings games = {1400, 1, false, true};
	const struct lp_route_interface tap = {TAP, 9};
	struct lp_route route = pin();
	struct lp_changes *changes;
	struct bench bench;

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		begin(&bench);
		assert_int_equal(lp_changes_new(JOURNAL, &bench.log, NULL, &changes), 0);
		assert_int_equal(lp_changes_add_route(changes, &route, NULL), 0);
		assert_int_equal(lp_changes_set(changes, &tap, 4, &games, NULL), 0);
		assert_int_equal(lp_route_set(&tap, 4, &others[i][0], NULL), 0);
		assert_int_equal(lp_route_remove(&route, NULL), 0);
		lp_changes_free(changes);
		bench.before.interfaces[1].settings[0] = others[i][1];
		assert_restored(&bench);
		assert_int_equal(bench.n_events[LP_EVENT_change_stuck], 0);
		end(&bench);
	}
}

/* An adapter that is disabled at the end is restored when it returns. */
static void test_adapter_away(void **state)
{
	const struct lp_route_settings games = {1400, 1, false, true};
	const struct lp_route_interface tap = {TAP, 9};
	struct lp_changes *changes;
	struct lp_fake_state *now;
	struct bench bench;

	(void)state;
	begin(&bench);
	now = lp_host_routes(bench.host);
	for (int round = 0; round < 20; round++) {
		assert_int_equal(lp_changes_new(JOURNAL, &bench.log, NULL, &changes), 0);
		if (round == 0)
			assert_int_equal(lp_changes_set(changes, &tap, 4, &games, NULL), 0);
		else
			assert_int_equal(lp_changes_set(changes, &tap, 4, &games, NULL), LP_ENOTFOUND);
		now->interfaces[1].absent = true;
		assert_int_equal(lp_changes_count(changes), 1);
		lp_changes_free(changes);
	}
	now->interfaces[1].absent = false;
	assert_int_equal(lp_changes_new(JOURNAL, &bench.log, NULL, &changes), 0);
	lp_changes_free(changes);
	assert_restored(&bench);
	end(&bench);
}

/* Another program's MAC setting stays; that of an adapter that was removed is restored when it is back. */
static void test_mac(void **state)
{
	struct lp_changes *changes;
	struct bench bench;
	(void)state;
	begin(&bench);
	struct lp_fake_mac_setting *setting = &lp_host_routes(bench.host)->mac_setting;
	assert_int_equal(lp_changes_new(JOURNAL, &bench.log, NULL, &changes), 0);
	set_mac(changes);
	setting->absent = true;
	lp_changes_free(changes);
	assert_int_equal(bench.n_events[LP_EVENT_change_kept], 1);
	assert_string_equal(setting->mac, OUR_MAC);
	setting->absent = false;
	assert_int_equal(lp_changes_new(JOURNAL, &bench.log, NULL, &changes), 0);
	assert_restored(&bench);
	set_mac(changes);
	strcpy(setting->mac, "020000000099");
	lp_changes_free(changes);
	assert_string_equal(setting->mac, "020000000099");
	end(&bench);
}

/* A damaged journal is kept and logged, and never applied. */
static void test_damaged(void **state)
{
	static const char text[] = "{\"version\": 1, \"changes\": [{\"kind\": \"route\", \"luid\": 1, \"index\": 1, "
				   "\"destination\": \"0.0.0.0\", \"next_hop\": \"0.0.0.0\", \"metric\": 0}]}";
	struct lp_changes *changes;
	struct bench bench;
	uint8_t *data;
	size_t len;

	(void)state;
	begin(&bench);
	assert_int_equal(lp_file_write(JOURNAL, (const uint8_t *)text, strlen(text), true, NULL), 0);
	assert_int_equal(lp_changes_new(JOURNAL, &bench.log, NULL, &changes), 0);
	assert_int_equal(bench.n_events[LP_EVENT_journal_damaged], 1);
	assert_int_equal(lp_changes_count(changes), 0);
	lp_changes_free(changes);
	assert_restored(&bench);
	assert_int_equal(lp_file_read(JOURNAL ".damaged", 1 << 20, NULL, &data, &len), 0);
	assert_string_equal((const char *)data, text);
	free(data);
	end(&bench);
}

/* The bound is enforced and logged. */
static void test_full(void **state)
{
	struct lp_changes *changes;
	struct lp_route route = pin();
	struct bench bench;

	(void)state;
	begin(&bench);
	/* The fake host takes as many as the journal, less the one that it has. */
	lp_host_routes(bench.host)->n_routes = 0;
	memset(lp_host_routes(bench.host)->routes, 0, sizeof lp_host_routes(bench.host)->routes);
	bench.before = *lp_host_routes(bench.host);
	assert_int_equal(lp_changes_new(JOURNAL, &bench.log, NULL, &changes), 0);
	for (int i = 0; i <= LP_JOURNAL_MAX; i++) {
		route.destination.ip[3] = (uint8_t)(1 + i);
		assert_int_equal(lp_changes_add_route(changes, &route, NULL), i < LP_JOURNAL_MAX ? 0 : LP_EFULL);
	}
	lp_changes_free(changes);
	assert_restored(&bench);
	end(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_session),
		cmocka_unit_test(test_one_failure),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_foreign_route),
		cmocka_unit_test(test_others_change),
		cmocka_unit_test(test_adapter_away),
		cmocka_unit_test(test_mac),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
