/* Certificates signed by a CA, other ALPNs than ours, and the helpers of quic/tls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <gnutls/x509.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "quic/tls/credentials.h"
#include "quic/tls/handle.h"
#include "quic_pair.h"

/* A certificate with its key. */
struct identity {
	gnutls_x509_crt_t crt;
	gnutls_x509_privkey_t key;
};

/* Creates a certificate for |name|, signed by |issuer| or self-signed. */
static struct identity identity_new(const char *name, bool ca, const struct identity *issuer, time_t expiry)
{
	struct identity id;
	uint8_t serial[4] = {1, 2, 3, (uint8_t)(ca ? 1 : 2)};
	gnutls_x509_crt_init(&id.crt);
	gnutls_x509_privkey_init(&id.key);
	gnutls_x509_privkey_generate(id.key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	gnutls_x509_crt_set_version(id.crt, 3);
	gnutls_x509_crt_set_serial(id.crt, serial, sizeof serial);
	gnutls_x509_crt_set_activation_time(id.crt, time(NULL) - 86400 * 30);
	gnutls_x509_crt_set_expiration_time(id.crt, expiry);
	gnutls_x509_crt_set_key(id.crt, id.key);
	gnutls_x509_crt_set_dn_by_oid(id.crt, GNUTLS_OID_X520_COMMON_NAME, 0, name, (unsigned)strlen(name));
	gnutls_x509_crt_set_subject_alt_name(id.crt, GNUTLS_SAN_DNSNAME, name, (unsigned)strlen(name), 0);
	gnutls_x509_crt_set_basic_constraints(id.crt, ca, -1);
	gnutls_x509_crt_set_key_usage(id.crt, ca ? GNUTLS_KEY_KEY_CERT_SIGN : GNUTLS_KEY_DIGITAL_SIGNATURE);
	assert_int_equal(gnutls_x509_crt_sign2(id.crt, issuer ? issuer->crt : id.crt, issuer ? issuer->key : id.key,
				 GNUTLS_DIG_SHA256, 0),
		0);
	return id;
}

static void identity_free(struct identity *id)
{
	gnutls_x509_crt_deinit(id->crt);
	gnutls_x509_privkey_deinit(id->key);
}

/* A pair whose relay has |leaf|, and whose member trusts |ca| in the given form. */
static struct pair *pair_signed(const struct identity *leaf, const struct identity *ca, gnutls_x509_crt_fmt_t form)
{
	struct pair *pair = pair_today();
	gnutls_datum_t cert, key, trust;
	struct lp_failure failure = {0};
	gnutls_x509_crt_export2(leaf->crt, GNUTLS_X509_FMT_PEM, &cert);
	gnutls_x509_privkey_export2(leaf->key, GNUTLS_X509_FMT_PEM, &key);
	gnutls_x509_crt_export2(ca->crt, form, &trust);
	assert_int_equal(
		lp_tls_server_replace(pair->server_tls, cert.data, cert.size, key.data, key.size, &failure), 0);
	lp_tls_free(pair->client_tls);
	assert_int_equal(lp_tls_client_new(trust.data, trust.size, &failure, &pair->client_tls), 0);
	pair->client.config.client_tls = pair->client_tls;
	gnutls_free(cert.data);
	gnutls_free(key.data);
	gnutls_free(trust.data);
	return pair;
}

static void test_ca(void **state)
{
	(void)state;
	time_t later = time(NULL) + 86400, before = time(NULL) - 86400;
	struct identity ca = identity_new("Test CA", true, NULL, later);
	struct identity other_ca = identity_new("Test CA", true, NULL, later);
	struct identity leaf = identity_new(PAIR_NAME, false, &ca, later);
	struct identity old = identity_new(PAIR_NAME, false, &ca, before);
	struct identity not_ca = identity_new("Test leaf", false, NULL, later);
	struct identity forged = identity_new(PAIR_NAME, false, &not_ca, later);
	const struct {
		const struct identity *leaf, *ca;
		gnutls_x509_crt_fmt_t form;
		const char *name, *refused; /* NULL: accepted */
		enum lp_tls_distrust distrust;
	} rows[] = {
		{&leaf, &ca, GNUTLS_X509_FMT_PEM, PAIR_NAME, NULL, 0},
		{&leaf, &ca, GNUTLS_X509_FMT_DER, PAIR_NAME, NULL, 0},
		{&leaf, &ca, GNUTLS_X509_FMT_PEM, "wrong.test", "not for 'wrong.test'", LP_TLS_DISTRUST_NAME},
		{&old, &ca, GNUTLS_X509_FMT_PEM, PAIR_NAME, "expired on", LP_TLS_DISTRUST_NONE},
		{&leaf, &other_ca, GNUTLS_X509_FMT_PEM, PAIR_NAME, "is not the one in the file", LP_TLS_DISTRUST_PIN},
		{&leaf, &leaf, GNUTLS_X509_FMT_PEM, PAIR_NAME, NULL, 0},
		{&forged, &not_ca, GNUTLS_X509_FMT_PEM, PAIR_NAME, "is not the one in the file", LP_TLS_DISTRUST_PIN},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct pair *pair = pair_signed(rows[i].leaf, rows[i].ca, rows[i].form);
		pair_start(pair);
		wire_connect(&pair->client, &pair->server, rows[i].name);
		wire_run(&pair->wire, LP_SEC);
		assert_int_equal(pair->client.n_ready, rows[i].refused ? 0 : 1);
		if (rows[i].refused && !strstr(pair->client.why.reason, rows[i].refused))
			fail_msg("row %zu: %s", i, pair->client.why.reason);
		assert_int_equal(pair->client.why.distrust, rows[i].distrust);
		pair_free(pair);
	}
	identity_free(&ca);
	identity_free(&other_ca);
	identity_free(&leaf);
	identity_free(&old);
	identity_free(&not_ca);
	identity_free(&forged);
}

/* What the owner is asked about a chain, and answers. */
struct opinion {
	bool trusted;
	unsigned n_asked;
	size_t n_certs;
	char name[64];
};

static bool on_chain(void *ctx, const struct lp_bytes *certs, size_t n_certs, const char *name)
{
	struct opinion *opinion = ctx;
	opinion->n_asked++;
	opinion->n_certs = n_certs;
	assert_true(certs[0].len > 0);
	snprintf(opinion->name, sizeof opinion->name, "%s", name);
	return opinion->trusted;
}

/* The owner is asked about a chain whose CA is unknown, and about nothing else: not about another name, an old
   certificate or a pin. */
static void test_asked_chain(void **state)
{
	(void)state;
	time_t later = time(NULL) + 86400, before = time(NULL) - 86400;
	struct identity ca = identity_new("Test CA", true, NULL, later);
	struct identity leaf = identity_new(PAIR_NAME, false, &ca, later);
	struct identity old = identity_new(PAIR_NAME, false, &ca, before);
	const struct {
		const struct identity *leaf;
		const char *name;
		bool pinned, trusted;
		unsigned asked, ready;
	} rows[] = {
		{&leaf, PAIR_NAME, false, true, 1, 1},
		{&leaf, PAIR_NAME, false, false, 1, 0},
		{&leaf, "wrong.test", false, true, 1, 0},
		{&old, PAIR_NAME, false, true, 0, 0},
		{&leaf, PAIR_NAME, true, true, 0, 0},
	};
	struct identity pin = identity_new("Other CA", true, NULL, later);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct pair *pair = pair_signed(rows[i].leaf, &pin, GNUTLS_X509_FMT_PEM);
		struct opinion opinion = {.trusted = rows[i].trusted};
		if (!rows[i].pinned) {
			struct lp_failure failure = {0};
			lp_tls_free(pair->client_tls);
			if (lp_tls_client_new(NULL, 0, &failure, &pair->client_tls) < 0) {
				print_message("%s\n", failure.text);
				skip();
			}
			pair->client.config.client_tls = pair->client_tls;
		}
		lp_tls_client_ask_chain(pair->client_tls, on_chain, &opinion);
		pair_start(pair);
		wire_connect(&pair->client, &pair->server, rows[i].name);
		wire_run(&pair->wire, LP_SEC);
		if (opinion.n_asked != rows[i].asked || pair->client.n_ready != rows[i].ready)
			fail_msg("row %zu: asked %u, ready %u: %s", i, opinion.n_asked, pair->client.n_ready,
				pair->client.why.reason);
		if (opinion.n_asked) {
			assert_int_equal(opinion.n_certs, 1);
			assert_string_equal(opinion.name, rows[i].name);
		}
		pair_free(pair);
	}
	identity_free(&ca);
	identity_free(&leaf);
	identity_free(&old);
	identity_free(&pin);
}

static void test_other_protocol(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	pair->client_tls->protocol = "lanparty/2";
	pair_start(pair);
	wire_connect(&pair->client, &pair->server, PAIR_NAME);
	assert_true(wire_wait(&pair->wire, &pair->client.n_closed, 1, LP_SEC));
	assert_int_equal(pair->client.why.kind, LP_QUIC_CLOSED_TLS);
	assert_string_equal(pair->client.why.reason, "the other end does not speak lanparty/2");
	assert_int_equal(pair->server.n_ready + pair->server.n_closed, 0);
	pair_free(pair);
}

static void test_bad_files(void **state)
{
	(void)state;
	static const uint8_t junk[] = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
	struct lp_failure failure = {0};
	struct lp_tls *tls = NULL;
	uint8_t *der = NULL;
	size_t len = 0;
	assert_int_equal(lp_tls_client_new(junk, sizeof junk - 1, &failure, &tls), LP_ECERT);
	assert_string_equal(failure.text, "not a certificate in DER or PEM form");
	assert_int_equal(lp_tls_client_new((const uint8_t *)"", 0, &failure, &tls), LP_ECERT);
	assert_int_equal(lp_tls_server_new(junk, sizeof junk - 1, junk, sizeof junk - 1, &failure, &tls), LP_ECERT);
	assert_string_equal(failure.text, "not a PEM certificate");
	assert_int_equal(lp_tls_pem_to_der(junk, sizeof junk - 1, &failure, &der, &len), LP_ECERT);
	assert_null(tls);
	assert_null(der);
	lp_tls_free(NULL);
}

static void test_self_signed_names(void **state)
{
	(void)state;
	static const char *const names[] = {"lanparty-relay.local", "192.0.2.7", "2001:db8::7"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct pair *pair = pair_new(names[i], (int64_t)time(NULL), NULL, 0);
		uint8_t *der = NULL;
		size_t len = 0;
		assert_int_equal(lp_tls_pem_to_der(pair->cert, pair->cert_len, NULL, &der, &len), 0);
		lp_tls_free(pair->client_tls);
		assert_int_equal(lp_tls_client_new(der, len, NULL, &pair->client_tls), 0);
		pair->client.config.client_tls = pair->client_tls;
		free(der);
		pair_start(pair);
		wire_connect(&pair->client, &pair->server, names[i]);
		wire_run(&pair->wire, LP_SEC);
		if (pair->client.n_ready != 1)
			fail_msg("%s: %s", names[i], pair->client.why.reason);
		pair_free(pair);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ca),
		cmocka_unit_test(test_asked_chain),
		cmocka_unit_test(test_other_protocol),
		cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_self_signed_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
