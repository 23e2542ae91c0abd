#include "quic/aead/packet_keys.h"

#include <assert.h>
#include <string.h>

#include <gnutls/crypto.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include "base/error.h"
#include "quic/aead/aead.h"

/* ngtcp2 stores keys as untyped handles. Ours have the lowest bit set, which no pointer to an allocated object has, to
   distinguish them from the helper's. */
#define OURS ((uintptr_t)1)

static void *handle_of(struct lp_aead_key *key)
{
	assert(((uintptr_t)key & OURS) == 0);
	return (void *)((uintptr_t)key | OURS);
}

/* The backend's key behind a handle, or NULL if it is the helper's. */
static struct lp_aead_key *key_of(void *handle)
{
	uintptr_t bits = (uintptr_t)handle;
	return bits & OURS ? (struct lp_aead_key *)(bits & ~OURS) : NULL;
}

/* HKDF-Expand-Label (RFC 8446 §7.1) with an empty context. */
static int expand_label(const ngtcp2_crypto_md *md, const uint8_t *secret, size_t secret_len, const char *label,
	uint8_t *ret_data, size_t len)
{
	uint8_t info[64] = {(uint8_t)(len >> 8), (uint8_t)len};
	size_t label_len = strlen(label);
	assert(label_len + 10 <= sizeof info);
	info[2] = (uint8_t)(6 + label_len);
	memcpy(info + 3, "tls13 ", 6);
	memcpy(info + 9, label, label_len);
	info[9 + label_len] = 0;
	return ngtcp2_crypto_hkdf_expand(ret_data, len, md, secret, secret_len, info, 10 + label_len) == 0 ? 0
													   : LP_ETLS;
}

/* True if the backend has the negotiated cipher. */
static bool backend_has(ngtcp2_conn *ngtcp2, const struct lp_aead *aead)
{
	const ngtcp2_crypto_ctx *context = ngtcp2_conn_get_crypto_ctx(ngtcp2);
	return aead && (gnutls_cipher_algorithm_t)(intptr_t)context->aead.native_handle == GNUTLS_CIPHER_AES_128_GCM;
}

/* Derives the keys of one direction and installs them. */
static int install_ours(
	ngtcp2_conn *ngtcp2, const struct lp_aead *aead, bool receive, const uint8_t *secret, size_t secret_len)
{
	const ngtcp2_crypto_md *md = &ngtcp2_conn_get_crypto_ctx(ngtcp2)->md;
	uint8_t key[LP_AEAD_KEY], iv[LP_AEAD_NONCE], header[LP_AEAD_KEY];
	struct lp_aead_key *packet_key = NULL, *header_key = NULL;
	int result = LP_ETLS;
	if (expand_label(md, secret, secret_len, "quic key", key, sizeof key) == 0 &&
		expand_label(md, secret, secret_len, "quic iv", iv, sizeof iv) == 0 &&
		expand_label(md, secret, secret_len, "quic hp", header, sizeof header) == 0 &&
		aead->packet_key(aead, key, &packet_key) == 0 && aead->header_key(aead, header, &header_key) == 0) {
		ngtcp2_crypto_aead_ctx aead_context = {.native_handle = handle_of(packet_key)};
		ngtcp2_crypto_cipher_ctx header_context = {.native_handle = handle_of(header_key)};
		int code = receive ? ngtcp2_conn_install_rx_key(
					     ngtcp2, secret, secret_len, &aead_context, iv, sizeof iv, &header_context)
				   : ngtcp2_conn_install_tx_key(
					     ngtcp2, secret, secret_len, &aead_context, iv, sizeof iv, &header_context);
		result = code == 0 ? 0 : LP_ETLS;
	}
	gnutls_memset(key, 0, sizeof key);
	gnutls_memset(header, 0, sizeof header);
	if (result < 0) {
		lp_aead_key_free(packet_key);
		lp_aead_key_free(header_key);
	}
	return result;
}

int lp_packet_keys_install(ngtcp2_conn *ngtcp2, const struct lp_aead *aead, bool receive, ngtcp2_encryption_level level,
	const uint8_t *secret, size_t secret_len)
{
	if (level == NGTCP2_ENCRYPTION_LEVEL_1RTT && backend_has(ngtcp2, aead))
		return install_ours(ngtcp2, aead, receive, secret, secret_len);
	int code =
		receive ? ngtcp2_crypto_derive_and_install_rx_key(ngtcp2, NULL, NULL, NULL, level, secret, secret_len)
			: ngtcp2_crypto_derive_and_install_tx_key(ngtcp2, NULL, NULL, NULL, level, secret, secret_len);
	return code == 0 ? 0 : LP_ETLS;
}

int lp_packet_keys_encrypt(uint8_t *dest, const ngtcp2_crypto_aead *aead, const ngtcp2_crypto_aead_ctx *context,
	const uint8_t *plain, size_t plain_len, const uint8_t *nonce, size_t nonce_len, const uint8_t *aad,
	size_t aad_len)
{
	struct lp_aead_key *key = key_of(context->native_handle);
	if (!key)
		return ngtcp2_crypto_encrypt_cb(dest, aead, context, plain, plain_len, nonce, nonce_len, aad, aad_len);
	return key->seal(key, dest, plain, plain_len, nonce, aad, aad_len) == 0 ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}

int lp_packet_keys_decrypt(uint8_t *dest, const ngtcp2_crypto_aead *aead, const ngtcp2_crypto_aead_ctx *context,
	const uint8_t *sealed, size_t sealed_len, const uint8_t *nonce, size_t nonce_len, const uint8_t *aad,
	size_t aad_len)
{
	struct lp_aead_key *key = key_of(context->native_handle);
	if (!key)
		return ngtcp2_crypto_decrypt_cb(
			dest, aead, context, sealed, sealed_len, nonce, nonce_len, aad, aad_len);
	return key->open(key, dest, sealed, sealed_len, nonce, aad, aad_len) == 0 ? 0 : NGTCP2_ERR_DECRYPT;
}

int lp_packet_keys_mask(uint8_t *dest, const ngtcp2_crypto_cipher *cipher, const ngtcp2_crypto_cipher_ctx *context,
	const uint8_t *sample)
{
	struct lp_aead_key *key = key_of(context->native_handle);
	if (!key)
		return ngtcp2_crypto_hp_mask_cb(dest, cipher, context, sample);
	return key->mask(key, dest, sample) == 0 ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}

void lp_packet_keys_delete_aead(ngtcp2_conn *ngtcp2, ngtcp2_crypto_aead_ctx *context, void *user_data)
{
	struct lp_aead_key *key = key_of(context->native_handle);
	if (key)
		lp_aead_key_free(key);
	else
		ngtcp2_crypto_delete_crypto_aead_ctx_cb(ngtcp2, context, user_data);
}

void lp_packet_keys_delete_cipher(ngtcp2_conn *ngtcp2, ngtcp2_crypto_cipher_ctx *context, void *user_data)
{
	struct lp_aead_key *key = key_of(context->native_handle);
	if (key)
		lp_aead_key_free(key);
	else
		ngtcp2_crypto_delete_crypto_cipher_ctx_cb(ngtcp2, context, user_data);
}

/* Replaces the helper's key by one of the backend. */
static int replace(const struct lp_aead *aead, const uint8_t *key, ngtcp2_crypto_aead_ctx *context)
{
	struct lp_aead_key *packet_key;
	int result = aead->packet_key(aead, key, &packet_key);
	if (result < 0)
		return result;
	ngtcp2_crypto_aead_ctx_free(context);
	context->native_handle = handle_of(packet_key);
	return 0;
}

int lp_packet_keys_update(ngtcp2_conn *ngtcp2, const struct lp_aead *aead, uint8_t *rx_secret, uint8_t *tx_secret,
	ngtcp2_crypto_aead_ctx *rx_context, uint8_t *rx_iv, ngtcp2_crypto_aead_ctx *tx_context, uint8_t *tx_iv,
	const uint8_t *old_rx_secret, const uint8_t *old_tx_secret, size_t secret_len)
{
	uint8_t rx_key[64], tx_key[64];
	if (ngtcp2_crypto_update_key(ngtcp2, rx_secret, tx_secret, rx_context, rx_key, rx_iv, tx_context, tx_key, tx_iv,
		    old_rx_secret, old_tx_secret, secret_len) != 0)
		return LP_ETLS;
	int result = 0;
	if (backend_has(ngtcp2, aead)) {
		result = replace(aead, rx_key, rx_context);
		if (result == 0)
			result = replace(aead, tx_key, tx_context);
		if (result < 0) {
			lp_packet_keys_delete_aead(ngtcp2, rx_context, NULL);
			lp_packet_keys_delete_aead(ngtcp2, tx_context, NULL);
			rx_context->native_handle = tx_context->native_handle = NULL;
		}
	}
	gnutls_memset(rx_key, 0, sizeof rx_key);
	gnutls_memset(tx_key, 0, sizeof tx_key);
	return result;
}
