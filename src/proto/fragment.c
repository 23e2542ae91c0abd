#include "proto/fragment.h"

#include "base/error.h"

int lp_fragment_plan(size_t frame_len, size_t budget, struct lp_fragment_plan *ret_plan)
{
	if (budget >= LP_DATAGRAM_HEADER && frame_len <= budget - LP_DATAGRAM_HEADER) {
		*ret_plan = (struct lp_fragment_plan){.count = 1, .piece_len = frame_len};
		return 0;
	}
	if (budget <= LP_DATAGRAM_FRAGMENT_HEADER)
		return LP_ETOOBIG;
	size_t room = budget - LP_DATAGRAM_FRAGMENT_HEADER;
	size_t count = (frame_len - 1) / room + 1;
	if (count > LP_FRAGMENTS_MAX)
		return LP_ETOOBIG;
	size_t piece_len = (frame_len - 1) / count + 1;
	/* Rounding may save a fragment: 5 bytes in 4 are 2, 2 and 1. */
	*ret_plan = (struct lp_fragment_plan){
		.count = (unsigned)((frame_len - 1) / piece_len + 1),
		.piece_len = piece_len,
	};
	return 0;
}
