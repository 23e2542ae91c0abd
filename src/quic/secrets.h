/* What an endpoint derives from its secret, each under a label of its own (HKDF-Expand with SHA-256, RFC 5869 §2.3), so
   that no key is used for two purposes. The same secret gives the same keys, also after a restart. */
#ifndef LP_QUIC_SECRETS_H
#define LP_QUIC_SECRETS_H

#include <stdint.h>

#include "base/siphash.h"
#include "quic/demux/stateless.h"

struct lp_quic_secrets {
	uint8_t reset[LP_SECRET_BYTES];  /* of stateless-reset tokens */
	uint8_t retry[LP_SECRET_BYTES];  /* of Retry tokens */
	uint8_t conns[LP_SIPHASH_KEY];   /* of the tables of connections */
	uint8_t sources[LP_SIPHASH_KEY]; /* of the table of addresses */
};

/* 0 or LP_ETLS. */
int lp_quic_secrets_derive(const uint8_t secret[LP_SECRET_BYTES], struct lp_quic_secrets *ret_secrets);

#endif
