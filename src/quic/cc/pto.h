/* Notices that a sender stands still because all that it has in flight was lost, and that nobody tells it.

   RFC 9002 §6.2 has the probe timeout for that, which doubles each time it passes in vain, and begins anew with the
   next acknowledgement. ngtcp2 1.11 takes back only the last doublings: while something is always in flight the
   timeout stays at four times what it should be, and soon at eight and sixteen. A path that loses everything for a few
   milliseconds now and then, as an overloaded one does, then costs hundreds. So this counts for itself. Pure. */
#ifndef LP_QUIC_CC_PTO_H
#define LP_QUIC_CC_PTO_H

#include <stdbool.h>
#include <stdint.h>

struct lp_pto {
	uint64_t since_ns;   /* the last progress, or the last nudge */
	uint64_t stuck_ns;   /* when the window first closed after the last progress; 0: it did not */
	uint64_t skipped_ns; /* of the library's time, since the peer was last heard */
	unsigned n_nudges;   /* since the last progress: each wait is twice as long as the one before */
};

/* Something of ours was acknowledged or is known to be lost. */
void lp_pto_progress(struct lp_pto *pto, uint64_t now_ns);
/* The window has just closed. */
void lp_pto_begin(struct lp_pto *pto, uint64_t now_ns);
/* True if there was none for so long that there will be none. */
bool lp_pto_hopeless(const struct lp_pto *pto, uint64_t now_ns);
/* A packet of the peer's came. */
void lp_pto_heard(struct lp_pto *pto);
/* When the peer should be nudged if nothing comes before, with a probe timeout of |timeout_ns|. */
uint64_t lp_pto_deadline(const struct lp_pto *pto, uint64_t timeout_ns);
/* It was. */
void lp_pto_nudged(struct lp_pto *pto, uint64_t now_ns);
/* Asks to let |ns| of the library's time pass at once. There is a limit until the peer is heard again, since its idle
   timeout counts in that time, too. */
bool lp_pto_skip(struct lp_pto *pto, uint64_t ns);

#endif
