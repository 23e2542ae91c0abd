/* Claims, step by step: two relays and a store that answers immediately or not at all. */
#include "claim/claim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/units.h"

#define N_KEYS 16

struct store {
	struct {
		char key[LP_CLAIM_KEY_MAX + 1];
		uint64_t revision;
		uint8_t value[LP_CLAIM_RECORD_MAX];
		size_t len;
	} entries[N_KEYS];
	uint64_t revision;
	bool away;      /* operations are lost */
	bool mute;      /* replies are lost */
	unsigned n_ops; /* all that were sent */
};

static size_t find(struct store *store, const char *key)
{
	size_t i = 0;
	while (i < N_KEYS && store->entries[i].key[0] && strcmp(store->entries[i].key, key) != 0)
		i++;
	assert_true(i < N_KEYS);
	snprintf(store->entries[i].key, sizeof store->entries[i].key, "%s", key);
	return i;
}

static void put(struct store *store, const char *key, const void *value, size_t len)
{
	size_t i = find(store, key);
	store->entries[i].revision = ++store->revision;
	store->entries[i].len = len;
	memcpy(store->entries[i].value, value, len);
}

/* All operations that are due, one after the other. */
static void settle(struct lp_claims *claims, struct store *store, uint64_t now_ns)
{
	struct lp_claim_op op;
	while (lp_claims_next(claims, now_ns, &op)) {
		store->n_ops++;
		if (store->away)
			continue;
		size_t i = find(store, op.key);
		int result = 0;
		if (op.write && op.revision == store->entries[i].revision)
			put(store, op.key, op.value, op.value_len);
		else if (op.write)
			result = LP_EEXISTS;
		else if (!store->entries[i].revision)
			result = LP_ENOTFOUND;
		if (!store->mute)
			lp_claims_reply(claims, op.id, result, store->entries[i].revision, store->entries[i].value,
				store->entries[i].len, now_ns);
	}
}

/* Time passes at both relays; NULL: it is dead. */
static void pass(struct lp_claims *a, struct lp_claims *b, struct store *store, uint64_t *now_ns, uint64_t time_ns)
{
	for (uint64_t end_ns = *now_ns + time_ns; *now_ns < end_ns; *now_ns += 50 * LP_MS) {
		if (a)
			settle(a, store, *now_ns);
		if (b)
			settle(b, store, *now_ns);
	}
}

static struct lp_claims *make(uint8_t name, struct store *store, uint64_t now_ns)
{
	struct lp_claims_config config;
	lp_claims_config_init(&config);
	memset(config.seed, name, sizeof config.seed);
	config.place[0] = name;
	config.place_len = 1;
	config.max_rooms = 2;
	struct lp_claims *claims;
	assert_int_equal(lp_claims_new(&config, now_ns, &claims), 0);
	settle(claims, store, now_ns);
	return claims;
}

static int want(struct lp_claims *claims, struct store *store, const char *code, uint64_t now_ns)
{
	lp_claims_want(claims, code, now_ns, NULL, NULL);
	settle(claims, store, now_ns);
	return lp_claims_want(claims, code, now_ns, NULL, NULL);
}

static void assert_kind(struct store *store, const char *key, enum lp_claim_kind kind, uint64_t relay)
{
	size_t i = find(store, key);
	struct lp_claim_record record;
	assert_int_equal(lp_claim_record_read(store->entries[i].value, store->entries[i].len, &record), 0);
	assert_int_equal(record.kind, kind);
	assert_true(record.relay == relay);
}

static void test_first_come(void **state)
{
	(void)state;
	struct store store = {0};
	uint64_t now_ns = LP_SEC;
	struct lp_claims *a = make('a', &store, now_ns), *b = make('b', &store, now_ns);
	assert_int_equal(lp_claims_want(a, "LAN", now_ns, NULL, NULL), LP_CLAIM_WAIT);
	assert_int_equal(want(a, &store, "LAN", now_ns), LP_CLAIM_SERVE);
	assert_true(lp_claims_serves(a, "LAN", now_ns));
	assert_int_equal(want(b, &store, "LAN", now_ns), LP_CLAIM_REDIRECT);
	uint8_t place[LP_CLAIM_PLACE_MAX];
	size_t len;
	assert_int_equal(lp_claims_want(b, "LAN", now_ns, place, &len), LP_CLAIM_REDIRECT);
	assert_int_equal(len, 1);
	assert_int_equal(place[0], 'a');
	/* As long as it is renewed, it stays there. */
	for (int i = 0; i < 20; i++) {
		pass(a, b, &store, &now_ns, LP_SEC);
		assert_int_equal(want(b, &store, "LAN", now_ns), LP_CLAIM_REDIRECT);
		assert_true(lp_claims_serves(a, "LAN", now_ns));
	}
	/* The number of rooms does not change what renewals cost. */
	assert_int_equal(want(a, &store, "LAN2", now_ns), LP_CLAIM_SERVE);
	store.n_ops = 0;
	pass(a, NULL, &store, &now_ns, 7 * LP_SEC);
	assert_in_range(store.n_ops, 8, 11);
	assert_int_equal(lp_claims_want(a, "LAN3", now_ns, NULL, NULL), LP_EFULL);
	lp_claims_free(a);
	lp_claims_free(b);
}

/* The owner dies. */
static void test_crash(void **state)
{
	(void)state;
	struct store store = {0};
	uint64_t now_ns = LP_SEC;
	struct lp_claims *a = make('a', &store, now_ns), *b = make('b', &store, now_ns);
	uint64_t id = lp_claims_id(a);
	assert_int_equal(want(a, &store, "LAN", now_ns), LP_CLAIM_SERVE);
	assert_int_equal(want(b, &store, "LAN", now_ns), LP_CLAIM_REDIRECT);
	lp_claims_free(a);
	pass(NULL, b, &store, &now_ns, 2900 * LP_MS);
	assert_false(lp_claims_serves(b, "LAN", now_ns));
	pass(NULL, b, &store, &now_ns, 300 * LP_MS);
	assert_true(lp_claims_serves(b, "LAN", now_ns));
	char key[LP_CLAIM_KEY_MAX + 1];
	snprintf(key, sizeof key, "relay.%016llx", (unsigned long long)id);
	assert_kind(&store, key, LP_CLAIM_DEAD, id);
	lp_claims_free(b);
}

/* The owner is cut off from the store: it stops in time, continues if no relay took over, and starts over otherwise. */
static void test_cut_off(void **state)
{
	(void)state;
	struct store store = {0}, nowhere = {.away = true};
	uint64_t now_ns = LP_SEC;
	struct lp_claims *a = make('a', &store, now_ns), *b = make('b', &store, now_ns);
	assert_int_equal(want(a, &store, "LAN", now_ns), LP_CLAIM_SERVE);
	assert_int_equal(lp_claims_serve_until(a), now_ns + 2 * LP_SEC);
	pass(a, NULL, &nowhere, &now_ns, 2 * LP_SEC);
	assert_false(lp_claims_serves(a, "LAN", now_ns));
	pass(a, NULL, &nowhere, &now_ns, 60 * LP_SEC);
	pass(a, NULL, &store, &now_ns, LP_SEC);
	assert_true(lp_claims_serves(a, "LAN", now_ns));

	uint64_t id = lp_claims_id(a);
	assert_int_equal(want(b, &store, "LAN", now_ns), LP_CLAIM_REDIRECT);
	for (uint64_t end_ns = now_ns + 4 * LP_SEC; now_ns < end_ns; now_ns += 50 * LP_MS) {
		settle(a, &nowhere, now_ns);
		settle(b, &store, now_ns);
		assert_false(lp_claims_serves(a, "LAN", now_ns) && lp_claims_serves(b, "LAN", now_ns));
	}
	assert_true(lp_claims_serves(b, "LAN", now_ns));
	pass(a, b, &store, &now_ns, LP_SEC);
	assert_true(lp_claims_id(a) != id);
	assert_int_equal(want(a, &store, "LAN", now_ns), LP_CLAIM_REDIRECT);
	assert_int_equal(want(a, &store, "LAN2", now_ns), LP_CLAIM_SERVE);
	lp_claims_free(a);
	lp_claims_free(b);
}

/* A room is given to another relay, though the reply of the first write is lost. */
static void test_move(void **state)
{
	(void)state;
	for (int lost = 0; lost < 3; lost++) {
		struct store store = {0};
		uint64_t now_ns = LP_SEC;
		struct lp_claims *a = make('a', &store, now_ns), *b = make('b', &store, now_ns);
		assert_int_equal(want(a, &store, "LAN", now_ns), LP_CLAIM_SERVE);
		assert_int_equal(
			lp_claims_move(a, "LAN2", lp_claims_id(b), (const uint8_t *)"b", 1, now_ns), LP_ENOTFOUND);
		assert_int_equal(lp_claims_move(a, "LAN", lp_claims_id(b), (const uint8_t *)"b", 1, now_ns), 0);
		assert_false(lp_claims_serves(a, "LAN", now_ns));
		store.away = lost == 1;
		store.mute = lost == 2;
		settle(a, &store, now_ns);
		store.away = store.mute = false;
		pass(a, b, &store, &now_ns, 500 * LP_MS);
		assert_kind(&store, "room.LAN", LP_CLAIM_OWNED, lp_claims_id(b));
		assert_int_equal(want(a, &store, "LAN", now_ns), LP_CLAIM_REDIRECT);
		assert_int_equal(want(b, &store, "LAN", now_ns), LP_CLAIM_SERVE);
		lp_claims_free(a);
		lp_claims_free(b);
	}
}

/* What a relay has released is free immediately. */
static void test_release_and_close(void **state)
{
	(void)state;
	struct store store = {0};
	uint64_t now_ns = LP_SEC;
	struct lp_claims *a = make('a', &store, now_ns), *b = make('b', &store, now_ns);
	assert_int_equal(want(a, &store, "LAN", now_ns), LP_CLAIM_SERVE);
	lp_claims_release(a, "LAN", now_ns);
	assert_false(lp_claims_serves(a, "LAN", now_ns));
	settle(a, &store, now_ns);
	assert_kind(&store, "room.LAN", LP_CLAIM_FREE, lp_claims_id(a));
	assert_int_equal(want(b, &store, "LAN", now_ns), LP_CLAIM_SERVE);

	assert_int_equal(want(b, &store, "LAN2", now_ns), LP_CLAIM_SERVE);
	lp_claims_close(b, now_ns);
	assert_false(lp_claims_serves(b, "LAN", now_ns));
	settle(b, &store, now_ns);
	assert_true(lp_claims_is_closed(b));
	assert_true(lp_claims_deadline(b) == LP_NEVER);
	assert_int_equal(want(a, &store, "LAN", now_ns), LP_CLAIM_SERVE);
	assert_int_equal(want(a, &store, "LAN2", now_ns), LP_CLAIM_SERVE);
	lp_claims_free(a);
	lp_claims_free(b);
}

/* A record that is not understood is not replaced, and a room that is not wanted any more is not asked for. */
static void test_unknown_record(void **state)
{
	(void)state;
	struct store store = {0};
	uint64_t now_ns = LP_SEC;
	struct lp_claims *a = make('a', &store, now_ns);
	static const uint8_t later[] = {2, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0};
	put(&store, "room.LAN", later, sizeof later);
	assert_int_equal(want(a, &store, "LAN", now_ns), LP_CLAIM_WAIT);
	pass(a, NULL, &store, &now_ns, 20 * LP_SEC);
	size_t i = find(&store, "room.LAN");
	assert_memory_equal(store.entries[i].value, later, sizeof later);
	store.n_ops = 0;
	pass(a, NULL, &store, &now_ns, 7 * LP_SEC);
	assert_in_range(store.n_ops, 8, 11);
	lp_claims_free(a);
}

static void test_config(void **state)
{
	(void)state;
	struct lp_claims_config config;
	struct lp_claims *claims;
	lp_claims_config_init(&config);
	config.serve_ns = config.lease_ns;
	assert_int_equal(lp_claims_new(&config, 0, &claims), LP_EINVAL);
	lp_claims_config_init(&config);
	config.renew_ns = config.serve_ns;
	assert_int_equal(lp_claims_new(&config, 0, &claims), LP_EINVAL);
	lp_claims_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_come),
		cmocka_unit_test(test_crash),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_move),
		cmocka_unit_test(test_release_and_close),
		cmocka_unit_test(test_unknown_record),
		cmocka_unit_test(test_config),
	};
	return cmocka_run_group_tests_name("claims", tests, NULL, NULL);
}
