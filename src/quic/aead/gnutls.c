#include <stdlib.h>
#include <string.h>

#include <gnutls/crypto.h>

#include "base/error.h"
#include "quic/aead/aead.h"

struct packet_key {
	struct lp_aead_key key;
	gnutls_aead_cipher_hd_t cipher;
};

/* A header key. GnuTLS has no ECB mode, so a block is encrypted by CBC after cancelling what CBC would XOR in. */
struct header_key {
	struct lp_aead_key key;
	gnutls_cipher_hd_t cipher;
	uint8_t last[LP_AEAD_SAMPLE]; /* the previous ciphertext block, which CBC XORs into the next block */
};

static int seal(struct lp_aead_key *key, uint8_t *dest, const uint8_t *data, size_t len,
	const uint8_t nonce[LP_AEAD_NONCE], const uint8_t *aad, size_t aad_len)
{
	const struct packet_key *packet = (const struct packet_key *)key;
	size_t dest_len = len + LP_AEAD_TAG;
	return gnutls_aead_cipher_encrypt(
		       packet->cipher, nonce, LP_AEAD_NONCE, aad, aad_len, LP_AEAD_TAG, data, len, dest, &dest_len) == 0
		       ? 0
		       : LP_ETLS;
}

static int open_sealed(struct lp_aead_key *key, uint8_t *dest, const uint8_t *data, size_t len,
	const uint8_t nonce[LP_AEAD_NONCE], const uint8_t *aad, size_t aad_len)
{
	const struct packet_key *packet = (const struct packet_key *)key;
	if (len < LP_AEAD_TAG)
		return LP_EMALFORMED;
	size_t dest_len = len - LP_AEAD_TAG;
	return gnutls_aead_cipher_decrypt(
		       packet->cipher, nonce, LP_AEAD_NONCE, aad, aad_len, LP_AEAD_TAG, data, len, dest, &dest_len) == 0
		       ? 0
		       : LP_EMALFORMED;
}

static void packet_free(struct lp_aead_key *key)
{
	struct packet_key *packet = (struct packet_key *)key;
	gnutls_aead_cipher_deinit(packet->cipher);
	free(packet);
}

static int packet_new(const struct lp_aead *aead, const uint8_t key[LP_AEAD_KEY], struct lp_aead_key **ret_key)
{
	uint8_t bytes[LP_AEAD_KEY]; /* GnuTLS only reads the key, but its type is not const */
	gnutls_datum_t datum = {.data = bytes, .size = sizeof bytes};
	(void)aead;
	struct packet_key *packet = calloc(1, sizeof *packet);
	if (!packet)
		return LP_ENOMEM;
	memcpy(bytes, key, sizeof bytes);
	int result = gnutls_aead_cipher_init(&packet->cipher, GNUTLS_CIPHER_AES_128_GCM, &datum);
	gnutls_memset(bytes, 0, sizeof bytes);
	if (result != 0) {
		free(packet);
		return LP_ETLS;
	}
	packet->key = (struct lp_aead_key){.seal = seal, .open = open_sealed, .free = packet_free};
	*ret_key = &packet->key;
	return 0;
}

static int mask(struct lp_aead_key *key, uint8_t ret_mask[LP_AEAD_SAMPLE], const uint8_t sample[LP_AEAD_SAMPLE])
{
	struct header_key *header = (struct header_key *)key;
	uint8_t block[LP_AEAD_SAMPLE];
	for (size_t i = 0; i < sizeof block; i++)
		block[i] = sample[i] ^ header->last[i];
	if (gnutls_cipher_encrypt2(header->cipher, block, sizeof block, header->last, sizeof header->last) != 0)
		return LP_ETLS;
	memcpy(ret_mask, header->last, sizeof header->last);
	return 0;
}

static void header_free(struct lp_aead_key *key)
{
	struct header_key *header = (struct header_key *)key;
	gnutls_cipher_deinit(header->cipher);
	free(header);
}

static int header_new(const struct lp_aead *aead, const uint8_t key[LP_AEAD_KEY], struct lp_aead_key **ret_key)
{
	uint8_t zero[LP_AEAD_SAMPLE] = {0};
	uint8_t bytes[LP_AEAD_KEY];
	gnutls_datum_t datum = {.data = bytes, .size = sizeof bytes}, iv = {.data = zero, .size = sizeof zero};
	(void)aead;
	struct header_key *header = calloc(1, sizeof *header);
	if (!header)
		return LP_ENOMEM;
	memcpy(bytes, key, sizeof bytes);
	int result = gnutls_cipher_init(&header->cipher, GNUTLS_CIPHER_AES_128_CBC, &datum, &iv);
	gnutls_memset(bytes, 0, sizeof bytes);
	if (result != 0) {
		free(header);
		return LP_ETLS;
	}
	header->key = (struct lp_aead_key){.mask = mask, .free = header_free};
	*ret_key = &header->key;
	return 0;
}

static void backend_free(struct lp_aead *aead)
{
	free(aead);
}

int lp_aead_gnutls_new(struct lp_aead **ret_aead)
{
	struct lp_aead *aead = calloc(1, sizeof *aead);
	if (!aead)
		return LP_ENOMEM;
	*aead = (struct lp_aead){
		.name = "GnuTLS", .packet_key = packet_new, .header_key = header_new, .free = backend_free};
	*ret_aead = aead;
	return 0;
}
