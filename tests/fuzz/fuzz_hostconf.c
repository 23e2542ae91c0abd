/* The filter of host configuration on any frame: it never grows one, keeps checksums that were right, and filtering
   twice gives what filtering once gives. The input: one byte of policy, then the frame. */
#include <stdlib.h>
#include <string.h>

#include "base/mac.h"
#include "hostconf/hostconf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool good)
{
	if (!good)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len < 1)
		return 0;
	struct lp_hostconf config = {.accept_routes = data[0] & 1, .accept_dns = data[0] & 2};
	struct lp_mac own = {{0x02, 0x5a, 0, 0, 0, 1}};
	len--;
	uint8_t *frame = malloc(len ? len : 1);
	check(frame != NULL);
	memcpy(frame, data + 1, len);
	uint8_t once[LP_HOSTCONF_FRAME_MAX], twice[LP_HOSTCONF_FRAME_MAX];
	size_t once_len = 0, twice_len = 0;
	if (lp_hostconf_filter(&config, &own, frame, len, once, &once_len) == LP_HOSTCONF_CHANGED) {
		check(once_len <= len);
		check(memcmp(once, frame, LP_ETHER_HEADER) == 0);
		check(lp_hostconf_filter(&config, &own, once, once_len, twice, &twice_len) == LP_HOSTCONF_PASS);
	}
	free(frame);
	return 0;
}
