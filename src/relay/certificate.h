/* The relay's certificate: the operator's own, or a self-signed one that is made once and kept. */
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
	const char *state_dir;    /* where the self-signed one is kept */
	const char *server_name;  /* that it is made for */
	bool server_name_given;   /* by the operator: a certificate for another name is told of */
	const char *der_out_path; /* written as DER for members to pin; NULL or empty: not */
};

/* Loads the certificate, or makes it first. A self-signed one in |state_dir| is used again, so that pins stay valid; an
   event warns if it is not for |server_name|. Where one of its two files is lost the other is left as it is, LP_ECERT.
   |now_unix_s| is the time it begins at. */
int lp_certificate_load(const struct lp_certificate_config *config, int64_t now_unix_s, const struct lp_log *log,
	struct lp_failure *failure, struct lp_tls **ret_tls);
/* Reads the files again and puts them in the place of what |tls| has. On failure nothing changes. */
int lp_certificate_reload(const struct lp_certificate_config *config, struct lp_tls *tls, const struct lp_log *log,
	struct lp_failure *failure);
/* Warns, by an event, of a certificate that expires within 14 days or has expired. */
void lp_certificate_check_expiry(const struct lp_tls *tls, int64_t now_unix_s, const struct lp_log *log);

/* A secret of 32 bytes in |state_dir|, made at the first start. It signs stateless resets, so that members of a relay
   that was killed hear at once that their connection is gone. */
int lp_certificate_secret(const char *state_dir, struct lp_failure *failure, uint8_t ret_secret[32]);

#endif
