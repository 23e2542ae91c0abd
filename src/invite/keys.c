#include "invite/keys.h"

#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "base/cursor.h"
#include "base/error.h"
#include "base/wipe.h"

#define INFO_LABEL "lanparty invite 1"
#define PLAYERS_LABEL "lanparty players 1"

/* HKDF-SHA256 without a salt, from one key of an invite's size to another. */
static int derive(
	const uint8_t key[LP_INVITE_KEY], const uint8_t *info, size_t info_len, uint8_t ret_key[LP_INVITE_KEY])
{
	uint8_t extracted[32], key_copy[LP_INVITE_KEY], info_copy[64];
	int result = 0;
	memcpy(key_copy, key, sizeof key_copy);
	memcpy(info_copy, info, info_len);
	gnutls_datum_t from = {key_copy, sizeof key_copy}, salt = {NULL, 0};
	gnutls_datum_t middle = {extracted, sizeof extracted}, label = {info_copy, (unsigned)info_len};
	if (gnutls_hkdf_extract(GNUTLS_MAC_SHA256, &from, &salt, extracted) < 0 ||
		gnutls_hkdf_expand(GNUTLS_MAC_SHA256, &middle, &label, ret_key, LP_INVITE_KEY) < 0)
		result = LP_ETLS;
	lp_wipe(extracted, sizeof extracted);
	lp_wipe(key_copy, sizeof key_copy);
	return result;
}

int lp_invite_player_key(const uint8_t host_key[LP_INVITE_KEY], uint8_t ret_player_key[LP_INVITE_KEY])
{
	return derive(host_key, (const uint8_t *)PLAYERS_LABEL, sizeof PLAYERS_LABEL - 1, ret_player_key);
}

int lp_invite_key(const uint8_t admission_key[LP_INVITE_KEY], uint32_t id, uint32_t expires_unix_s, uint16_t uses,
	uint8_t ret_key[LP_INVITE_KEY])
{
	uint8_t info[sizeof INFO_LABEL - 1 + 4 + 4 + 2];
	struct lp_writer writer = lp_writer_init(info, sizeof info);
	lp_writer_bytes(&writer, INFO_LABEL, sizeof INFO_LABEL - 1);
	lp_writer_u32(&writer, id);
	lp_writer_u32(&writer, expires_unix_s);
	lp_writer_u16(&writer, uses);
	return derive(admission_key, info, sizeof info, ret_key);
}

int lp_invite_key_of(const struct lp_invite *invite, uint8_t ret_key[LP_INVITE_KEY])
{
	if (invite->host)
		return lp_invite_key(invite->admission_key, invite->id, invite->expires_unix_s, invite->uses, ret_key);
	memcpy(ret_key, invite->admission_key, LP_INVITE_KEY);
	return 0;
}

int lp_invite_proof(const uint8_t invite_key[LP_INVITE_KEY], const uint8_t exporter[LP_EXPORTER_BYTES],
	enum lp_role role, const char *room, const uint8_t member_key[LP_MEMBER_KEY_BYTES],
	uint8_t ret_proof[LP_PROOF_BYTES])
{
	uint8_t input[LP_EXPORTER_BYTES + 1 + 1 + LP_ROOM_CODE_MAX + LP_MEMBER_KEY_BYTES];
	size_t room_len = strlen(room);
	struct lp_writer writer = lp_writer_init(input, sizeof input);
	lp_writer_bytes(&writer, exporter, LP_EXPORTER_BYTES);
	lp_writer_u8(&writer, role == LP_ROLE_GATEWAY);
	lp_writer_u8(&writer, (uint8_t)room_len);
	lp_writer_bytes(&writer, room, room_len);
	lp_writer_bytes(&writer, member_key, LP_MEMBER_KEY_BYTES);
	if (writer.bad)
		return LP_EINVAL;
	if (gnutls_hmac_fast(GNUTLS_MAC_SHA256, invite_key, LP_INVITE_KEY, input, lp_writer_len(&writer), ret_proof) <
		0)
		return LP_ETLS;
	return 0;
}

int lp_invite_peer_proof(const uint8_t peer_secret[LP_INVITE_KEY], const uint8_t exporter[LP_EXPORTER_BYTES],
	const uint8_t sender_key[LP_MEMBER_KEY_BYTES], const uint8_t receiver_key[LP_MEMBER_KEY_BYTES],
	uint8_t ret_proof[LP_PROOF_BYTES])
{
	uint8_t input[LP_EXPORTER_BYTES + 2 * LP_MEMBER_KEY_BYTES];
	struct lp_writer writer = lp_writer_init(input, sizeof input);
	lp_writer_bytes(&writer, exporter, LP_EXPORTER_BYTES);
	lp_writer_bytes(&writer, sender_key, LP_MEMBER_KEY_BYTES);
	lp_writer_bytes(&writer, receiver_key, LP_MEMBER_KEY_BYTES);
	return gnutls_hmac_fast(GNUTLS_MAC_SHA256, peer_secret, LP_INVITE_KEY, input, sizeof input, ret_proof) < 0
		       ? LP_ETLS
		       : 0;
}

bool lp_invite_proof_equal(const uint8_t a[LP_PROOF_BYTES], const uint8_t b[LP_PROOF_BYTES])
{
	return gnutls_memcmp(a, b, LP_PROOF_BYTES) == 0;
}
