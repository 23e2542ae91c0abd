/* The relay stays reachable outside the tunnel whatever the network does, and games prefer the TAP. */
#include "client/windows/route_guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "client/windows/changes.h"
#include "obs/event.h"
#include "platform/fake/net/route_fake.h"
#include "platform/fake/world.h"
#include "platform/net/inbound.h"

#define WIRE 0x0006000001000000U
#define WIFI 0x0047000003000000U
#define TAP 0x0035000002000000U

struct bench {
	struct lp_world *world;
	struct lp_host *host;
	struct lp_loop *loop;
	struct lp_log log;
	unsigned n_events[LP_EVENT_COUNT];
	struct lp_fake_state *state;
	struct lp_fake_state before;
	struct lp_changes *changes;
	struct lp_route_guard *guard;
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

/* A route by an interface. */
static struct lp_route route(const char *destination, uint8_t prefix_bits, const char *next_hop, uint64_t luid)
{
	return (struct lp_route){.destination = addr(destination),
		.prefix_bits = prefix_bits,
		.next_hop = addr(next_hop),
		.interface = {luid, (uint32_t)(luid >> 24 & 0xff)}};
}

/* A host with a wire, a Wi-Fi with a higher metric, a TAP, and a guard. */
static void begin_with(struct bench *bench, const struct lp_fake_inbound *inbound)
{
	const struct lp_route_guard_config config = {
		.device = "Games", .device_id = "{tap}", .inbound = inbound != NULL};
	struct lp_route_guard_config with_log = config;
	struct lp_fake_state *state;

	memset(bench, 0, sizeof *bench);
	bench->log = (struct lp_log){.level = LP_LEVEL_DEBUG, .sink = on_event, .ctx = bench};
	with_log.log = &bench->log;
	assert_int_equal(lp_world_new(1, &bench->world), 0);
	bench->host = lp_world_add_host(bench->world, "player", "192.0.2.2");
	lp_host_enter(bench->host);
	assert_int_equal(lp_loop_new(&bench->loop), 0);
	bench->state = state = lp_host_routes(bench->host);
	state->interfaces[0] = (struct lp_fake_interface){
		.name = "{wire}",
		.id = {WIRE, 1},
		.address = addr("192.0.2.2"),
		.settings = {{1500, 25, true, false}, {1500, 25, true, false}},
	};
	state->interfaces[1] = (struct lp_fake_interface){
		.name = "{tap}", .id = {TAP, 2}, .settings = {{1500, 25, true, false}, {1500, 25, true, false}}};
	state->interfaces[2] = (struct lp_fake_interface){
		.name = "{wifi}",
		.id = {WIFI, 3},
		.address = addr("198.51.100.2"),
		.settings = {{1500, 45, false, false}, {1500, 45, false, false}},
	};
	state->interfaces[3] = (struct lp_fake_interface){
		.name = "{loopback}", .id = {24, 4}, .loopback = true, .settings = {{1500, 75, false, false}}};
	state->n_interfaces = 4;
	state->routes[0] = route("0.0.0.0", 0, "192.0.2.1", WIRE);
	state->routes[1] = route("0.0.0.0", 0, "198.51.100.1", WIFI);
	state->routes[2] = route("127.0.0.0", 8, "0.0.0.0", 24);
	state->n_routes = 3;
	if (inbound)
		state->inbound = *inbound;
	bench->before = *state;
	assert_int_equal(lp_changes_new("/changes.json", &bench->log, NULL, &bench->changes), 0);
	with_log.changes = bench->changes;
	assert_int_equal(lp_route_guard_new(bench->loop, &with_log, NULL, &bench->guard), 0);
}

static void begin(struct bench *bench)
{
	begin_with(bench, NULL);
}

/* Advances the virtual time. */
static void pass(struct bench *bench, uint64_t ns)
{
	lp_world_run_until(bench->world, lp_world_now_ns(bench->world) + ns);
}

/* Frees the guard; all settings are restored. */
static void end(struct bench *bench)
{
	lp_route_guard_free(bench->guard);
	lp_changes_free(bench->changes);
	assert_true(lp_fake_state_equal(bench->state, &bench->before));
	lp_loop_free(bench->loop);
	lp_world_free(bench->world);
}

/* The one host route, besides |n| others. */
static const struct lp_route *pinned(const struct bench *bench, size_t n)
{
	assert_int_equal(bench->state->n_routes, n + 1);
	assert_int_equal(bench->state->routes[n].prefix_bits, 32);
	return &bench->state->routes[n];
}

/* The relay's host route is on the current interface, follows the network, and never uses the TAP. */
static void test_route(void **state)
{
	struct lp_addr relay = addr("203.0.113.10"), other = addr("203.0.113.11");
	struct bench bench;

	(void)state;
	begin(&bench);
	relay.port = 443;
	lp_route_guard_hold(bench.guard, &relay);
	assert_true(pinned(&bench, 3)->interface.luid == WIRE);
	/* The LAN of the party has a better default route: it must not be used. */
	bench.state->routes[4] = route("203.0.113.0", 24, "10.20.0.1", TAP);
	bench.state->n_routes = 5;
	pass(&bench, 6 * LP_SEC);
	assert_int_equal(bench.state->n_routes, 5);
	assert_int_equal(bench.n_events[LP_EVENT_route_astray], 0);
	/* Another program removed our route: it is added again. */
	bench.state->routes[3] = bench.state->routes[4];
	memset(&bench.state->routes[4], 0, sizeof bench.state->routes[4]);
	bench.state->n_routes = 4;
	pass(&bench, 6 * LP_SEC);
	assert_true(pinned(&bench, 4)->interface.luid == WIRE);
	/* Even if no other route is wrong. */
	memset(&bench.state->routes[4], 0, sizeof bench.state->routes[4]);
	memset(&bench.state->routes[3], 0, sizeof bench.state->routes[3]);
	bench.state->n_routes = 3;
	pass(&bench, 6 * LP_SEC);
	assert_true(pinned(&bench, 3)->interface.luid == WIRE);
	bench.state->routes[4] = bench.state->routes[3];
	bench.state->routes[3] = route("203.0.113.0", 24, "10.20.0.1", TAP);
	bench.state->n_routes = 5;
	/* The cable is unplugged. */
	bench.state->interfaces[0].absent = true;
	pass(&bench, 6 * LP_SEC);
	assert_true(pinned(&bench, 4)->interface.luid == WIFI);
	assert_int_equal(bench.n_events[LP_EVENT_route_pinned], 4);
	/* There is no route at all, logged once, and then there is one again. */
	bench.state->interfaces[2].absent = true;
	pass(&bench, 20 * LP_SEC);
	assert_int_equal(bench.n_events[LP_EVENT_route_astray], 1);
	bench.state->interfaces[0].absent = bench.state->interfaces[2].absent = false;
	pass(&bench, 2 * LP_SEC);
	assert_true(pinned(&bench, 4)->interface.luid == WIRE);
	/* The relay's address changed. */
	lp_route_guard_hold(bench.guard, &other);
	assert_int_equal(pinned(&bench, 4)->destination.ip[3], 11);
	/* And is on this computer. */
	other = addr("127.0.0.1");
	lp_route_guard_hold(bench.guard, &other);
	assert_int_equal(bench.state->n_routes, 4);
	bench.before.routes[3] = route("203.0.113.0", 24, "10.20.0.1", TAP);
	bench.before.n_routes = 4;
	end(&bench);
}

/* Another program's route to the relay is used and kept. */
static void test_foreign(void **state)
{
	struct lp_addr relay = addr("203.0.113.10");
	struct bench bench;

	(void)state;
	begin(&bench);
	bench.state->routes[3] = route("203.0.113.10", 32, "198.51.100.1", WIFI);
	bench.state->n_routes = 4;
	bench.before = *bench.state;
	lp_route_guard_hold(bench.guard, &relay);
	pass(&bench, 12 * LP_SEC);
	assert_int_equal(bench.state->n_routes, 4);
	assert_int_equal(bench.n_events[LP_EVENT_route_kept], 1);
	end(&bench);
}

/* The TAP is configured for games, also when it appears late or again, and restored at the end. */
static void test_adapter(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	bench.state->interfaces[1].absent = true;
	lp_route_guard_set_adapter(bench.guard, 1400);
	pass(&bench, LP_SEC);
	assert_int_equal(bench.n_events[LP_EVENT_adapter_set], 0);
	bench.state->interfaces[1].absent = false;
	pass(&bench, LP_SEC);
	assert_int_equal(bench.n_events[LP_EVENT_adapter_set], 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(bench.state->interfaces[1].settings[i].mtu, 1400);
		assert_int_equal(bench.state->interfaces[1].settings[i].metric, 1);
		assert_false(bench.state->interfaces[1].settings[i].automatic_metric);
		assert_true(bench.state->interfaces[1].settings[i].no_default_routes);
	}
	/* The driver was restarted and lost its settings. */
	bench.state->interfaces[1].settings[0] = bench.before.interfaces[1].settings[0];
	lp_route_guard_set_adapter(bench.guard, 1400);
	assert_int_equal(bench.n_events[LP_EVENT_adapter_set], 3);
	assert_int_equal(bench.state->interfaces[1].settings[0].metric, 1);
	end(&bench);
}

/* The test broadcast is sent once the TAP has an address; the result is logged. */
static void test_broadcast(void **state)
{
	struct bench bench;
	uint8_t frame[14 + 20 + 8 + 64] = {0};
	const uint8_t *data;
	size_t len;

	(void)state;
	begin(&bench);
	lp_route_guard_set_adapter(bench.guard, 1500);
	pass(&bench, 3 * LP_SEC);
	assert_int_equal(lp_host_broadcast(bench.host, &data, &len), 0);
	bench.state->interfaces[1].address = bench.before.interfaces[1].address = addr("10.20.0.51");
	pass(&bench, LP_SEC);
	assert_int_equal(lp_host_broadcast(bench.host, &data, &len), 1);
	lp_route_guard_saw(bench.guard, frame, sizeof frame);
	memcpy(frame + 42, data, len);
	lp_route_guard_saw(bench.guard, frame, 42 + len - 1);
	assert_int_equal(bench.n_events[LP_EVENT_broadcast_arrives], 0);
	lp_route_guard_saw(bench.guard, frame, 42 + len);
	lp_route_guard_saw(bench.guard, frame, 42 + len);
	assert_int_equal(bench.n_events[LP_EVENT_broadcast_arrives], 1);
	pass(&bench, 20 * LP_SEC);
	assert_int_equal(bench.n_events[LP_EVENT_broadcast_astray], 0);
	assert_int_equal(lp_host_broadcast(bench.host, &data, &len), 1);
	/* The next one leaves by another interface. */
	lp_route_guard_set_adapter(bench.guard, 1500);
	pass(&bench, 20 * LP_SEC);
	assert_int_equal(bench.n_events[LP_EVENT_broadcast_astray], 1);
	assert_true(lp_host_broadcast(bench.host, &data, &len) > 2);
	end(&bench);
}

/* Settings are compared without the padding between them. */
static void assert_settings(const struct lp_route_settings *is, const struct lp_route_settings *wanted)
{
	assert_int_equal(is->mtu, wanted->mtu);
	assert_int_equal(is->metric, wanted->metric);
	assert_int_equal(is->automatic_metric, wanted->automatic_metric);
	assert_int_equal(is->no_default_routes, wanted->no_default_routes);
}

/* Windows recreates the IP interface and loses its settings: they are set again at the next check. */
static void test_forgotten_settings(void **state)
{
	(void)state;
	struct bench bench;
	begin(&bench);
	struct lp_fake_interface *tap = &bench.state->interfaces[1];
	lp_route_guard_set_adapter(bench.guard, 1400);
	pass(&bench, LP_SEC);
	struct lp_route_settings set = tap->settings[0];
	assert_true(set.no_default_routes);
	assert_int_equal(set.metric, 1);
	unsigned n_set = bench.n_events[LP_EVENT_adapter_set];
	for (int family = 0; family < 2; family++) {
		tap->settings[family] = bench.before.interfaces[1].settings[family];
		pass(&bench, 10 * LP_SEC);
		assert_settings(&tap->settings[family], &set);
		assert_int_equal(bench.n_events[LP_EVENT_adapter_set], ++n_set);
	}
	/* Another link speed, another automatic metric. */
	tap->settings[0] = (struct lp_route_settings){.mtu = 1500, .metric = 15, .automatic_metric = true};
	pass(&bench, 10 * LP_SEC);
	assert_settings(&tap->settings[0], &set);
	assert_int_equal(bench.n_events[LP_EVENT_adapter_foreign], 0);
	end(&bench);
}

/* Another program's setting stays, is logged once, and does not prevent the others. */
static void test_foreign_settings(void **state)
{
	(void)state;
	struct bench bench;
	begin(&bench);
	struct lp_route_settings *tap = &bench.state->interfaces[1].settings[0];
	lp_route_guard_set_adapter(bench.guard, 1400);
	pass(&bench, LP_SEC);
	tap->metric = 7;
	tap->no_default_routes = false;
	pass(&bench, 60 * LP_SEC);
	assert_int_equal(tap->metric, 7);
	assert_int_equal(tap->mtu, 1400);
	assert_true(tap->no_default_routes);
	assert_int_equal(bench.n_events[LP_EVENT_adapter_foreign], 1);
	bench.before.interfaces[1].settings[0].metric = 7;
	bench.before.interfaces[1].settings[0].automatic_metric = false;
	end(&bench);
}

/* Gives the TAP an address of the LAN. */
static void set_address(struct bench *bench, const char *text)
{
	bench->state->interfaces[1].address = addr(text);
	bench->before.interfaces[1].address = addr(text);
}

/* A public network is made private once the TAP has an address, and public again before the TAP is disconnected; if
   Windows refuses, firewall rules are added and removed. A private network is left alone. */
static void test_inbound(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		struct lp_fake_inbound before;
		int category; /* during the session */
		bool allowed;
		unsigned open, blocked; /* events */
		size_t notes;
	} rows[] = {
		{"public", {.category = LP_INBOUND_PUBLIC}, LP_INBOUND_PRIVATE, false, 1, 0, 1},
		{"private", {.category = LP_INBOUND_PRIVATE}, LP_INBOUND_PRIVATE, false, 0, 0, 0},
		{"refused", {.category = LP_INBOUND_PUBLIC, .set_result = LP_EPERM}, LP_INBOUND_PUBLIC, true, 1, 0, 1},
		{"all refused", {.category = LP_INBOUND_PUBLIC, .set_result = LP_EPERM, .allow_result = LP_EPERM},
			LP_INBOUND_PUBLIC, false, 0, 1, 0},
		{"no network", {0}, 0, true, 1, 0, 1},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct bench bench;
		print_message("%s\n", rows[i].name);
		begin_with(&bench, &rows[i].before);
		lp_route_guard_set_adapter(bench.guard, 1400);
		size_t n_notes = lp_changes_count(bench.changes);
		pass(&bench, 10 * LP_SEC);
		assert_int_equal(bench.state->inbound.category, rows[i].before.category); /* no address yet */
		set_address(&bench, "10.1.0.9");
		pass(&bench, 60 * LP_SEC);
		assert_int_equal(bench.state->inbound.category, rows[i].category);
		assert_int_equal(bench.state->inbound.allowed, rows[i].allowed);
		assert_int_equal(bench.n_events[LP_EVENT_inbound_open], rows[i].open);
		assert_int_equal(bench.n_events[LP_EVENT_inbound_blocked], rows[i].blocked);
		assert_int_equal(lp_changes_count(bench.changes), n_notes + rows[i].notes);
		bench.state->inbound.set_result = 0;
		lp_route_guard_leave(bench.guard);
		assert_int_equal(lp_changes_count(bench.changes), n_notes);
		end(&bench);
	}
}

/* A client that was killed leaves the network private; the next one makes it public at its end. */
static void test_inbound_killed(void **state)
{
	(void)state;
	static const struct lp_fake_inbound public = {.category = LP_INBOUND_PUBLIC};
	struct bench bench;
	begin_with(&bench, &public);
	set_address(&bench, "10.1.0.9");
	lp_route_guard_set_adapter(bench.guard, 1400);
	pass(&bench, LP_SEC);
	assert_int_equal(bench.state->inbound.category, LP_INBOUND_PRIVATE);
	/* The cable is out at the start. */
	bench.state->inbound.category = 0;
	lp_route_guard_free(bench.guard);
	lp_changes_free(bench.changes);
	assert_int_equal(bench.n_events[LP_EVENT_change_kept], 1);
	struct lp_route_guard_config config = {
		.device = "Games", .device_id = "{tap}", .log = &bench.log, .inbound = true};
	assert_int_equal(lp_changes_new("/changes.json", &bench.log, NULL, &bench.changes), 0);
	assert_int_equal(lp_changes_count(bench.changes), 1);
	config.changes = bench.changes;
	assert_int_equal(lp_route_guard_new(bench.loop, &config, NULL, &bench.guard), 0);
	bench.state->inbound.category = LP_INBOUND_PRIVATE;
	lp_route_guard_set_adapter(bench.guard, 1400);
	pass(&bench, LP_SEC);
	lp_route_guard_leave(bench.guard);
	end(&bench);
}

/* An address that the LAN did not give is logged, once for each; it is not released. */
static void test_fixed_address(void **state)
{
	struct bench bench;
	(void)state;
	begin(&bench);
	bench.state->dhcp_off = true;
	lp_route_guard_set_adapter(bench.guard, 1400);
	pass(&bench, LP_SEC);
	assert_int_equal(bench.n_events[LP_EVENT_address_fixed], 0);
	bench.state->interfaces[1].address = addr("10.8.0.2");
	pass(&bench, 600 * LP_SEC);
	assert_int_equal(bench.n_events[LP_EVENT_address_fixed], 1);
	assert_int_equal(bench.n_events[LP_EVENT_address_found], 1);
	assert_false(lp_route_guard_has_lease(bench.guard));
	bench.state->dhcp_off = false;
	assert_true(lp_route_guard_has_lease(bench.guard));
	bench.state->interfaces[1].address = addr("169.254.7.7");
	assert_false(lp_route_guard_has_lease(bench.guard));
	bench.state->interfaces[1].address = bench.before.interfaces[1].address;
	end(&bench);
}

/* Windows ends the program soon: everything is undone now, and not made again. */
static void test_leave(void **state)
{
	const struct lp_addr relay = addr("203.0.113.10");
	struct bench bench;
	(void)state;
	begin(&bench);
	lp_route_guard_hold(bench.guard, &relay);
	lp_route_guard_set_adapter(bench.guard, 1400);
	pass(&bench, LP_SEC);
	assert_int_equal(bench.state->interfaces[1].settings[0].metric, 1);
	lp_route_guard_leave(bench.guard);
	lp_changes_undo(bench.changes);
	pass(&bench, 600 * LP_SEC);
	lp_route_guard_hold(bench.guard, &(struct lp_addr){.family = 4, .ip = {203, 0, 113, 11}});
	lp_route_guard_set_adapter(bench.guard, 1400);
	assert_true(lp_fake_state_equal(bench.state, &bench.before));
	end(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forgotten_settings),
		cmocka_unit_test(test_inbound),
		cmocka_unit_test(test_inbound_killed),
		cmocka_unit_test(test_fixed_address),
		cmocka_unit_test(test_leave),
		cmocka_unit_test(test_foreign_settings),
		cmocka_unit_test(test_route),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_adapter),
		cmocka_unit_test(test_broadcast),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
