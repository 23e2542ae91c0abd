/* Networks that block UDP: members join by TLS over TCP, come back to UDP, and reach each other all the time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/units.h"
#include "member/member.h"
#include "party.h"
#include "report/status.h"

static const struct lp_line blocked = {.delay_ns = 10 * LP_MS, .loss = 1}, open_line = {.delay_ns = 10 * LP_MS};

/* A party whose relay listens on TCP, with a gateway on UDP and a client that may use TCP. */
static struct party *new_party(uint64_t seed, struct party_member **ret_client)
{
	struct party *party = party_new(seed);
	party->relay_config.listen_tls = (struct lp_addr){.port = 443};
	party_start_relay(party);
	party_add(party, LP_ROLE_GATEWAY, "LAN");
	party->transport = LP_TRANSPORT_AUTO;
	*ret_client = party_add(party, LP_ROLE_CLIENT, "LAN");
	return party;
}

static bool is_over_tcp(struct party_member *client)
{
	struct lp_status status = {0};
	lp_member_status(party_lp_member(client), &status);
	return status.over_tcp;
}

static void test_blocked_and_back(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct party_member *client;
		struct party *party = new_party(seed, &client);
		lp_host_set_lines(client->host, &blocked, &blocked);
		assert_true(party_run_until_joined(party, 5 * LP_SEC));
		assert_true(is_over_tcp(client));
		assert_true(party_all_reach_all(party, 5 * LP_SEC));
		/* UDP is tried again and again; nothing is lost by that. */
		uint64_t before = party_count(party->members[0], client);
		for (unsigned i = 0; i < 100; i++) {
			party_send(party->members[0], client, 200, 1);
			party_run(party, LP_SEC);
		}
		assert_int_equal(party_count(party->members[0], client) - before, 100);
		assert_true(is_over_tcp(client));
		/* It gets through: the connection moves, and no frame is lost in either direction. */
		lp_host_set_lines(client->host, &open_line, &open_line);
		uint64_t up = party_count(client, party->members[0]);
		before = party_count(party->members[0], client);
		for (unsigned i = 0; i < 700; i++) {
			party_send(party->members[0], client, 200, 1);
			party_send(client, party->members[0], 200, 1);
			party_run(party, 100 * LP_MS);
		}
		party_run(party, LP_SEC);
		assert_false(is_over_tcp(client));
		assert_int_equal(party_count(party->members[0], client) - before, 700);
		assert_int_equal(party_count(client, party->members[0]) - up, 700);
		assert_int_equal(client->n_joined, 1);
		party_free(party);
	}
}

static void test_udp_first(void **state)
{
	struct party_member *client;
	(void)state;
	struct party *party = new_party(1, &client);
	lp_host_set_lines(client->host, &open_line, &open_line);
	assert_true(party_run_until_joined(party, LP_SEC));
	assert_false(is_over_tcp(client));
	/* It is blocked in mid-game: the client comes back over TCP with the same membership. */
	lp_host_set_lines(client->host, &blocked, &blocked);
	party_send(client, NULL, 200, 1);
	party_run(party, 20 * LP_SEC);
	assert_true(party_is_joined(client) && is_over_tcp(client));
	assert_true(party_all_reach_all(party, 5 * LP_SEC));
	party_free(party);
}

static void test_no_port(void **state)
{
	(void)state;
	struct party *party = party_new(1);
	party_start_relay(party);
	party->transport = LP_TRANSPORT_AUTO;
	struct party_member *client = party_add(party, LP_ROLE_CLIENT, "LAN");
	lp_host_set_lines(client->host, &blocked, &blocked);
	assert_false(party_run_until_joined(party, 30 * LP_SEC));
	lp_host_set_lines(client->host, &open_line, &open_line);
	assert_true(party_run_until_joined(party, 40 * LP_SEC));
	party_free(party);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocked_and_back),
		cmocka_unit_test(test_udp_first),
		cmocka_unit_test(test_no_port),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
