/* The relay's certificate: the operator's, or a self-signed one that is made at the first start and kept. */
#ifndef LP_RELAY_CERTIFICATE_H
#define LP_RELAY_CERTIFICATE_H

#include <stdbool.h>
#include <stdint.h>

struct lp_failure;
struct lp_log;
struct lp_tls;

struct lp_certificate_config {
	const char *cert_path;    /* PEM; NULL or empty: self-signed */
	const char *key_path;     /* PEM */
	const char *state_dir;    /* folder of the self-signed one */
	const char *server_name;  /* name of the self-signed one */
	bool server_name_given;   /* by the operator: a certificate for another name causes a warning */
	const char *der_out_path; /* where to write it as DER, for members to pin; NULL or empty: nowhere */
};

/* Loads the certificate; makes a self-signed one, valid from |now_unix_s|, if |state_dir| has none. An existing one is
   reused, so that pins stay valid; an event warns if it is not for |server_name|. LP_ECERT: one of its two files is
   missing (the other is left as it is), or they cannot be used; or an error of reading or writing a file. */
int lp_certificate_load(const struct lp_certificate_config *config, int64_t now_unix_s, const struct lp_log *log,
	struct lp_failure *failure, struct lp_tls **ret_tls);
/* Reads the files again and replaces the certificate of |tls|. On failure nothing changes. */
int lp_certificate_reload(const struct lp_certificate_config *config, struct lp_tls *tls, const struct lp_log *log,
	struct lp_failure *failure);
/* Logs a certificate that expires within 14 days or has expired. */
void lp_certificate_check_expiry(const struct lp_tls *tls, int64_t now_unix_s, const struct lp_log *log);

/* Reads the 32-byte secret in |state_dir|; makes it at the first start. It signs stateless resets (RFC 9000 §10.3): a
   relay that was killed and restarted resets the connections of its earlier run. */
int lp_certificate_secret(const char *state_dir, struct lp_failure *failure, uint8_t ret_secret[32]);

#endif
