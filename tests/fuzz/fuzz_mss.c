/* MSS clamping on any frame: a correct TCP checksum stays correct, and clamping twice changes nothing more. The input:
   2 bytes of MTU, then the frame. */
#include <stdlib.h>
#include <string.h>

#include "proto/checksum.h"
#include "proto/mss.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Ends the run: an invariant is violated. */
static void check(bool good)
{
	if (!good)
		abort();
}

/* The upper-layer checksum of the inner packet, normalised so that both zeros are equal. */
static unsigned sum_of(const uint8_t *frame, size_t len)
{
	struct lp_ether ether;
	struct lp_ip ip;
	check(lp_ether_parse(frame, len, &ether) == LP_ETHER_OK);
	check(lp_ip_parse(frame + ether.net_offset, ether.net_len, &ip) == 0);
	return lp_sum_fold(lp_sum(0, frame + ether.net_offset + ip.upper_offset, ip.upper_len)) % 0xffffU;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len < 2)
		return 0;
	size_t mtu = lp_be16_get(data);
	data += 2;
	len -= 2;
	uint8_t *frame = malloc(len ? len : 1), *partial = malloc(len ? len : 1);
	check(frame && partial);
	memcpy(frame, data, len);
	memcpy(partial, data, len);
	bool candidate = lp_mss_is_candidate(frame, len), changed = lp_mss_clamp(frame, len, mtu, false);
	check(candidate || !changed);
	check(lp_mss_clamp(partial, len, mtu, true) == changed);
	check(changed == (memcmp(partial, data, len) != 0));
	if (changed)
		check(sum_of(frame, len) == sum_of(data, len));
	check(!lp_mss_clamp(frame, len, mtu, false));
	free(frame);
	free(partial);
	return 0;
}
