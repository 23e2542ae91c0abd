/* AES-128-GCM and its header protection for the packets of established connections (RFC 9001 §5), by the fastest
   library that this CPU and this build have. Each key keeps all that can be computed once. Other ciphers, and
   handshakes, stay with the crypto helper of the QUIC library. */
#ifndef LP_QUIC_AEAD_AEAD_H
#define LP_QUIC_AEAD_AEAD_H

#include <stddef.h>
#include <stdint.h>

#define LP_AEAD_KEY 16
#define LP_AEAD_NONCE 12
#define LP_AEAD_TAG 16
#define LP_AEAD_SAMPLE 16

/* One key, as its backend made it: a packet key has |seal| and |open|, a header key has |mask|. */
struct lp_aead_key {
	/* Encrypts |len| bytes of |data| to |dest| (may be the same place) and adds the tag. 0 or LP_ETLS. */
	int (*seal)(struct lp_aead_key *key, uint8_t *dest, const uint8_t *data, size_t len,
		const uint8_t nonce[LP_AEAD_NONCE], const uint8_t *aad, size_t aad_len);
	/* Decrypts |len| bytes, tag included, to |dest| (may be the same place). 0, or LP_EMALFORMED if they are not
	   what was sealed. */
	int (*open)(struct lp_aead_key *key, uint8_t *dest, const uint8_t *data, size_t len,
		const uint8_t nonce[LP_AEAD_NONCE], const uint8_t *aad, size_t aad_len);
	/* Encrypts one block. 0 or LP_ETLS. */
	int (*mask)(struct lp_aead_key *key, uint8_t ret_mask[LP_AEAD_SAMPLE], const uint8_t sample[LP_AEAD_SAMPLE]);
	void (*free)(struct lp_aead_key *key);
};

/* A backend. */
struct lp_aead {
	const char *name;
	int (*packet_key)(const struct lp_aead *aead, const uint8_t key[LP_AEAD_KEY], struct lp_aead_key **ret_key);
	int (*header_key)(const struct lp_aead *aead, const uint8_t key[LP_AEAD_KEY], struct lp_aead_key **ret_key);
	void (*free)(struct lp_aead *aead);
};

/* The best backend here. LP_ENOMEM. */
int lp_aead_new(struct lp_aead **ret_aead);
/* One of them. LP_EUNSUPPORTED if the build or the CPU lacks it, LP_ENOMEM. */
int lp_aead_gnutls_new(struct lp_aead **ret_aead);
int lp_aead_ipsec_mb_new(struct lp_aead **ret_aead);
/* All keys must have been freed. NULL is fine. */
void lp_aead_free(struct lp_aead *aead);
/* Wipes and frees. NULL is fine. */
void lp_aead_key_free(struct lp_aead_key *key);

#endif
