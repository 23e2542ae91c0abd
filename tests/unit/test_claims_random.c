/* The claim protocol with everything that can go wrong between relays and their store: messages that are lost, late or
   out of order, reads from a replica that is behind, relays that are cut off, stopped or killed, and clocks that start
   anywhere and run 12 % faster or slower. Safety: no instant at which two relays serve a room. Liveness: when all is
   well again, each room is served. */
#include "claim/claim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/units.h"

#define N_RELAYS 4
#define N_ROOMS 3
#define N_KEYS 256
#define N_MESSAGES 512
#define N_SEEDS 150
#define TROUBLE_NS (40 * LP_SEC)
#define CALM_NS (8 * LP_SEC)

static const char *const codes[N_ROOMS] = {"ALPHA", "BRAVO", "CHARLIE"};

/* A key of the store, and what it was before its last change. */
struct entry {
	char key[LP_CLAIM_KEY_MAX + 1];
	struct version {
		uint64_t revision;
		uint8_t value[LP_CLAIM_RECORD_MAX];
		size_t len;
	} now, before;
};

struct message {
	bool used, reply;
	size_t relay, life;
	uint64_t at_ns;
	struct lp_claim_op op;
	int result;
	uint64_t revision;
};

struct relay {
	struct lp_claims *claims;
	size_t life;       /* a reply to an earlier process is not delivered */
	uint64_t start_ns; /* true time at which the clock showed |offset_ns| */
	uint64_t offset_ns;
	double rate;
	uint64_t stopped_until_ns, cut_until_ns, down_until_ns;
};

struct world {
	uint64_t random, now_ns, revision;
	bool calm;
	struct relay relays[N_RELAYS];
	struct entry entries[N_KEYS];
	size_t n_entries;
	struct message messages[N_MESSAGES];
	uint64_t n_served[N_ROOMS]; /* instants */
};

static uint64_t random_below(struct world *world, uint64_t n)
{
	world->random ^= world->random << 13;
	world->random ^= world->random >> 7;
	world->random ^= world->random << 17;
	return (world->random >> 11) % n;
}

static bool chance(struct world *world, uint64_t percent)
{
	return random_below(world, 100) < percent;
}

static uint64_t local(const struct world *world, const struct relay *relay)
{
	return relay->offset_ns + (uint64_t)((double)(world->now_ns - relay->start_ns) * relay->rate);
}

static void start(struct world *world, struct relay *relay)
{
	struct lp_claims_config config;
	lp_claims_config_init(&config);
	for (size_t i = 0; i < sizeof config.seed; i++)
		config.seed[i] = (uint8_t)random_below(world, 256);
	config.place[0] = (uint8_t)(relay - world->relays);
	config.place_len = 1;
	config.max_rooms = N_ROOMS;
	config.max_relays = 2; /* fewer than there can be */
	config.refresh_ns = 5 * LP_SEC;
	relay->life++;
	relay->start_ns = world->now_ns;
	relay->offset_ns = random_below(world, 1000000) * LP_SEC;
	relay->rate = 0.88 + (double)random_below(world, 25) / 100;
	assert_int_equal(lp_claims_new(&config, local(world, relay), &relay->claims), 0);
}

static void send_message(struct world *world, const struct message *message)
{
	const struct relay *relay = &world->relays[message->relay];
	bool lost = !world->calm && (relay->cut_until_ns > world->now_ns || chance(world, 4));
	if (lost)
		return;
	struct message *slot = NULL;
	for (size_t i = 0; i < N_MESSAGES && !slot; i++) {
		if (!world->messages[i].used)
			slot = &world->messages[i];
	}
	assert_non_null(slot);
	*slot = *message;
	slot->used = true;
	uint64_t most_ns = !world->calm && chance(world, 3) ? 6 * LP_SEC : 20 * LP_MS;
	slot->at_ns = world->now_ns + LP_MS / 4 + random_below(world, most_ns);
}

static struct entry *entry_of(struct world *world, const char *key)
{
	for (size_t i = 0; i < world->n_entries; i++) {
		if (strcmp(world->entries[i].key, key) == 0)
			return &world->entries[i];
	}
	assert_true(world->n_entries < N_KEYS);
	struct entry *entry = &world->entries[world->n_entries++];
	snprintf(entry->key, sizeof entry->key, "%s", key);
	return entry;
}

/* An operation reaches the store. */
static void store(struct world *world, struct message *message)
{
	struct entry *entry = entry_of(world, message->op.key);
	if (message->op.write && message->op.revision == entry->now.revision) {
		entry->before = entry->now;
		entry->now.revision = ++world->revision;
		entry->now.len = message->op.value_len;
		memcpy(entry->now.value, message->op.value, message->op.value_len);
		message->revision = entry->now.revision;
		message->result = 0;
	} else if (message->op.write) {
		message->result = LP_EEXISTS;
	} else {
		const struct version *version = !world->calm && chance(world, 10) ? &entry->before : &entry->now;
		message->result = version->revision ? 0 : LP_ENOTFOUND;
		message->revision = version->revision;
		message->op.value_len = version->len;
		memcpy(message->op.value, version->value, version->len);
	}
	message->reply = true;
	send_message(world, message);
}

static void pump(struct world *world, size_t index)
{
	struct relay *relay = &world->relays[index];
	struct message message = {.relay = index, .life = relay->life};
	while (lp_claims_next(relay->claims, local(world, relay), &message.op))
		send_message(world, &message);
}

/* The next instant at which a timer of the relay expires. */
static uint64_t relay_due(const struct relay *relay)
{
	if (!relay->claims)
		return relay->down_until_ns;
	uint64_t deadline_ns = lp_claims_deadline(relay->claims);
	if (deadline_ns == LP_NEVER)
		return LP_NEVER;
	uint64_t at_ns = deadline_ns <= relay->offset_ns
				 ? relay->start_ns
				 : relay->start_ns +
					   (uint64_t)((double)(deadline_ns - relay->offset_ns) / relay->rate) + 2;
	return at_ns > relay->stopped_until_ns ? at_ns : relay->stopped_until_ns;
}

static void check_safety(struct world *world)
{
	for (size_t room = 0; room < N_ROOMS; room++) {
		size_t n = 0;
		for (size_t i = 0; i < N_RELAYS; i++) {
			const struct relay *relay = &world->relays[i];
			n += relay->claims && lp_claims_serves(relay->claims, codes[room], local(world, relay));
		}
		assert_true(n <= 1);
		world->n_served[room] += n;
	}
}

/* Members and misfortune. */
static void act(struct world *world)
{
	size_t index = random_below(world, N_RELAYS);
	struct relay *relay = &world->relays[index];
	const char *code = codes[random_below(world, N_ROOMS)];
	if (!relay->claims || relay->stopped_until_ns > world->now_ns)
		return;
	uint64_t now_ns = local(world, relay);
	const struct relay *other = &world->relays[random_below(world, N_RELAYS)];
	uint8_t place = (uint8_t)(other - world->relays);
	uint64_t what = world->calm ? 0 : random_below(world, 400);
	if (what < 250) {
		lp_claims_want(relay->claims, code, now_ns, NULL, NULL);
	} else if (what < 290) {
		lp_claims_release(relay->claims, code, now_ns);
	} else if (what < 350 && other->claims) {
		lp_claims_move(relay->claims, code, lp_claims_id(other->claims), &place, 1, now_ns);
	} else if (what < 365) {
		relay->stopped_until_ns = world->now_ns + random_below(world, 10 * LP_SEC);
	} else if (what < 385) {
		relay->cut_until_ns = world->now_ns + random_below(world, 8 * LP_SEC);
	} else if (what < 390) {
		lp_claims_close(relay->claims, now_ns);
	} else if (what < 397 || lp_claims_is_closed(relay->claims)) {
		lp_claims_free(relay->claims);
		relay->claims = NULL;
		relay->down_until_ns = world->now_ns + random_below(world, 5 * LP_SEC);
		return;
	}
	pump(world, index);
}

static void deliver(struct world *world, struct message *message)
{
	struct relay *relay = &world->relays[message->relay];
	if (message->reply && relay->claims && relay->stopped_until_ns > world->now_ns) {
		message->at_ns = relay->stopped_until_ns;
		return;
	}
	struct message copy = *message;
	message->used = false;
	if (!copy.reply) {
		store(world, &copy);
	} else if (relay->claims && relay->life == copy.life) {
		lp_claims_reply(relay->claims, copy.op.id, copy.result, copy.revision, copy.op.value, copy.op.value_len,
			local(world, relay));
		check_safety(world);
		pump(world, copy.relay);
	}
}

static void run(struct world *world, uint64_t until_ns)
{
	uint64_t act_ns = world->now_ns;
	while (world->now_ns < until_ns) {
		uint64_t at_ns = act_ns;
		struct message *message = NULL;
		size_t relay = N_RELAYS;
		for (size_t i = 0; i < N_MESSAGES; i++) {
			if (world->messages[i].used && world->messages[i].at_ns < at_ns) {
				message = &world->messages[i];
				at_ns = message->at_ns;
			}
		}
		for (size_t i = 0; i < N_RELAYS; i++) {
			if (relay_due(&world->relays[i]) < at_ns) {
				relay = i;
				at_ns = relay_due(&world->relays[i]);
			}
		}
		if (at_ns > world->now_ns)
			world->now_ns = at_ns;
		if (relay < N_RELAYS) {
			if (!world->relays[relay].claims)
				start(world, &world->relays[relay]);
			pump(world, relay);
		} else if (message) {
			deliver(world, message);
		} else {
			act(world);
			act_ns = world->now_ns + random_below(world, (world->calm ? 100 : 400) * LP_MS);
		}
		check_safety(world);
	}
}

/* All is well from now on. */
static void calm(struct world *world)
{
	world->calm = true;
	for (size_t i = 0; i < N_RELAYS; i++) {
		struct relay *relay = &world->relays[i];
		relay->stopped_until_ns = relay->cut_until_ns = 0;
		relay->down_until_ns = world->now_ns;
		if (relay->claims && lp_claims_is_closed(relay->claims)) {
			lp_claims_free(relay->claims);
			relay->claims = NULL;
		}
	}
}

static void test_random(void **state)
{
	(void)state;
	struct world *world = malloc(sizeof *world);
	assert_non_null(world);
	uint64_t n_served = 0;
	for (uint64_t seed = 1; seed <= N_SEEDS; seed++) {
		*world = (struct world){.random = seed * 0x9e3779b97f4a7c15, .now_ns = LP_SEC};
		for (size_t i = 0; i < N_RELAYS; i++)
			start(world, &world->relays[i]);
		run(world, world->now_ns + TROUBLE_NS);
		calm(world);
		run(world, world->now_ns + CALM_NS);
		for (size_t room = 0; room < N_ROOMS; room++) {
			size_t n = 0;
			for (size_t i = 0; i < N_RELAYS; i++) {
				const struct relay *relay = &world->relays[i];
				n += relay->claims && lp_claims_serves(relay->claims, codes[room], local(world, relay));
			}
			if (n != 1)
				print_error("seed %llu: %s is not served\n", (unsigned long long)seed, codes[room]);
			assert_int_equal(n, 1);
			n_served += world->n_served[room];
		}
		for (size_t i = 0; i < N_RELAYS; i++)
			lp_claims_free(world->relays[i].claims);
	}
	/* The checks of safety saw rooms that were served. */
	assert_true(n_served > 0);
	free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
	};
	return cmocka_run_group_tests_name("claims_random", tests, NULL, NULL);
}
