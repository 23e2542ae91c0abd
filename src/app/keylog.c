#include "app/keylog.h"

#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "base/hex.h"
#include "base/wipe.h"
#include "obs/event.h"
#include "platform/system/output.h"
#include "quic/tls/credentials.h"

/* One line of the format that browsers and Wireshark use: label, random of the client, secret. */
static void on_secret(
	void *ctx, const char *label, const uint8_t random[LP_TLS_RANDOM], const uint8_t *secret, size_t len)
{
	struct lp_keylog *keylog = ctx;
	char random_hex[2 * LP_TLS_RANDOM + 1], secret_hex[2 * LP_TLS_SECRET_MAX + 1];
	lp_hex_format(random, LP_TLS_RANDOM, random_hex);
	lp_hex_format(secret, len, secret_hex);
	fprintf(keylog->file, "%s %s %s\n", label, random_hex, secret_hex);
	(void)fflush(keylog->file);
	lp_wipe(secret_hex, sizeof secret_hex);
}

int lp_keylog_begin(struct lp_keylog *keylog, const char *path, struct lp_tls *tls, const struct lp_log *log,
	struct lp_failure *failure)
{
	struct lp_failure why = {0};
	char text[400];
	if (!path[0])
		return 0;
	int result = lp_output_open(path, &why, &keylog->file);
	if (result < 0)
		return lp_fail(failure, result, "--keylog: %s", why.text);
	lp_tls_set_keylog(tls, on_secret, keylog);
	snprintf(text, sizeof text,
		"THE SECRETS OF ALL NEW SESSIONS ARE WRITTEN TO %.200s. Who has this file can read everything that was "
		"recorded of them. Delete it when you have finished, and start without --keylog",
		path);
	lp_event_warned(log, text);
	return 0;
}

void lp_keylog_end(struct lp_keylog *keylog)
{
	if (keylog->file && keylog->file != stdout)
		(void)fclose(keylog->file);
	keylog->file = NULL;
}
