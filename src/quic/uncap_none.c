/* Built without ngtcp2's internal headers. */
#include "quic/uncap.h"

bool lp_ngtcp2_uncap(struct ngtcp2_conn *library)
{
	(void)library;
	return false;
}
