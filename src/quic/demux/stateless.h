/* Tokens, and replies to datagrams that belong to no connection: version negotiation, Retry, refusal, stateless reset
   (RFC 9000 §6, §8.1, §10.3). */
#ifndef LP_QUIC_DEMUX_STATELESS_H
#define LP_QUIC_DEMUX_STATELESS_H

#include <stddef.h>
#include <stdint.h>

#include <ngtcp2/ngtcp2.h>

#define LP_STATELESS_MAX 1200 /* enough space for any of these replies */
#define LP_SECRET_BYTES 32

/* The stateless-reset token of one of our connection IDs. 0 or LP_ETLS. */
int lp_stateless_reset_token(const uint8_t secret[LP_SECRET_BYTES], const ngtcp2_cid *cid,
	uint8_t ret_token[NGTCP2_STATELESS_RESET_TOKENLEN]);
/* Each writes a reply to |buf| and returns its length; 0: no reply. */
size_t lp_stateless_write_version(uint8_t buf[LP_STATELESS_MAX], const ngtcp2_version_cid *to, uint8_t random);
size_t lp_stateless_write_retry(uint8_t buf[LP_STATELESS_MAX], const uint8_t secret[LP_SECRET_BYTES],
	const ngtcp2_pkt_hd *to, const ngtcp2_path *path, const ngtcp2_cid *new_scid, uint64_t now_ns);
size_t lp_stateless_write_refusal(
	uint8_t buf[LP_STATELESS_MAX], const ngtcp2_pkt_hd *to, uint64_t error, const char *reason);
/* |received_len| is the length of the received datagram: no reply to one that is not longer than a reset. */
size_t lp_stateless_write_reset(uint8_t buf[LP_STATELESS_MAX], const uint8_t secret[LP_SECRET_BYTES],
	const ngtcp2_cid *cid, size_t received_len, const uint8_t random[32]);
/* Checks a Retry token. 0 and the ID that the client first chose; LP_EPROTO: a Retry token that is wrong or stale;
   LP_EINVAL: not a Retry token that we made. */
int lp_stateless_check_retry(const uint8_t secret[LP_SECRET_BYTES], const ngtcp2_pkt_hd *hd, const ngtcp2_path *path,
	uint64_t now_ns, ngtcp2_cid *ret_first_dcid);

#endif
