/* The names that a certificate is for. */
#ifndef LP_QUIC_TLS_NAME_H
#define LP_QUIC_TLS_NAME_H

#include <stdbool.h>

#include <gnutls/x509.h>

#include "quic/tls/credentials.h"

/* True if |cert| is for |name|; otherwise the first name that it is for is in |ret_other|, printable. */
bool lp_tls_name_check(gnutls_x509_crt_t cert, const char *name, char ret_other[LP_TLS_NAME_MAX]);
/* True if a name is an IP address, which SNI does not carry (RFC 6066 §3). */
bool lp_tls_name_is_address(const char *name);

#endif
