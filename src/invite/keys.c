#include "invite/keys.h"

#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "base/cursor.h"
#include "base/error.h"
#include "base/wipe.h"

#define INFO_LABEL "lanparty invite 1"

int lp_invite_key(const uint8_t admission_key[LP_INVITE_KEY], uint32_t id, uint32_t expires_unix_s, uint16_t uses,
	uint8_t ret_key[LP_INVITE_KEY])
{
	uint8_t info[sizeof INFO_LABEL - 1 + 4 + 4 + 2], extracted[32], key_copy[LP_INVITE_KEY];
	struct lp_writer writer = lp_writer_init(info, sizeof info);
	lp_writer_bytes(&writer, INFO_LABEL, sizeof INFO_LABEL - 1);
	lp_writer_u32(&writer, id);
	lp_writer_u32(&writer, expires_unix_s);
	lp_writer_u16(&writer, uses);
	memcpy(key_copy, admission_key, sizeof key_copy);
	gnutls_datum_t key = {key_copy, sizeof key_copy}, salt = {NULL, 0};
	gnutls_datum_t middle = {extracted, sizeof extracted}, label = {info, sizeof info};
	int result = 0;
	if (gnutls_hkdf_extract(GNUTLS_MAC_SHA256, &key, &salt, extracted) < 0 ||
		gnutls_hkdf_expand(GNUTLS_MAC_SHA256, &middle, &label, ret_key, LP_INVITE_KEY) < 0)
		result = LP_ETLS;
	lp_wipe(extracted, sizeof extracted);
	lp_wipe(key_copy, sizeof key_copy);
	return result;
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

bool lp_invite_proof_equal(const uint8_t a[LP_PROOF_BYTES], const uint8_t b[LP_PROOF_BYTES])
{
	return gnutls_memcmp(a, b, LP_PROOF_BYTES) == 0;
}
