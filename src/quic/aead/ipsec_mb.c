#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/gnutls.h>
#include <intel-ipsec-mb.h>

#include "base/error.h"
#include "quic/aead/aead.h"

#define ALIGN 64

/* The functions that IPsec-MB chose for this CPU. */
struct backend {
	struct lp_aead aead;
	aes_gcm_pre_t prepare;
	aes_gcm_enc_dec_t encrypt, decrypt;
	keyexp_t expand;
	aes_cfb_t one_block;
};

/* A packet key with the powers of its hash key. */
struct packet_key {
	struct lp_aead_key key;
	aes_gcm_enc_dec_t encrypt, decrypt;
	alignas(ALIGN) struct gcm_key_data data;
};

struct header_key {
	struct lp_aead_key key;
	aes_cfb_t one_block;
	alignas(16) uint8_t schedule[11 * 16];
};

static int seal(struct lp_aead_key *key, uint8_t *dest, const uint8_t *data, size_t len,
	const uint8_t nonce[LP_AEAD_NONCE], const uint8_t *aad, size_t aad_len)
{
	const struct packet_key *packet = (const struct packet_key *)(const void *)key;
	struct gcm_context_data context;
	packet->encrypt(&packet->data, &context, dest, data, len, nonce, aad, aad_len, dest + len, LP_AEAD_TAG);
	return 0;
}

static int open_sealed(struct lp_aead_key *key, uint8_t *dest, const uint8_t *data, size_t len,
	const uint8_t nonce[LP_AEAD_NONCE], const uint8_t *aad, size_t aad_len)
{
	const struct packet_key *packet = (const struct packet_key *)(const void *)key;
	struct gcm_context_data context;
	uint8_t tag[LP_AEAD_TAG];
	if (len < LP_AEAD_TAG)
		return LP_EMALFORMED;
	len -= LP_AEAD_TAG;
	packet->decrypt(&packet->data, &context, dest, data, len, nonce, aad, aad_len, tag, LP_AEAD_TAG);
	return gnutls_memcmp(tag, data + len, LP_AEAD_TAG) == 0 ? 0 : LP_EMALFORMED;
}

static int mask(struct lp_aead_key *key, uint8_t ret_mask[LP_AEAD_SAMPLE], const uint8_t sample[LP_AEAD_SAMPLE])
{
	static const uint8_t zero[LP_AEAD_SAMPLE];
	const struct header_key *header = (const struct header_key *)(const void *)key;
	/* CFB of zeros is the encrypted IV: one block of AES. */
	header->one_block(ret_mask, zero, sample, header->schedule, LP_AEAD_SAMPLE);
	return 0;
}

static void packet_free(struct lp_aead_key *key)
{
	gnutls_memset(key, 0, sizeof(struct packet_key));
	free(key);
}

static int packet_new(const struct lp_aead *aead, const uint8_t key[LP_AEAD_KEY], struct lp_aead_key **ret_key)
{
	const struct backend *backend = (const struct backend *)aead;
	struct packet_key *packet = aligned_alloc(ALIGN, sizeof *packet);
	if (!packet)
		return LP_ENOMEM;
	memset(packet, 0, sizeof *packet);
	packet->key = (struct lp_aead_key){.seal = seal, .open = open_sealed, .free = packet_free};
	packet->encrypt = backend->encrypt;
	packet->decrypt = backend->decrypt;
	backend->prepare(key, &packet->data);
	*ret_key = &packet->key;
	return 0;
}

static void header_free(struct lp_aead_key *key)
{
	gnutls_memset(key, 0, sizeof(struct header_key));
	free(key);
}

static int header_new(const struct lp_aead *aead, const uint8_t key[LP_AEAD_KEY], struct lp_aead_key **ret_key)
{
	const struct backend *backend = (const struct backend *)aead;
	alignas(16) uint8_t decrypt[11 * 16];
	struct header_key *header = aligned_alloc(alignof(struct header_key), sizeof *header);
	if (!header)
		return LP_ENOMEM;
	header->key = (struct lp_aead_key){.mask = mask, .free = header_free};
	header->one_block = backend->one_block;
	backend->expand(key, header->schedule, decrypt);
	gnutls_memset(decrypt, 0, sizeof decrypt);
	*ret_key = &header->key;
	return 0;
}

static void backend_free(struct lp_aead *aead)
{
	free(aead);
}

int lp_aead_ipsec_mb_new(struct lp_aead **ret_aead)
{
	const uint64_t needed = IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ;
	IMB_MGR *manager = alloc_mb_mgr(0);
	if (!manager)
		return LP_EUNSUPPORTED;
	if ((manager->features & needed) != needed || (manager->features & IMB_FEATURE_AESNI_EMU)) {
		free_mb_mgr(manager);
		return LP_EUNSUPPORTED;
	}
	init_mb_mgr_auto(manager, NULL);
	struct backend *backend = imb_get_errno(manager) == 0 ? calloc(1, sizeof *backend) : NULL;
	if (!backend) {
		free_mb_mgr(manager);
		return LP_EUNSUPPORTED;
	}
	*backend = (struct backend){
		.aead = {.name = "ipsec-mb", .packet_key = packet_new, .header_key = header_new, .free = backend_free},
		.prepare = manager->gcm128_pre,
		.encrypt = manager->gcm128_enc,
		.decrypt = manager->gcm128_dec,
		.expand = manager->keyexp_128,
		.one_block = manager->aes128_cfb_one,
	};
	free_mb_mgr(manager);
	*ret_aead = &backend->aead;
	return 0;
}
