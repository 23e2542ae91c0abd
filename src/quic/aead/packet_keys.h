/* Packet keys: derived from TLS secrets (RFC 9001 §5.1, §6) and held by an AEAD backend if it has the cipher, by
   ngtcp2's crypto helper otherwise; and the ngtcp2 callbacks that use either. */
#ifndef LP_QUIC_AEAD_PACKET_KEYS_H
#define LP_QUIC_AEAD_PACKET_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ngtcp2/ngtcp2.h>

struct lp_aead;

/* Installs the keys of one direction of |level| from their TLS secret. |aead| may be NULL. 0 or LP_ETLS. */
int lp_packet_keys_install(ngtcp2_conn *ngtcp2, const struct lp_aead *aead, bool receive, ngtcp2_encryption_level level,
	const uint8_t *secret, size_t secret_len);

/* The callbacks ngtcp2_encrypt, ngtcp2_decrypt, ngtcp2_hp_mask and both deletions. */
int lp_packet_keys_encrypt(uint8_t *dest, const ngtcp2_crypto_aead *aead, const ngtcp2_crypto_aead_ctx *context,
	const uint8_t *plain, size_t plain_len, const uint8_t *nonce, size_t nonce_len, const uint8_t *aad,
	size_t aad_len);
int lp_packet_keys_decrypt(uint8_t *dest, const ngtcp2_crypto_aead *aead, const ngtcp2_crypto_aead_ctx *context,
	const uint8_t *sealed, size_t sealed_len, const uint8_t *nonce, size_t nonce_len, const uint8_t *aad,
	size_t aad_len);
int lp_packet_keys_mask(uint8_t *dest, const ngtcp2_crypto_cipher *cipher, const ngtcp2_crypto_cipher_ctx *context,
	const uint8_t *sample);
void lp_packet_keys_delete_aead(ngtcp2_conn *ngtcp2, ngtcp2_crypto_aead_ctx *context, void *user_data);
void lp_packet_keys_delete_cipher(ngtcp2_conn *ngtcp2, ngtcp2_crypto_cipher_ctx *context, void *user_data);
/* The work of the callback ngtcp2_update_key. */
int lp_packet_keys_update(ngtcp2_conn *ngtcp2, const struct lp_aead *aead, uint8_t *rx_secret, uint8_t *tx_secret,
	ngtcp2_crypto_aead_ctx *rx_context, uint8_t *rx_iv, ngtcp2_crypto_aead_ctx *tx_context, uint8_t *tx_iv,
	const uint8_t *old_rx_secret, const uint8_t *old_tx_secret, size_t secret_len);

#endif
