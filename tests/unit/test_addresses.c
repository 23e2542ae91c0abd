#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "filter/addresses.h"

enum who {
	ALICE,
	BOB,
	LAN,
	FREE = LAN + 1,
};

struct place {
	struct lp_addresses addresses;
	struct lp_address_owner client[LAN];
	uint64_t now_ns;
};

static void open_place(struct place *place, size_t max_lan)
{
	static const uint8_t key[LP_SIPHASH_KEY] = {1};
	place->now_ns = LP_SEC;
	lp_addresses_init(&place->addresses, key, max_lan);
	lp_address_owner_init(&place->client[ALICE]);
	lp_address_owner_init(&place->client[BOB]);
}

static void close_place(struct place *place)
{
	lp_addresses_remove(&place->addresses, &place->client[ALICE]);
	lp_addresses_remove(&place->addresses, &place->client[BOB]);
	lp_addresses_done(&place->addresses);
}

static struct lp_claim make_claim(enum lp_claim_kind kind, unsigned n)
{
	struct lp_claim claim = {.kind = kind, .address = {.family = 4, .ip = {10, 0, (uint8_t)(n >> 8), (uint8_t)n}}};
	return claim;
}

static enum who who_is(const struct place *place, const struct lp_address_owner *owner)
{
	if (!owner)
		return FREE;
	return owner == &place->addresses.lan ? LAN : (enum who)(owner - place->client);
}

/* A claim of a client; the owner that has the address, or FREE if the frame passes. */
static enum who claim(struct place *place, enum who client, enum lp_claim_kind kind, unsigned n)
{
	struct lp_claim made = make_claim(kind, n);
	return who_is(place, lp_addresses_claim(&place->addresses, &place->client[client], &made, place->now_ns));
}

/* A claim from the LAN's side for a client's MAC, or a station's (LAN). The client that lost the address, or FREE. */
static enum who learn(struct place *place, enum who station, enum lp_claim_kind kind, unsigned n)
{
	struct lp_claim made = make_claim(kind, n);
	struct lp_address_owner *client = station == LAN ? NULL : &place->client[station];
	return who_is(place, lp_addresses_learn(&place->addresses, client, &made, place->now_ns));
}

/* One address: claims, and what follows from them. */
struct step {
	const char *text;
	enum who from; /* LAN: the frame came from the gateway, for station |station| */
	enum who station;
	enum lp_claim_kind kind;
	uint64_t after_ns;
	enum who expected; /* of claim() or learn() */
};

#define FROM(client, kind, expected) client, client, LP_CLAIM_##kind, 0, expected
#define OF_LAN(kind, expected) LAN, LAN, LP_CLAIM_##kind, 0, expected
#define LEASE_TO(station, expected) LAN, station, LP_CLAIM_LEASE, 0, expected

static void run(const struct step *steps, size_t n_steps)
{
	struct place place;
	open_place(&place, 8);
	for (size_t i = 0; i < n_steps; i++) {
		const struct step *step = &steps[i];
		place.now_ns += step->after_ns;
		enum who found = step->from == LAN ? learn(&place, step->station, step->kind, 1)
						   : claim(&place, step->from, step->kind, 1);
		if (found != step->expected)
			fail_msg("step %zu, %s: %d, not %d", i, step->text, found, step->expected);
	}
	close_place(&place);
}

#define RUN(...) \
	do { \
		static const struct step steps[] = {__VA_ARGS__}; \
		run(steps, sizeof steps / sizeof *steps); \
	} while (0)

static void test_first_come(void **state)
{
	(void)state;
	RUN({"free", FROM(ALICE, USE, FREE)}, {"again", FROM(ALICE, REPLY, FREE)}, {"a thief", FROM(BOB, USE, ALICE)},
		{"his reply", FROM(BOB, REPLY, ALICE)}, {"his probe, which Alice answers", FROM(BOB, PROBE, FREE)},
		{"he still does not have it", FROM(BOB, USE, ALICE)}, {"Alice", FROM(ALICE, USE, FREE)});
}

/* Detection of duplicates cannot be used to deny an address to the station that probes it. */
static void test_probes(void **state)
{
	(void)state;
	RUN({"probe", FROM(ALICE, PROBE, FREE)}, {"a thief's probe", FROM(BOB, PROBE, ALICE)},
		{"his reply", FROM(BOB, REPLY, ALICE)}, {"the second probe", FROM(ALICE, PROBE, FREE)},
		{"later", BOB, BOB, LP_CLAIM_PROBE, LP_ADDRESS_PROBE_NS, FREE}, {"use", FROM(ALICE, USE, FREE)});
	RUN({"probe of the LAN", OF_LAN(PROBE, FREE)}, {"a thief's reply", FROM(BOB, REPLY, LAN)},
		{"his probe", FROM(BOB, PROBE, LAN)});
	RUN({"use", FROM(ALICE, USE, FREE)}, {"a LAN station's probe takes nothing", OF_LAN(PROBE, FREE)},
		{"use", FROM(ALICE, USE, FREE)}, {"then it backs off", FROM(BOB, USE, ALICE)});
}

static void test_lan_wins(void **state)
{
	(void)state;
	RUN({"the LAN", OF_LAN(USE, FREE)}, {"a thief", FROM(BOB, USE, LAN)}, {"gratuitous", FROM(BOB, REPLY, LAN)});
	RUN({"first", FROM(BOB, USE, FREE)}, {"the LAN replies", OF_LAN(REPLY, BOB)}, {"lost", FROM(BOB, REPLY, LAN)},
		{"again", OF_LAN(USE, FREE)});
	RUN({"first", FROM(BOB, USE, FREE)}, {"the router of an ACK", OF_LAN(SERVER, BOB)},
		{"lost", FROM(BOB, USE, LAN)});
	RUN({"an access point replies for Bob", LAN, BOB, LP_CLAIM_REPLY, 0, FREE}, {"Alice", FROM(ALICE, USE, FREE)},
		{"which takes nothing from Alice", LAN, BOB, LP_CLAIM_USE, 0, FREE}, {"Alice", FROM(ALICE, USE, FREE)});
	RUN({"the LAN", OF_LAN(USE, FREE)}, {"within the hour", BOB, BOB, LP_CLAIM_USE, LP_ADDRESS_LAN_AGE_NS, LAN},
		{"behind it", BOB, BOB, LP_CLAIM_USE, 1, FREE});
}

static void test_leases(void **state)
{
	(void)state;
	RUN({"lease", LEASE_TO(ALICE, FREE)}, {"a thief", FROM(BOB, USE, ALICE)},
		{"his probe", FROM(BOB, PROBE, ALICE)}, {"Alice", FROM(ALICE, USE, FREE)},
		{"a router that replies for all", OF_LAN(REPLY, FREE)}, {"Alice", FROM(ALICE, USE, FREE)},
		{"a station that uses it", OF_LAN(USE, ALICE)}, {"lost", FROM(ALICE, USE, LAN)},
		{"another lease", LEASE_TO(ALICE, FREE)}, {"won", FROM(ALICE, USE, FREE)});
	RUN({"a squatter", FROM(BOB, USE, FREE)}, {"lease", LEASE_TO(ALICE, BOB)}, {"Bob", FROM(BOB, USE, ALICE)});
	RUN({"lease", LEASE_TO(ALICE, FREE)}, {"to another", LEASE_TO(BOB, ALICE)}, {"lost", FROM(ALICE, USE, BOB)},
		{"to the LAN", LEASE_TO(LAN, BOB)}, {"lost", FROM(BOB, USE, LAN)});
}

/* A client that claims many addresses loses its own oldest ones, and no one else's; leased ones last. */
static void test_bound_of_client(void **state)
{
	struct place place;
	(void)state;
	open_place(&place, 8);
	learn(&place, ALICE, LP_CLAIM_LEASE, 1);
	assert_int_equal(claim(&place, BOB, LP_CLAIM_USE, 2), FREE);
	for (unsigned n = 10; n < 1000; n++)
		assert_int_equal(claim(&place, ALICE, LP_CLAIM_USE, n), FREE);
	assert_int_equal(place.client[ALICE].n_addresses, LP_ADDRESSES_PER_CLIENT);
	assert_int_equal(place.addresses.n_addresses, LP_ADDRESSES_PER_CLIENT + 1);
	assert_int_equal(claim(&place, BOB, LP_CLAIM_USE, 1), ALICE);
	assert_int_equal(claim(&place, ALICE, LP_CLAIM_USE, 2), BOB);
	assert_int_equal(claim(&place, BOB, LP_CLAIM_USE, 999), ALICE);
	assert_int_equal(claim(&place, BOB, LP_CLAIM_USE, 10), FREE);
	lp_addresses_remove(&place.addresses, &place.client[ALICE]);
	assert_int_equal(claim(&place, BOB, LP_CLAIM_USE, 1), FREE);
	close_place(&place);
}

static void test_bound_of_lan(void **state)
{
	struct place place;
	(void)state;
	open_place(&place, 8);
	assert_int_equal(claim(&place, ALICE, LP_CLAIM_USE, 1), FREE);
	for (unsigned n = 10; n < 1000; n++)
		assert_int_equal(learn(&place, LAN, LP_CLAIM_USE, n), FREE);
	assert_int_equal(place.addresses.lan.n_addresses, 8);
	assert_int_equal(place.addresses.n_forgotten, 990 - 8);
	assert_int_equal(claim(&place, BOB, LP_CLAIM_USE, 1), ALICE);
	assert_int_equal(claim(&place, BOB, LP_CLAIM_USE, 992), LAN);
	assert_int_equal(claim(&place, BOB, LP_CLAIM_USE, 991), FREE);
	assert_int_equal(learn(&place, LAN, LP_CLAIM_USE, 1), ALICE);
	assert_int_equal(place.addresses.lan.n_addresses, 8);
	close_place(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_come),
		cmocka_unit_test(test_probes),
		cmocka_unit_test(test_lan_wins),
		cmocka_unit_test(test_leases),
		cmocka_unit_test(test_bound_of_client),
		cmocka_unit_test(test_bound_of_lan),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
