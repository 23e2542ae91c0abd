/* AES-128-GCM and its header protection for the packets of established connections (RFC 9001 §5), by the fastest
   backend that CPU and build support. A key holds everything that can be computed in advance. Other ciphers, and
   handshakes, use ngtcp2's crypto helper. */
#ifndef LP_QUIC_AEAD_AEAD_H
#define LP_QUIC_AEAD_AEAD_H

#include <stddef.h>
#include <stdint.h>

#define LP_AEAD_KEY 16
#define LP_AEAD_NONCE 12
#define LP_AEAD_TAG 16
#define LP_AEAD_SAMPLE 16

/* One key of a backend: a packet key has |seal| and |open|, a header key has |mask|. */
struct lp_aead_key {
	/* Encrypts |len| bytes of |data| to |dest| (may be the same buffer) and appends the tag. 0 or LP_ETLS. */
	int (*seal)(struct lp_aead_key *key, uint8_t *dest, const uint8_t *data, size_t len,
		const uint8_t nonce[LP_AEAD_NONCE], const uint8_t *aad, size_t aad_len);
	/* Decrypts |len| bytes, including the tag, to |dest| (may be the same buffer). 0, or LP_EMALFORMED if they
	   are not authentic. */
	int (*open)(struct lp_aead_key *key, uint8_t *dest, const uint8_t *data, size_t len,
		const uint8_t nonce[LP_AEAD_NONCE], const uint8_t *aad, size_t aad_len);
	/* Encrypts one block. 0 or LP_ETLS. */
	int (*mask)(struct lp_aead_key *key, uint8_t ret_mask[LP_AEAD_SAMPLE], const uint8_t sample[LP_AEAD_SAMPLE]);
	void (*free)(struct lp_aead_key *key);
};

struct lp_aead {
	const char *name;
	int (*packet_key)(const struct lp_aead *aead, const uint8_t key[LP_AEAD_KEY], struct lp_aead_key **ret_key);
	int (*header_key)(const struct lp_aead *aead, const uint8_t key[LP_AEAD_KEY], struct lp_aead_key **ret_key);
	void (*free)(struct lp_aead *aead);
};

/* The fastest backend. 0 or LP_ENOMEM. */
int lp_aead_new(struct lp_aead **ret_aead);
/* A certain backend. 0; LP_EUNSUPPORTED: build or CPU lacks it; LP_ENOMEM. */
int lp_aead_gnutls_new(struct lp_aead **ret_aead);
int lp_aead_ipsec_mb_new(struct lp_aead **ret_aead);
/* All keys must have been freed. NULL is fine. */
void lp_aead_free(struct lp_aead *aead);
/* Wipes and frees. NULL is fine. */
void lp_aead_key_free(struct lp_aead_key *key);

#endif
