/* The cost to seal and to open one packet, for each backend and for ngtcp2's crypto helper. Prints ns per packet. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <gnutls/gnutls.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include "quic/aead/aead.h"

#define ROUNDS 200000

static uint8_t packet[2048];
static const uint8_t key_bytes[LP_AEAD_KEY] = {1, 2, 3};
static const uint8_t aad[13] = {4, 5, 6};

/* Monotonic nanoseconds. */
static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Measures one backend. */
static void measure(struct lp_aead *aead, size_t len)
{
	struct lp_aead_key *key, *header;
	uint8_t nonce[LP_AEAD_NONCE] = {0}, mask[LP_AEAD_SAMPLE];
	if (aead->packet_key(aead, key_bytes, &key) < 0 || aead->header_key(aead, key_bytes, &header) < 0)
		return;
	uint64_t start = now_ns();
	for (uint32_t i = 0; i < ROUNDS; i++) {
		memcpy(nonce, &i, sizeof i);
		(void)key->seal(key, packet, packet, len, nonce, aad, sizeof aad);
	}
	uint64_t sealed = now_ns();
	for (uint32_t i = 0; i < ROUNDS; i++) {
		memcpy(nonce, &i, sizeof i);
		(void)key->open(key, packet, packet, len + LP_AEAD_TAG, nonce, aad, sizeof aad);
	}
	uint64_t opened = now_ns();
	for (uint32_t i = 0; i < ROUNDS; i++)
		(void)header->mask(header, mask, packet + i % 1024);
	uint64_t masked = now_ns();
	printf("%-10s %5zu bytes: seal %4lu, open %4lu, mask %4lu ns\n", aead->name, len,
		(unsigned long)((sealed - start) / ROUNDS), (unsigned long)((opened - sealed) / ROUNDS),
		(unsigned long)((masked - opened) / ROUNDS));
	lp_aead_key_free(key);
	lp_aead_key_free(header);
}

/* Measures the helper. */
static void measure_helper(size_t len)
{
	ngtcp2_crypto_aead aead = {
		.native_handle = (void *)(intptr_t)GNUTLS_CIPHER_AES_128_GCM, .max_overhead = LP_AEAD_TAG};
	ngtcp2_crypto_aead_ctx context;
	uint8_t nonce[LP_AEAD_NONCE] = {0};
	if (ngtcp2_crypto_aead_ctx_encrypt_init(&context, &aead, key_bytes, sizeof nonce) != 0)
		return;
	uint64_t start = now_ns();
	for (uint32_t i = 0; i < ROUNDS; i++) {
		memcpy(nonce, &i, sizeof i);
		(void)ngtcp2_crypto_encrypt(packet, &aead, &context, packet, len, nonce, sizeof nonce, aad, sizeof aad);
	}
	uint64_t sealed = now_ns();
	for (uint32_t i = 0; i < ROUNDS; i++) {
		memcpy(nonce, &i, sizeof i);
		(void)ngtcp2_crypto_decrypt(
			packet, &aead, &context, packet, len + LP_AEAD_TAG, nonce, sizeof nonce, aad, sizeof aad);
	}
	uint64_t opened = now_ns();
	printf("%-10s %5zu bytes: seal %4lu, open %4lu ns\n", "helper", len, (unsigned long)((sealed - start) / ROUNDS),
		(unsigned long)((opened - sealed) / ROUNDS));
	ngtcp2_crypto_aead_ctx_free(&context);
}

int main(void)
{
	static const size_t lens[] = {100, 1300, 1400};
	struct lp_aead *gnutls = NULL, *ipsec_mb = NULL;
	(void)lp_aead_gnutls_new(&gnutls);
	(void)lp_aead_ipsec_mb_new(&ipsec_mb);
	for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
		measure_helper(lens[i]);
		if (gnutls)
			measure(gnutls, lens[i]);
		if (ipsec_mb)
			measure(ipsec_mb, lens[i]);
	}
	lp_aead_free(gnutls);
	lp_aead_free(ipsec_mb);
	return 0;
}
