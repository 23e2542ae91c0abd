#include "quic/tls/trust.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gnutls/crypto.h>
#include <gnutls/x509.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/failure.h"
#include "base/text.h"
#include "quic/tls/datum.h"
#include "quic/tls/member_key.h"
#include "quic/tls/name.h"

#define CERTS_MAX 16
#define FINGERPRINT_BYTES 10 /* of a SHA-256: enough to distinguish certificates, and two fit on a line */
#define FINGERPRINT_TEXT (FINGERPRINT_BYTES * 3)

struct lp_tls_trust {
	gnutls_x509_trust_list_t cas; /* NULL if there is none */
	uint8_t *pin;                 /* the first certificate of the file as DER; NULL for the system's CAs */
	size_t pin_len;
	char pin_print[FINGERPRINT_TEXT];
	lp_tls_chain_fn *ask; /* about a chain whose CA is not among |cas|; NULL: none is asked */
	void *ask_ctx;
	bool by_key; /* only |key_pin| counts */
	uint8_t key_pin[LP_TLS_KEY_PIN];
};

/* Writes the first bytes of the SHA-256 of a certificate as "ab:cd:…". */
static void fingerprint(const uint8_t *der, size_t len, char ret_text[FINGERPRINT_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t hash[32] = {0};
	(void)gnutls_hash_fast(GNUTLS_DIG_SHA256, der, len, hash);
	for (size_t i = 0; i < FINGERPRINT_BYTES; i++) {
		ret_text[3 * i] = digits[hash[i] >> 4];
		ret_text[3 * i + 1] = digits[hash[i] & 15];
		ret_text[3 * i + 2] = i + 1 < FINGERPRINT_BYTES ? ':' : '\0';
	}
}

/* Reads the certificates of a file, PEM or DER. Returns their number. */
static int import(const uint8_t *data, size_t len, gnutls_x509_crt_t certs[CERTS_MAX])
{
	gnutls_datum_t datum;
	if (lp_datum_set(&datum, data, len) < 0)
		return 0;
	unsigned n = CERTS_MAX;
	int result = gnutls_x509_crt_list_import(certs, &n, &datum, GNUTLS_X509_FMT_PEM, 0);
	if (result > 0)
		return result;
	if (gnutls_x509_crt_init(&certs[0]) != 0)
		return 0;
	if (gnutls_x509_crt_import(certs[0], &datum, GNUTLS_X509_FMT_DER) == 0)
		return 1;
	gnutls_x509_crt_deinit(certs[0]);
	return 0;
}

/* Keeps the first certificate as the pin. */
static int keep_pin(struct lp_tls_trust *trust, gnutls_x509_crt_t cert)
{
	gnutls_datum_t der = {0};
	if (gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_DER, &der) != 0)
		return LP_ENOMEM;
	trust->pin = malloc(der.size);
	if (trust->pin) {
		memcpy(trust->pin, der.data, der.size);
		trust->pin_len = der.size;
		fingerprint(trust->pin, trust->pin_len, trust->pin_print);
	}
	gnutls_free(der.data);
	return trust->pin ? 0 : LP_ENOMEM;
}

/* Loads the certificates of a file: the first is the pin, and those that are CAs may sign others. */
static int load_file(struct lp_tls_trust *trust, const uint8_t *ca, size_t ca_len, struct lp_failure *failure)
{
	gnutls_x509_crt_t certs[CERTS_MAX];
	int n = import(ca, ca_len, certs);
	if (n <= 0)
		return lp_fail(failure, LP_ECERT, "not a certificate in DER or PEM form");
	int result = keep_pin(trust, certs[0]);
	for (int i = 0; i < n; i++) {
		bool is_ca = gnutls_x509_crt_get_ca_status(certs[i], NULL) > 0;
		if (!is_ca || gnutls_x509_trust_list_add_cas(trust->cas, &certs[i], 1, 0) != 1)
			gnutls_x509_crt_deinit(certs[i]);
	}
	return result < 0 ? lp_fail(failure, result, "out of memory") : 0;
}

int lp_tls_trust_new(const uint8_t *ca, size_t ca_len, struct lp_failure *failure, struct lp_tls_trust **ret_trust)
{
	struct lp_tls_trust *trust = calloc(1, sizeof *trust);
	int result;
	if (!trust || gnutls_x509_trust_list_init(&trust->cas, 0) != 0) {
		result = lp_fail(failure, LP_ENOMEM, "out of memory");
		goto fail;
	}
	if (ca) {
		result = load_file(trust, ca, ca_len, failure);
		if (result < 0)
			goto fail;
	} else if (gnutls_x509_trust_list_add_system_trust(trust->cas, 0, 0) <= 0) {
		result = lp_fail(failure, LP_ECERT, "this system has no CA certificates");
		goto fail;
	}
	*ret_trust = trust;
	return 0;
fail:
	lp_tls_trust_free(trust);
	return result;
}

int lp_tls_trust_pinned_new(
	const uint8_t pin[LP_TLS_KEY_PIN], struct lp_failure *failure, struct lp_tls_trust **ret_trust)
{
	struct lp_tls_trust *trust = calloc(1, sizeof *trust);
	if (!trust)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	trust->by_key = true;
	memcpy(trust->key_pin, pin, sizeof trust->key_pin);
	*ret_trust = trust;
	return 0;
}

void lp_tls_trust_ask(struct lp_tls_trust *trust, lp_tls_chain_fn *ask, void *ctx)
{
	trust->ask = ask;
	trust->ask_ctx = ctx;
}

void lp_tls_trust_free(struct lp_tls_trust *trust)
{
	if (!trust)
		return;
	if (trust->cas)
		gnutls_x509_trust_list_deinit(trust->cas, 1);
	free(trust->pin);
	free(trust);
}

int lp_tls_trust_pin(const struct lp_tls_trust *trust, uint8_t ret_pin[LP_TLS_KEY_PIN])
{
	gnutls_x509_crt_t cert;
	gnutls_datum_t der;
	uint8_t id[LP_TLS_KEY_ID];
	size_t size = sizeof id;
	if (!trust->pin)
		return LP_ENOTFOUND;
	if (lp_datum_set(&der, trust->pin, trust->pin_len) < 0 || gnutls_x509_crt_init(&cert) != 0)
		return LP_ENOMEM;
	int result = LP_ECERT;
	if (gnutls_x509_crt_import(cert, &der, GNUTLS_X509_FMT_DER) == 0)
		result = gnutls_x509_crt_get_ca_status(cert, NULL) > 0 ? LP_EUNSUPPORTED : 0;
	if (result == 0 && gnutls_x509_crt_get_key_id(cert, GNUTLS_KEYID_USE_SHA256, id, &size) != 0)
		result = LP_ECERT;
	gnutls_x509_crt_deinit(cert);
	if (result == 0)
		memcpy(ret_pin, id, LP_TLS_KEY_PIN);
	return result;
}

/* Writes the date of a time as "2025-01-01", UTC. */
static void day_text(time_t when, char ret_text[16])
{
	char full[32];
	struct lp_text text;
	lp_text_init(&text, full, sizeof full);
	lp_text_time(&text, when);
	snprintf(ret_text, 16, "%.10s", full);
}

/* Checks that a certificate is valid today. */
static int check_time(gnutls_x509_crt_t cert, struct lp_failure *failure)
{
	time_t now = time(NULL);
	time_t from = gnutls_x509_crt_get_activation_time(cert), until = gnutls_x509_crt_get_expiration_time(cert);
	char day[16], today[16];
	if (until != (time_t)-1 && now > until) {
		day_text(until, day);
		day_text(now, today);
		return lp_fail(failure, LP_ECERT,
			"the relay's certificate expired on %s, and this computer's clock shows %s. Check this computer's "
			"clock. If it is right, the relay needs a new certificate",
			day, today);
	}
	if (from != (time_t)-1 && now < from) {
		day_text(from, day);
		day_text(now, today);
		return lp_fail(failure, LP_ECERT,
			"the relay's certificate is not valid before %s, and this computer's clock shows %s. Check this "
			"computer's clock. If it is right, the relay's clock was wrong when the certificate was made",
			day, today);
	}
	return 0;
}

/* Checks that a certificate is for |name|. */
static int check_name(
	gnutls_x509_crt_t cert, const char *name, struct lp_failure *failure, enum lp_tls_distrust *distrust)
{
	char other[LP_TLS_NAME_MAX];
	if (lp_tls_name_check(cert, name, other))
		return 0;
	*distrust = LP_TLS_DISTRUST_NAME;
	return lp_fail(failure, LP_ECERT, "the relay's certificate is for '%s', not for '%s'", other, name);
}

/* Fails with GnuTLS's text for |status|, without its trailing blanks. */
static int fail_status(unsigned status, struct lp_failure *failure)
{
	gnutls_datum_t text = {0};
	(void)gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0);
	const char *words = text.data ? (const char *)text.data : "GnuTLS gives no reason";
	int len = (int)strlen(words);
	while (len > 0 && words[len - 1] == ' ')
		len--;
	(void)lp_fail(failure, LP_ECERT, "the relay's certificate is not trusted: %.*s", len, words);
	gnutls_free(text.data);
	return LP_ECERT;
}

/* True if the owner's check trusts a chain whose CA is not among ours. */
static bool ask_owner(const struct lp_tls_trust *trust, const gnutls_datum_t *shown, unsigned n, const char *name)
{
	struct lp_bytes certs[CERTS_MAX];
	if (!trust->ask)
		return false;
	for (unsigned i = 0; i < n; i++)
		certs[i] = (struct lp_bytes){.data = shown[i].data, .len = shown[i].size};
	return trust->ask(trust->ask_ctx, certs, n, name);
}

/* Checks that a trusted CA signed the chain. Dates and name are checked elsewhere. */
static int check_chain(const struct lp_tls_trust *trust, gnutls_x509_crt_t *certs, unsigned n,
	const gnutls_datum_t *shown, const char *name, struct lp_failure *failure, enum lp_tls_distrust *distrust)
{
	unsigned status = 0;
	char print[FINGERPRINT_TEXT];
	int result = gnutls_x509_trust_list_verify_crt(trust->cas, certs, n, 0, &status, NULL);
	if (result == 0 && status == 0)
		return 0;
	if (trust->pin) {
		*distrust = LP_TLS_DISTRUST_PIN;
		fingerprint(shown[0].data, shown[0].size, print);
		return lp_fail(failure, LP_ECERT,
			"the relay's certificate is not the one in the file for --relay-ca-cert (SHA-256 %s and %s)",
			print, trust->pin_print);
	}
	if (result != 0)
		return lp_fail(
			failure, LP_ECERT, "the relay's certificate is not trusted: %s", gnutls_strerror(result));
	if (status & (GNUTLS_CERT_SIGNER_NOT_FOUND | GNUTLS_CERT_SIGNER_NOT_CA)) {
		if (ask_owner(trust, shown, n, name))
			return 0;
		*distrust = LP_TLS_DISTRUST_SIGNER;
		return lp_fail(failure, LP_ECERT, "no CA that this computer trusts has signed the relay's certificate");
	}
	return fail_status(status, failure);
}

/* Checks that a certificate that a CA has signed is one of a server (RFC 5280 §4.2.1.12): a CA of an organisation also
   signs certificates of clients, perhaps for the same name. One without the extension is for everything. */
static int check_purpose(gnutls_x509_crt_t cert, struct lp_failure *failure)
{
	for (unsigned i = 0;; i++) {
		char purpose[64];
		size_t size = sizeof purpose;
		int result = gnutls_x509_crt_get_key_purpose_oid(cert, i, purpose, &size, NULL);
		if (result == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE && i == 0)
			return 0;
		if (result == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			return lp_fail(failure, LP_ECERT,
				"the relay's certificate is not for a server (extended key usage). Get one with serverAuth");
		if (result == 0 &&
			(strcmp(purpose, GNUTLS_KP_TLS_WWW_SERVER) == 0 || strcmp(purpose, GNUTLS_KP_ANY) == 0))
			return 0;
		if (result != 0 && result != GNUTLS_E_SHORT_MEMORY_BUFFER)
			return lp_fail(failure, LP_ECERT, "the relay's certificate cannot be read");
	}
}

/* Checks that the relay's key is the pinned one. */
static int check_key(const struct lp_tls_trust *trust, gnutls_session_t session, struct lp_failure *failure,
	enum lp_tls_distrust *distrust)
{
	uint8_t id[LP_TLS_KEY_ID];
	if (lp_tls_peer_key_id(session, id) == 0 && memcmp(id, trust->key_pin, sizeof trust->key_pin) == 0)
		return 0;
	*distrust = LP_TLS_DISTRUST_PIN;
	return lp_fail(failure, LP_ECERT,
		"the relay that answered is not the one in the invite: its key is another one. Ask the host for a new "
		"invite. If the relay was not set up anew, something in between intercepts the connection");
}

int lp_tls_trust_check(const struct lp_tls_trust *trust, gnutls_session_t session, const char *name,
	struct lp_failure *failure, enum lp_tls_distrust *distrust)
{
	if (trust->by_key)
		return check_key(trust, session, failure, distrust);
	unsigned n = 0, n_read = 0;
	gnutls_x509_crt_t certs[CERTS_MAX];
	const gnutls_datum_t *shown = gnutls_certificate_get_peers(session, &n);
	if (!shown || n == 0)
		return lp_fail(failure, LP_ECERT, "the relay sent no certificate");
	if (n > CERTS_MAX)
		n = CERTS_MAX;
	int result = 0;
	for (; n_read < n && result == 0; n_read++) {
		if (gnutls_x509_crt_init(&certs[n_read]) != 0) {
			result = lp_fail(failure, LP_ENOMEM, "out of memory");
			break;
		}
		if (gnutls_x509_crt_import(certs[n_read], &shown[n_read], GNUTLS_X509_FMT_DER) != 0)
			result = lp_fail(failure, LP_ECERT, "the relay's certificate cannot be read");
	}
	bool pinned = trust->pin && trust->pin_len == shown[0].size &&
		      memcmp(trust->pin, shown[0].data, trust->pin_len) == 0;
	if (result == 0)
		result = check_time(certs[0], failure);
	if (result == 0 && !pinned)
		result = check_chain(trust, certs, n, shown, name, failure, distrust);
	if (result == 0 && !pinned)
		result = check_purpose(certs[0], failure);
	if (result == 0)
		result = check_name(certs[0], name, failure, distrust);
	for (unsigned i = 0; i < n_read; i++)
		gnutls_x509_crt_deinit(certs[i]);
	return result;
}
