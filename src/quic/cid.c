#include "quic/cid.h"

#include <assert.h>
#include <string.h>

#include "quic/env.h"

void lp_cid_choose(
	const struct lp_quic_env *env, const struct lp_quic_cid_prefix *prefix, size_t len, ngtcp2_cid *ret_cid)
{
	uint8_t bytes[NGTCP2_MAX_CIDLEN];
	assert(prefix->len < len && len <= sizeof bytes);
	memcpy(bytes, prefix->bytes, prefix->len);
	env->config.random(env->config.ctx, bytes + prefix->len, len - prefix->len);
	ngtcp2_cid_init(ret_cid, bytes, len);
}
