/* A PROXY protocol header, as it arrives: its length is known before it is read, no byte behind it is asked for, and
   the address that is read is the one in the bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/error.h"
#include "carrier/tls/proxy_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Compares the address with the bytes of the header that announce it. */
static void check_source(const uint8_t *header, size_t len, const struct lp_addr *source)
{
	size_t ip_len = source->family == 4 ? 4 : 16, port_at = 16 + 2 * ip_len;
	if ((source->family != 4 && source->family != 6) || len < port_at + 4 ||
		header[13] != (source->family == 4 ? 0x11 : 0x21) || memcmp(source->ip, header + 16, ip_len) != 0 ||
		source->port != (header[port_at] << 8 | header[port_at + 1]))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t header[LP_PROXY_HEADER_MAX] = {0};
	struct lp_addr source = {.family = 9}, before = source;
	size_t n = 0;
	int total = lp_proxy_header_length(header, 0);
	while (total > (int)n && n < len) {
		header[n] = data[n];
		int longer = lp_proxy_header_length(header, ++n);
		if (longer > (int)sizeof header || (longer >= 0 && longer < total))
			abort();
		total = longer;
	}
	uint8_t *copy = malloc(n ? n : 1); /* exactly as long, so that a read beyond it is seen */
	if (!copy)
		return 0;
	memcpy(copy, header, n);
	int result = lp_proxy_header_read(copy, n, &source);
	if (result != 1 && !lp_addr_equal(&source, &before))
		abort();
	if (result == 1)
		check_source(copy, n, &source);
	if (result >= 0 && total != (int)n)
		abort();
	if (result < 0 && result != LP_EMALFORMED)
		abort();
	free(copy);
	return 0;
}
