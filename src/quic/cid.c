#include "quic/cid.h"

#include <assert.h>
#include <string.h>

#include "quic/env.h"

#define TRIES 64

void lp_cid_choose(
	const struct lp_quic_env *env, const struct lp_quic_cid_prefix *prefix, size_t len, ngtcp2_cid *ret_cid)
{
	uint8_t bytes[NGTCP2_MAX_CIDLEN];
	assert(prefix->len < len && len <= sizeof bytes);
	memcpy(bytes, prefix->bytes, prefix->len);
	/* With a prefix, few bytes are random. */
	for (unsigned i = 0; i < TRIES; i++) {
		env->config.random(env->config.ctx, bytes + prefix->len, len - prefix->len);
		if (prefix->len == 0 || !lp_conn_table_find(&env->cids, bytes, len))
			break;
	}
	ngtcp2_cid_init(ret_cid, bytes, len);
}
