/* The AEAD backends: test vectors, agreement with each other, refusal of changed packets; key updates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/units.h"
#include "quic/aead/aead.h"
#include "quic_pair.h"

static int (*const backends[])(struct lp_aead **) = {lp_aead_gnutls_new, lp_aead_ipsec_mb_new, lp_aead_new};
#define N_BACKENDS (sizeof backends / sizeof *backends)

/* McGrew and Viega, "The Galois/Counter Mode of Operation", test case 4. */
static const uint8_t gcm_key[] = "\xfe\xff\xe9\x92\x86\x65\x73\x1c\x6d\x6a\x8f\x94\x67\x30\x83\x08";
static const uint8_t gcm_nonce[] = "\xca\xfe\xba\xbe\xfa\xce\xdb\xad\xde\xca\xf8\x88";
static const uint8_t gcm_plain[] =
	"\xd9\x31\x32\x25\xf8\x84\x06\xe5\xa5\x59\x09\xc5\xaf\xf5\x26\x9a\x86\xa7\xa9\x53\x15\x34\xf7\xda\x2e\x4c\x30"
	"\x3d\x8a\x31\x8a\x72\x1c\x3c\x0c\x95\x95\x68\x09\x53\x2f\xcf\x0e\x24\x49\xa6\xb5\x25\xb1\x6a\xed\xf5\xaa\x0d"
	"\xe6\x57\xba\x63\x7b\x39";
static const uint8_t gcm_aad[] = "\xfe\xed\xfa\xce\xde\xad\xbe\xef\xfe\xed\xfa\xce\xde\xad\xbe\xef\xab\xad\xda\xd2";
static const uint8_t gcm_sealed[] =
	"\x42\x83\x1e\xc2\x21\x77\x74\x24\x4b\x72\x21\xb7\x84\xd0\xd4\x9c\xe3\xaa\x21\x2f\x2c\x02\xa4\xe0\x35\xc1\x7e"
	"\x23\x29\xac\xa1\x2e\x21\xd5\x14\xb2\x54\x66\x93\x1c\x7d\x8f\x6a\x5a\xac\x84\xaa\x05\x1b\xa3\x0b\x39\x6a\x0a"
	"\xac\x97\x3d\x58\xe0\x91\x5b\xc9\x4f\xbc\x32\x21\xa5\xdb\x94\xfa\xe9\x5a\xe7\x12\x1a\x47";
/* RFC 9001 §A.2: header protection of the client's Initial. */
static const uint8_t hp_key[] = "\x9f\x50\x44\x9e\x04\xa0\xe8\x10\x28\x3a\x1e\x99\x33\xad\xed\xd2";
static const uint8_t hp_sample[] = "\xd1\xb1\xc9\x8d\xd7\x68\x9f\xb8\xec\x11\xd2\x42\xb1\x23\xdc\x9b";
static const uint8_t hp_mask[] = "\x43\x7b\x9a\xec\x36";

static void test_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_BACKENDS; i++) {
		struct lp_aead *aead;
		struct lp_aead_key *key;
		uint8_t out[128], mask[LP_AEAD_SAMPLE];
		int rv = backends[i](&aead);
		if (rv == LP_EUNSUPPORTED)
			continue;
		assert_int_equal(rv, 0);
		assert_int_equal(aead->packet_key(aead, gcm_key, &key), 0);
		assert_int_equal(key->seal(key, out, gcm_plain, 60, gcm_nonce, gcm_aad, 20), 0);
		assert_memory_equal(out, gcm_sealed, 76);
		assert_int_equal(key->open(key, out, gcm_sealed, 76, gcm_nonce, gcm_aad, 20), 0);
		assert_memory_equal(out, gcm_plain, 60);
		assert_int_equal(key->open(key, out, gcm_sealed, 15, gcm_nonce, gcm_aad, 20), LP_EMALFORMED);
		lp_aead_key_free(key);
		assert_int_equal(aead->header_key(aead, hp_key, &key), 0);
		for (int k = 0; k < 3; k++) {
			assert_int_equal(key->mask(key, mask, hp_sample), 0);
			assert_memory_equal(mask, hp_mask, 5);
			assert_int_equal(key->mask(key, mask, gcm_key), 0);
		}
		lp_aead_key_free(key);
		lp_aead_free(aead);
	}
}

static void test_agreement(void **state)
{
	(void)state;
	struct wire random;
	struct lp_aead *a, *b;
	struct lp_aead_key *key_a, *key_b;
	static uint8_t plain[2000], sealed_a[2016], sealed_b[2016], aad[64];
	wire_init(&random, 5);
	assert_int_equal(lp_aead_gnutls_new(&a), 0);
	assert_int_equal(lp_aead_new(&b), 0);
	for (int round = 0; round < 2000; round++) {
		uint8_t raw[LP_AEAD_KEY], nonce[LP_AEAD_NONCE];
		size_t len = wire_random(&random) % sizeof plain, aad_len = 1 + wire_random(&random) % sizeof aad;
		for (size_t i = 0; i < sizeof raw; i++)
			raw[i] = (uint8_t)wire_random(&random);
		for (size_t i = 0; i < sizeof nonce; i++)
			nonce[i] = (uint8_t)wire_random(&random);
		for (size_t i = 0; i < len; i++)
			plain[i] = (uint8_t)wire_random(&random);
		assert_int_equal(a->packet_key(a, raw, &key_a), 0);
		assert_int_equal(b->packet_key(b, raw, &key_b), 0);
		assert_int_equal(key_a->seal(key_a, sealed_a, plain, len, nonce, aad, aad_len), 0);
		memcpy(sealed_b, plain, len); /* in place, as for packets */
		assert_int_equal(key_b->seal(key_b, sealed_b, sealed_b, len, nonce, aad, aad_len), 0);
		assert_memory_equal(sealed_a, sealed_b, len + 16);
		assert_int_equal(key_a->open(key_a, sealed_b, sealed_b, len + 16, nonce, aad, aad_len), 0);
		assert_memory_equal(sealed_b, plain, len);
		/* One bit anywhere: ciphertext, tag, AAD, nonce. */
		sealed_a[wire_random(&random) % (len + 16)] ^= (uint8_t)(1 << wire_random(&random) % 8);
		assert_int_equal(key_b->open(key_b, sealed_b, sealed_a, len + 16, nonce, aad, aad_len), LP_EMALFORMED);
		assert_int_equal(key_a->open(key_a, sealed_b, sealed_a, len + 16, nonce, aad, aad_len), LP_EMALFORMED);
		lp_aead_key_free(key_a);
		lp_aead_key_free(key_b);
	}
	lp_aead_free(a);
	lp_aead_free(b);
}

static void test_key_updates(void **state)
{
	(void)state;
	static const enum lp_quic_aead kinds[][2] = {
		{LP_QUIC_AEAD_BEST, LP_QUIC_AEAD_BEST},
		{LP_QUIC_AEAD_GNUTLS, LP_QUIC_AEAD_BEST},
		{LP_QUIC_AEAD_BEST, LP_QUIC_AEAD_HELPER},
		{LP_QUIC_AEAD_HELPER, LP_QUIC_AEAD_GNUTLS},
	};
	for (size_t row = 0; row < sizeof kinds / sizeof *kinds; row++) {
		struct pair *pair = pair_today();
		pair->client.config.aead = kinds[row][0];
		pair->server.config.aead = kinds[row][1];
		pair_connect(pair);
		unsigned updates = 0;
		for (unsigned i = 0; i < 200; i++) {
			struct wire_node *node = i % 2 ? &pair->client : &pair->server;
			struct lp_quic_conn *conn = i % 2 ? pair->at_client : pair->at_server;
			assert_int_equal(pair_send(node, conn, 300, i), 0);
			int rv = lp_quic_update_keys(conn, pair->wire.now_ns);
			assert_true(rv == 0 || rv == LP_EAGAIN);
			updates += rv == 0;
			assert_int_equal(pair_send(node, conn, 300, i), 0);
			wire_flush(node);
			wire_run(&pair->wire, 50 * LP_MS);
		}
		print_message("%s and %s: %u updates\n", lp_quic_aead_name(pair->client.endpoint),
			lp_quic_aead_name(pair->server.endpoint), updates);
		assert_true(updates >= 20);
		assert_int_equal(pair->client.n_datagrams, 200);
		assert_int_equal(pair->server.n_datagrams, 200);
		assert_int_equal(pair->client.n_closed + pair->server.n_closed, 0);
		pair_free(pair);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_agreement),
		cmocka_unit_test(test_key_updates),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
