#include "relay/certificate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/wipe.h"
#include "obs/event.h"
#include "platform/system/file.h"
#include "platform/system/random.h"
#include "quic/tls/credentials.h"

#define FILE_MAX_BYTES ((size_t)256 << 10)
#define PATH_BYTES 1024
#define WARN_BEFORE_S ((int64_t)14 * 24 * 3600)

/* A certificate and its key, PEM, malloc'd. */
struct pair {
	uint8_t *cert, *key;
	size_t cert_len, key_len;
	char cert_path[PATH_BYTES], key_path[PATH_BYTES];
};

/* Frees both; the key is overwritten first. */
static void pair_done(struct pair *pair)
{
	if (pair->key)
		lp_wipe(pair->key, pair->key_len);
	free(pair->cert);
	free(pair->key);
	pair->cert = pair->key = NULL;
}

/* True if the certificate is the operator's. */
static bool is_own(const struct lp_certificate_config *config)
{
	return config->cert_path && config->cert_path[0];
}

/* Writes "DIR/NAME" into |path|. */
static int join_path(const char *dir, const char *name, struct lp_failure *failure, char path[PATH_BYTES])
{
	if (snprintf(path, PATH_BYTES, "%s/%s", dir, name) >= PATH_BYTES)
		return lp_fail(failure, LP_ETOOBIG, "%s: the path is too long. Choose another --state-dir", dir);
	return 0;
}

/* Sets the paths of certificate and key. */
static int pair_paths(const struct lp_certificate_config *config, struct lp_failure *failure, struct pair *pair)
{
	if (!is_own(config)) {
		int result = join_path(config->state_dir, "relay.pem", failure, pair->cert_path);
		return result < 0 ? result : join_path(config->state_dir, "relay.key", failure, pair->key_path);
	}
	if (!config->key_path || !config->key_path[0])
		return lp_fail(failure, LP_EINVAL, "--cert without --key. Pass the certificate's private key too");
	snprintf(pair->cert_path, PATH_BYTES, "%s", config->cert_path);
	snprintf(pair->key_path, PATH_BYTES, "%s", config->key_path);
	return 0;
}

/* Explains which option a bad file belongs to, and what to do. */
static int fail_option(
	const char *option, int result, const struct lp_failure *why, const char *advice, struct lp_failure *failure)
{
	return lp_fail(failure, result, "--%s: %s. %s", option, why->text, advice);
}

/* Reads a file that |option| names. */
static int read_file(
	const char *option, const char *path, struct lp_failure *failure, uint8_t **ret_data, size_t *ret_len)
{
	struct lp_failure why = {0};
	int result = lp_file_read(path, FILE_MAX_BYTES, &why, ret_data, ret_len);
	if (result == 0)
		return 0;
	return fail_option(option, result, &why, "Check the path, and that this user may read it", failure);
}

/* Writes a file into the state folder. */
static int write_state(const char *path, const uint8_t *data, size_t len, bool secret, struct lp_failure *failure)
{
	struct lp_failure why = {0};
	int result = lp_file_write(path, data, len, secret, &why);
	if (result == 0)
		return 0;
	return fail_option("state-dir", result, &why, "Pass a folder that this user may write to", failure);
}

/* Explains that one file of the pair is missing. */
static int fail_half(const char *there, const char *lost, struct lp_failure *failure)
{
	return lp_fail(failure, LP_ECERT,
		"%s exists, %s is missing. Restore it from a backup, or remove the other to get a new certificate "
		"(members then need the new file)",
		there, lost);
}

/* Reads both files. LP_ENOTFOUND: both files of a self-signed pair are missing. */
static int pair_read(const struct lp_certificate_config *config, struct pair *pair, struct lp_failure *failure)
{
	const char *of_cert = is_own(config) ? "cert" : "state-dir", *of_key = is_own(config) ? "key" : "state-dir";
	int cert = read_file(of_cert, pair->cert_path, failure, &pair->cert, &pair->cert_len);
	if (cert < 0 && (cert != LP_ENOTFOUND || is_own(config)))
		return cert;
	int key = read_file(of_key, pair->key_path, failure, &pair->key, &pair->key_len);
	if (cert < 0 && key == 0)
		return fail_half(pair->key_path, pair->cert_path, failure);
	if (cert == 0 && key == LP_ENOTFOUND && !is_own(config))
		return fail_half(pair->cert_path, pair->key_path, failure);
	return key;
}

/* Prepends the files' names to a failure about their contents. */
static int blame_files(const struct pair *pair, int result, struct lp_failure *failure)
{
	struct lp_failure why = failure ? *failure : (struct lp_failure){0};
	return lp_fail(failure, result, "%.120s, %.120s: %.130s. Check these files", pair->cert_path, pair->key_path,
		why.text);
}

/* Makes a self-signed pair and saves it. */
static int pair_make(struct pair *pair, const char *server_name, int64_t now_unix_s, struct lp_failure *failure)
{
	int result = lp_tls_self_signed(
		server_name, now_unix_s, failure, &pair->cert, &pair->cert_len, &pair->key, &pair->key_len);
	if (result == 0)
		result = write_state(pair->key_path, pair->key, pair->key_len, true, failure);
	if (result < 0)
		return result;
	result = write_state(pair->cert_path, pair->cert, pair->cert_len, false, failure);
	if (result < 0) /* the next start makes both */
		(void)lp_file_remove(pair->key_path, NULL);
	return result;
}

/* Writes the first certificate as DER. */
static int write_der(const struct pair *pair, const char *path, struct lp_failure *failure)
{
	uint8_t *der;
	size_t len;
	int result = lp_tls_pem_to_der(pair->cert, pair->cert_len, failure, &der, &len);
	if (result < 0)
		return result;
	struct lp_failure why = {0};
	result = lp_file_write(path, der, len, false, &why);
	free(der);
	if (result < 0)
		fail_option("dev-cert-der-out", result, &why, "Pass a path that this user may write to", failure);
	return result;
}

/* Logs a warning if the certificate is not for the name that the operator gave. */
static void check_name(const struct lp_certificate_config *config, const struct lp_tls *tls, const char *path,
	const struct lp_log *log)
{
	char other[LP_TLS_NAME_MAX];
	if (!config->server_name_given || lp_tls_is_for(tls, config->server_name, other))
		return;
	lp_event_certificate_name(log, path, other, config->server_name,
		is_own(config) ? "Pass a certificate for that name, or omit --server-name"
			       : "Remove relay.pem and relay.key for a new one (members then need "
				 "the new file), or give the old name");
}

int lp_certificate_load(const struct lp_certificate_config *config, int64_t now_unix_s, const struct lp_log *log,
	struct lp_failure *failure, struct lp_tls **ret_tls)
{
	struct pair pair = {0};
	struct lp_tls *tls = NULL;
	bool made = false;
	int result = pair_paths(config, failure, &pair);
	if (result < 0)
		return result;
	result = pair_read(config, &pair, failure);
	if (result == LP_ENOTFOUND && !is_own(config)) {
		pair_done(&pair);
		made = true;
		result = pair_make(&pair, config->server_name, now_unix_s, failure);
	}
	if (result == 0) {
		result = lp_tls_server_new(pair.cert, pair.cert_len, pair.key, pair.key_len, failure, &tls);
		if (result < 0)
			blame_files(&pair, result, failure);
	}
	if (result == 0 && config->der_out_path && config->der_out_path[0])
		result = write_der(&pair, config->der_out_path, failure);
	pair_done(&pair);
	if (result < 0) {
		lp_tls_free(tls);
		return result;
	}
	lp_event_certificate(log, pair.cert_path, made ? "made" : "loaded", lp_tls_expiry_unix_s(tls));
	check_name(config, tls, pair.cert_path, log);
	*ret_tls = tls;
	return 0;
}

int lp_certificate_reload(const struct lp_certificate_config *config, struct lp_tls *tls, const struct lp_log *log,
	struct lp_failure *failure)
{
	struct pair pair = {0};
	int result = pair_paths(config, failure, &pair);
	if (result == 0)
		result = pair_read(config, &pair, failure);
	if (result == 0) {
		result = lp_tls_server_replace(tls, pair.cert, pair.cert_len, pair.key, pair.key_len, failure);
		if (result < 0)
			blame_files(&pair, result, failure);
	}
	pair_done(&pair);
	if (result < 0)
		return result;
	lp_event_certificate(log, pair.cert_path, "reloaded", lp_tls_expiry_unix_s(tls));
	check_name(config, tls, pair.cert_path, log);
	return 0;
}

void lp_certificate_check_expiry(const struct lp_tls *tls, int64_t now_unix_s, const struct lp_log *log)
{
	int64_t expires = lp_tls_expiry_unix_s(tls), left_s = expires - now_unix_s;
	if (lp_tls_activation_unix_s(tls) > now_unix_s)
		lp_event_certificate_early(log, lp_tls_activation_unix_s(tls), now_unix_s);
	else if (left_s < 0)
		lp_event_certificate_expired(log, expires);
	else if (left_s < WARN_BEFORE_S)
		lp_event_certificate_expiring(log, expires, left_s / (24 * 3600));
}

int lp_certificate_secret(const char *state_dir, struct lp_failure *failure, uint8_t ret_secret[32])
{
	char path[PATH_BYTES];
	uint8_t *data;
	size_t len;
	int result = join_path(state_dir, "reset.secret", failure, path);
	if (result < 0)
		return result;
	result = read_file("state-dir", path, failure, &data, &len);
	if (result == 0) {
		bool whole = len == 32;
		if (whole)
			memcpy(ret_secret, data, 32);
		free(data);
		if (whole)
			return 0;
	} else if (result != LP_ENOTFOUND) {
		return result;
	}
	lp_random_fill(ret_secret, 32);
	return write_state(path, ret_secret, 32, true, failure);
}
