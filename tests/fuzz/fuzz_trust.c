/* Certificate files: what a member is given to trust, PEM or DER, and a relay's certificate and key. Each is loaded, or
   refused with a reason. */
#include <stdint.h>
#include <stdlib.h>

#include "base/failure.h"
#include "quic/tls/credentials.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct lp_failure failure = {0};
	struct lp_tls *tls = NULL;
	int result = lp_tls_client_new(data, len, &failure, &tls);
	if (result < 0 ? !failure.text[0] || tls : !tls)
		abort();
	lp_tls_free(tls);
	tls = NULL;
	size_t half = len / 2; /* any split of a certificate and a key */
	result = lp_tls_server_new(data, half, data + half, len - half, &failure, &tls);
	if (result < 0 ? !failure.text[0] || tls : !tls)
		abort();
	lp_tls_free(tls);
	return 0;
}
