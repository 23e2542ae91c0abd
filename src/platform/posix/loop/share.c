#include "platform/posix/loop/share.h"

/* What is left to others: one part of so many, a little more than the kernel would take. */
#define PARTS 16U

uint64_t lp_share_rest_ns(struct lp_share *share, uint64_t now_ns, uint64_t used_ns)
{
	uint64_t passed_ns = now_ns - share->looked_ns, worked_ns = used_ns - share->used_ns;
	uint64_t wanted_ns = worked_ns + worked_ns / (PARTS - 1);
	bool first = share->looked_ns == 0;

	*share = (struct lp_share){.looked_ns = now_ns, .used_ns = used_ns};
	if (first || wanted_ns <= passed_ns)
		return 0;
	share->looked_ns += wanted_ns - passed_ns;
	return wanted_ns - passed_ns;
}
