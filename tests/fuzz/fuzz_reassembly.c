/* Any sequence of fragments: a reassembled frame consists of fragments of one frame of one source, each at its
   position. The input: per datagram a byte of milliseconds that pass, a byte of payload length (times 3), and 8 bytes
   of header. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "proto/budget.h"
#include "proto/fragment.h"

#define STEP 10U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Ends the run: an invariant is violated. */
static void check(bool good)
{
	if (!good)
		abort();
}

/* The byte that fills a fragment's payload. */
static uint8_t fill_of(const struct lp_datagram *d, unsigned index)
{
	return (uint8_t)(d->source * 31 + d->frame_id * 7 + index);
}

/* A reassembled frame has parts of equal length, each filled with its own byte; the last part is not longer. */
static void check_frame(const struct lp_datagram *d, const uint8_t *frame, size_t len)
{
	size_t piece = 0, at = 0;
	check(len >= d->count && len <= LP_BUDGET_FRAME_MAX);
	for (unsigned i = 0; i < d->count; i++) {
		size_t start = at;
		while (at < len && frame[at] == fill_of(d, i))
			at++;
		if (i == 0)
			piece = at;
		check(at > start && (i + 1U < d->count ? at - start == piece : at - start <= piece));
	}
	check(at == len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct lp_reassembly_config config;
	lp_reassembly_config_init(&config);
	config.max_frames = 4;
	struct lp_reassembly *reassembly;
	uint64_t now_ns = LP_SEC;
	check(lp_reassembly_new(&config, &reassembly) == 0);
	for (; len >= STEP; data += STEP, len -= STEP) {
		uint8_t bytes[LP_DATAGRAM_FRAGMENT_HEADER + 3 * 255];
		struct lp_datagram d;
		const uint8_t *frame;
		size_t frame_len, payload_len = data[1] * 3U;
		memcpy(bytes, data + 2, LP_DATAGRAM_FRAGMENT_HEADER);
		now_ns += data[0] * LP_MS;
		if (data[0] & 1)
			lp_reassembly_expire(reassembly, now_ns);
		if (lp_datagram_read(bytes, LP_DATAGRAM_FRAGMENT_HEADER + payload_len, &d) < 0 ||
			d.kind != LP_DATAGRAM_FRAGMENT)
			continue;
		memset(bytes + LP_DATAGRAM_FRAGMENT_HEADER, fill_of(&d, d.index), payload_len);
		int result = lp_reassembly_add(reassembly, &d, now_ns, &frame, &frame_len);
		check(result <= 1);
		if (result == 1)
			check_frame(&d, frame, frame_len);
		check(lp_reassembly_deadline(reassembly) != LP_NEVER || result < 0);
	}
	lp_reassembly_expire(reassembly, now_ns + 10 * LP_SEC);
	lp_reassembly_expire(reassembly, now_ns + 20 * LP_SEC);
	check(lp_reassembly_deadline(reassembly) == LP_NEVER);
	lp_reassembly_free(reassembly);
	return 0;
}
