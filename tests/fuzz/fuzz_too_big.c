/* ICMP replies to any frame: a reply fits its buffer, is a valid IP packet, and gets no reply itself. */
#include <stdlib.h>

#include "proto/ip.h"
#include "proto/too_big.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Ends the run: an invariant is violated. */
static void check(bool good)
{
	if (!good)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t *reply = malloc(LP_TOO_BIG_MAX), again[LP_TOO_BIG_MAX];
	struct lp_ip ip;
	check(reply);
	size_t n = lp_too_big_reply(data, len, 1500, reply);
	check(n <= LP_TOO_BIG_MAX);
	if (n > 0) {
		check(lp_ip_parse(reply + LP_ETHER_HEADER, n - LP_ETHER_HEADER, &ip) == 0);
		check(ip.packet_len == n - LP_ETHER_HEADER && !ip.truncated);
		check(lp_too_big_reply(reply, n, 1500, again) == 0);
	}
	free(reply);
	return 0;
}
