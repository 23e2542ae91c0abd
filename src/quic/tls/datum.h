/* gnutls_datum_t for bytes that we own. */
#ifndef LP_QUIC_TLS_DATUM_H
#define LP_QUIC_TLS_DATUM_H

#include <stddef.h>
#include <stdint.h>

#include <gnutls/gnutls.h>

#include "base/error.h"

/* Points |ret_datum| to bytes; GnuTLS only reads them, although the type is not const. 0; LP_ETOOBIG: over 4 GiB. */
static inline int lp_datum_set(gnutls_datum_t *ret_datum, const uint8_t *data, size_t len)
{
	union {
		const uint8_t *from;
		unsigned char *to;
	} bytes = {.from = data};
	if (len > UINT32_MAX)
		return LP_ETOOBIG;
	ret_datum->data = bytes.to;
	ret_datum->size = (unsigned)len;
	return 0;
}

#endif
