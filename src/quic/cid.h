/* Chooses connection IDs (RFC 9000 §5.1). For the files of quic/ alone. */
#ifndef LP_QUIC_CID_H
#define LP_QUIC_CID_H

#include <stddef.h>

#include <ngtcp2/ngtcp2.h>

struct lp_quic_cid_prefix;
struct lp_quic_env;

/* An ID of |len| bytes that begins with |prefix|; the rest is random, and no connection has the ID. |len| is larger
   than the prefix. */
void lp_cid_choose(
	const struct lp_quic_env *env, const struct lp_quic_cid_prefix *prefix, size_t len, ngtcp2_cid *ret_cid);

#endif
