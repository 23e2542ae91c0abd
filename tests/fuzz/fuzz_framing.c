/* QUIC packets in a byte stream: what is read lies within the bytes, and written again it is the same bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "carrier/tls/framing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct lp_bytes packets[4];
	uint8_t again[LP_FRAMING_HEADER + LP_FRAMING_PACKET_MAX];
	size_t n, at = 0;
	int taken = 1;
	while (at < len && taken > 0) {
		taken = lp_framing_read(data + at, len - at, packets, 4, &n);
		if (taken < 0)
			return 0;
		size_t sum = 0;
		for (size_t i = 0; i < n; i++) {
			size_t written = lp_framing_write(again, sizeof again, packets[i].data, packets[i].len);
			if (written == 0 || memcmp(again, data + at + sum, written) != 0)
				abort();
			sum += written;
		}
		if (sum != (size_t)taken || sum > len - at)
			abort();
		if (n < 4 && len - at - sum >= sizeof again)
			abort();
		at += sum;
	}
	return 0;
}
