/* The system's opinion of a certificate chain: a CA that is in its store only, as after Windows fetched it. */
#include "platform/system/chain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <windows.h>

#include <wincrypt.h>

#include <cmocka.h>
#include <gnutls/x509.h>

#include "base/bytes.h"
#include "base/error.h"

#define NAME "relay.test"

struct identity {
	gnutls_x509_crt_t crt;
	gnutls_x509_privkey_t key;
	gnutls_datum_t der;
};

/* Creates a certificate for |name|, signed by |issuer| or self-signed. */
static struct identity identity_new(const char *name, bool ca, const struct identity *issuer)
{
	struct identity id;
	uint8_t serial[4] = {1, 2, 3, (uint8_t)(ca ? 1 : 2)};
	gnutls_x509_crt_init(&id.crt);
	gnutls_x509_privkey_init(&id.key);
	gnutls_x509_privkey_generate(id.key, GNUTLS_PK_RSA, 2048, 0);
	gnutls_x509_crt_set_version(id.crt, 3);
	gnutls_x509_crt_set_serial(id.crt, serial, sizeof serial);
	gnutls_x509_crt_set_activation_time(id.crt, time(NULL) - 86400);
	gnutls_x509_crt_set_expiration_time(id.crt, time(NULL) + 86400);
	gnutls_x509_crt_set_key(id.crt, id.key);
	gnutls_x509_crt_set_dn_by_oid(id.crt, GNUTLS_OID_X520_COMMON_NAME, 0, name, (unsigned)strlen(name));
	gnutls_x509_crt_set_subject_alt_name(id.crt, GNUTLS_SAN_DNSNAME, name, (unsigned)strlen(name), 0);
	gnutls_x509_crt_set_basic_constraints(id.crt, ca, -1);
	gnutls_x509_crt_set_key_usage(id.crt, ca ? GNUTLS_KEY_KEY_CERT_SIGN : GNUTLS_KEY_DIGITAL_SIGNATURE);
	assert_int_equal(gnutls_x509_crt_sign2(id.crt, issuer ? issuer->crt : id.crt, issuer ? issuer->key : id.key,
				 GNUTLS_DIG_SHA256, 0),
		0);
	assert_int_equal(gnutls_x509_crt_export2(id.crt, GNUTLS_X509_FMT_DER, &id.der), 0);
	return id;
}

static void identity_free(struct identity *id)
{
	gnutls_x509_crt_deinit(id->crt);
	gnutls_x509_privkey_deinit(id->key);
	gnutls_free(id->der.data);
}

/* Takes a CA out of the store. */
static void forget(const struct identity *ca)
{
	HCERTSTORE store = CertOpenSystemStoreW(0, L"ROOT");
	const CERT_CONTEXT *wanted = CertCreateCertificateContext(X509_ASN_ENCODING, ca->der.data, ca->der.size);
	const CERT_CONTEXT *found = CertFindCertificateInStore(
		store, X509_ASN_ENCODING, 0, CERT_FIND_EXISTING, wanted, NULL);
	assert_non_null(found);
	CertDeleteCertificateFromStore(found);
	CertFreeCertificateContext(wanted);
	CertCloseStore(store, 0);
}

static void test_chain(void **state)
{
	(void)state;
	struct identity ca = identity_new("Fetched CA", true, NULL), leaf = identity_new(NAME, false, &ca);
	struct identity unknown = identity_new("Unknown CA", true, NULL), other = identity_new(NAME, false, &unknown);
	const struct lp_bytes certs[] = {{leaf.der.data, leaf.der.size}, {ca.der.data, ca.der.size}};
	const struct lp_bytes others[] = {{other.der.data, other.der.size}, {unknown.der.data, unknown.der.size}};
	/* Before the first question: Wine reads the store once in a process. */
	HCERTSTORE store = CertOpenSystemStoreW(0, L"ROOT");
	assert_non_null(store);
	assert_true(CertAddEncodedCertificateToStore(
		store, X509_ASN_ENCODING, ca.der.data, ca.der.size, CERT_STORE_ADD_REPLACE_EXISTING, NULL));
	assert_true(CertCloseStore(store, 0)); /* Wine writes it then */
	assert_int_equal(lp_chain_check(certs, 1, NAME), 0);
	assert_int_equal(lp_chain_check(certs, 2, NAME), 0);
	assert_int_equal(lp_chain_check(certs, 2, "other.test"), LP_ECERT);
	assert_int_equal(lp_chain_check(others, 1, NAME), LP_ECERT);
	assert_int_equal(lp_chain_check(others, 2, NAME), LP_ECERT);
	assert_int_equal(lp_chain_check(certs, 0, NAME), LP_ECERT);
	const struct lp_bytes junk = {(const uint8_t *)"junk", 4};
	assert_int_equal(lp_chain_check(&junk, 1, NAME), LP_ECERT);
	forget(&ca);
	identity_free(&leaf);
	identity_free(&ca);
	identity_free(&other);
	identity_free(&unknown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chain),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
