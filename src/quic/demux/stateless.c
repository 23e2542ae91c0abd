#include "quic/demux/stateless.h"

#include <string.h>

#include <ngtcp2/ngtcp2_crypto.h>

#include "base/error.h"
#include "base/units.h"

#define RETRY_VALID_NS (10 * LP_SEC)
/* The shortest packet that a peer with one of our IDs sends. Resets are shorter, and what is shorter gets no reset, so
   that two endpoints without state do not reply to each other for ever (RFC 9000 §10.3.3). */
#define RESET_MIN_ANSWERED (8 + 22)

int lp_stateless_reset_token(const uint8_t secret[LP_SECRET_BYTES], const ngtcp2_cid *cid,
	uint8_t ret_token[NGTCP2_STATELESS_RESET_TOKENLEN])
{
	return ngtcp2_crypto_generate_stateless_reset_token(ret_token, secret, LP_SECRET_BYTES, cid) == 0 ? 0 : LP_ETLS;
}

/* A length that ngtcp2 returned; errors become 0. */
static size_t length_of(ngtcp2_ssize n)
{
	return n > 0 ? (size_t)n : 0;
}

size_t lp_stateless_write_version(uint8_t buf[LP_STATELESS_MAX], const ngtcp2_version_cid *to, uint8_t random)
{
	/* A reserved version exercises the clients' handling of unknown ones (RFC 9000 §6.3). */
	const uint32_t versions[] = {0x0a1a2a3a, NGTCP2_PROTO_VER_V1};
	return length_of(ngtcp2_pkt_write_version_negotiation(buf, LP_STATELESS_MAX, random, to->scid, to->scidlen,
		to->dcid, to->dcidlen, versions, sizeof versions / sizeof *versions));
}

size_t lp_stateless_write_retry(uint8_t buf[LP_STATELESS_MAX], const uint8_t secret[LP_SECRET_BYTES],
	const ngtcp2_pkt_hd *to, const ngtcp2_path *path, const ngtcp2_cid *new_scid, uint64_t now_ns)
{
	uint8_t token[NGTCP2_CRYPTO_MAX_RETRY_TOKENLEN2];
	ngtcp2_ssize len = ngtcp2_crypto_generate_retry_token2(token, secret, LP_SECRET_BYTES, to->version,
		path->remote.addr, path->remote.addrlen, new_scid, &to->dcid, now_ns);
	if (len < 0)
		return 0;
	return length_of(ngtcp2_crypto_write_retry(
		buf, LP_STATELESS_MAX, to->version, &to->scid, new_scid, &to->dcid, token, (size_t)len));
}

size_t lp_stateless_write_refusal(
	uint8_t buf[LP_STATELESS_MAX], const ngtcp2_pkt_hd *to, uint64_t error, const char *reason)
{
	uint8_t text[80];
	size_t len = strlen(reason);
	if (len > sizeof text)
		len = sizeof text;
	memcpy(text, reason, len);
	return length_of(ngtcp2_crypto_write_connection_close(
		buf, LP_STATELESS_MAX, to->version, &to->scid, &to->dcid, error, text, len));
}

size_t lp_stateless_write_reset(uint8_t buf[LP_STATELESS_MAX], const uint8_t secret[LP_SECRET_BYTES],
	const ngtcp2_cid *cid, size_t received_len, const uint8_t random[32])
{
	uint8_t token[NGTCP2_STATELESS_RESET_TOKENLEN];
	if (received_len < RESET_MIN_ANSWERED || lp_stateless_reset_token(secret, cid, token) < 0)
		return 0;
	return length_of(ngtcp2_pkt_write_stateless_reset(
		buf, LP_STATELESS_MAX, token, random, RESET_MIN_ANSWERED - 1 - sizeof token));
}

int lp_stateless_check_retry(const uint8_t secret[LP_SECRET_BYTES], const ngtcp2_pkt_hd *hd, const ngtcp2_path *path,
	uint64_t now_ns, ngtcp2_cid *ret_first_dcid)
{
	if (hd->tokenlen == 0 || hd->token[0] != NGTCP2_CRYPTO_TOKEN_MAGIC_RETRY2)
		return LP_EINVAL;
	int result = ngtcp2_crypto_verify_retry_token2(ret_first_dcid, hd->token, hd->tokenlen, secret, LP_SECRET_BYTES,
		hd->version, path->remote.addr, path->remote.addrlen, &hd->dcid, RETRY_VALID_NS, now_ns);
	if (result == 0)
		return 0;
	return result == NGTCP2_CRYPTO_ERR_VERIFY_TOKEN ? LP_EPROTO : LP_EINVAL;
}
