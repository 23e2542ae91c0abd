/* Built with the internal headers of ngtcp2's source, which are those of the library's version (meson.build). */
#include "quic/uncap.h"

#include <ngtcp2_conn.h>

/* More than any path has in flight, and far from where sums of windows overflow. */
#define OPEN_BYTES ((uint64_t)1 << 40)

/* The path changed, and ngtcp2 has just set the window to what a new path gets. */
static void on_reset(ngtcp2_cc *cc, ngtcp2_conn_stat *cstat, ngtcp2_tstamp ts)
{
	(void)cc, (void)ts;
	cstat->cwnd = OPEN_BYTES;
}

/* True if the connection is laid out as the headers say: what the public function returns is where it should be. */
static bool fits(ngtcp2_conn *library)
{
	const ngtcp2_conn_stat *cstat = &library->cstat;
	ngtcp2_conn_info info;
	if (ngtcp2_version(0)->version_num != NGTCP2_VERSION_NUM)
		return false;
	ngtcp2_conn_get_conn_info(library, &info);
	return info.cwnd == cstat->cwnd && info.cwnd && info.ssthresh == cstat->ssthresh &&
	       info.smoothed_rtt == cstat->smoothed_rtt && info.rttvar == cstat->rttvar &&
	       info.min_rtt == cstat->min_rtt && library->cc.reset && library->cc.congestion_event;
}

bool lp_ngtcp2_uncap(ngtcp2_conn *library)
{
	if (!fits(library))
		return false;
	library->cc = (ngtcp2_cc){.log = library->cc.log, .reset = on_reset};
	library->cstat.cwnd = OPEN_BYTES;
	return true;
}
