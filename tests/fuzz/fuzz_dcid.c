/* Runs by prefix: every byte of a receive run is taken once, in order, and nothing outside of it is read. The first two
   bytes of the input are the length of a datagram. */
#include <stdlib.h>
#include <string.h>

#include "base/link_prefix.h"
#include "base/udp_msg.h"
#include "carrier/dcid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len < 3)
		return 0;
	struct lp_udp_msg msg = {.data = data + 2, .len = len - 2, .segment_bytes = (uint16_t)(data[0] << 8 | data[1])};
	for (size_t at = 0; at < msg.len;) {
		struct lp_udp_msg run;
		const uint8_t *prefix;
		size_t n = lp_dcid_run(&msg, at, &run, &prefix);
		if (n == 0 || run.data != msg.data + at || run.len != n)
			abort();
		if (prefix && (prefix < run.data || prefix + LP_LINK_PREFIX_BYTES > run.data + run.len))
			abort();
		size_t first = run.segment_bytes ? run.segment_bytes : run.len;
		const uint8_t *source = lp_scid_prefix(run.data, first);
		if (source && (source < run.data || source + LP_LINK_PREFIX_BYTES > run.data + first))
			abort();
		at += n;
	}
	return 0;
}
