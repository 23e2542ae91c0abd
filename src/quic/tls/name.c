#include "quic/tls/name.h"

#include <string.h>

#include "base/addr.h"

/* Writes the first name that a certificate is for. */
static void first_name(gnutls_x509_crt_t cert, char ret_text[LP_TLS_NAME_MAX])
{
	size_t len = LP_TLS_NAME_MAX;
	if (gnutls_x509_crt_get_subject_alt_name(cert, 0, ret_text, &len, NULL) == GNUTLS_SAN_DNSNAME &&
		len < LP_TLS_NAME_MAX) {
		ret_text[len] = '\0';
		return;
	}
	len = LP_TLS_NAME_MAX;
	if (gnutls_x509_crt_get_dn_by_oid(cert, GNUTLS_OID_X520_COMMON_NAME, 0, 0, ret_text, &len) != 0)
		strcpy(ret_text, "?");
}

bool lp_tls_name_check(gnutls_x509_crt_t cert, const char *name, char ret_other[LP_TLS_NAME_MAX])
{
	if (gnutls_x509_crt_check_hostname(cert, name))
		return true;
	first_name(cert, ret_other);
	for (char *c = ret_other; *c; c++)
		if ((unsigned char)*c < 0x20 || (unsigned char)*c > 0x7e)
			*c = '?';
	return false;
}

bool lp_tls_name_is_address(const char *name)
{
	struct lp_addr addr;
	return lp_addr_parse(name, 0, &addr) == 0;
}
