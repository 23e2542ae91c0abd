/* A probe timeout (PTO) of our own, for a sender whose window is closed: it detects that everything in flight was lost.

   RFC 9002 §6.2 has the PTO for that, with a back-off that doubles with each expiry and is reset by the
   next ACK. ngtcp2 1.11 does not reset it while packets stay in flight (quic/ngtcp2_1_11.h), so this counts for itself:
   probes are due one PTO after the last progress, then after 2, 4, 8… PTOs, at most a second apart. Pure. */
#ifndef LP_QUIC_CC_PTO_H
#define LP_QUIC_CC_PTO_H

#include <stdbool.h>
#include <stdint.h>

struct lp_pto {
	uint64_t since_ns;   /* the last progress or probe */
	uint64_t stuck_ns;   /* when the window first closed after the last progress; 0: it did not */
	uint64_t alive_ns;   /* when the peer first sent while the window had been closed for a second; 0: it did not */
	uint64_t skipped_ns; /* of ngtcp2's time, since the peer's last packet */
	unsigned n_probes;   /* since the last progress */
};

/* One of our packets was acknowledged or declared lost. */
void lp_pto_progress(struct lp_pto *pto, uint64_t now_ns);
/* The window has just closed. */
void lp_pto_begin(struct lp_pto *pto, uint64_t now_ns);
/* Data of the peer arrived. The peer may stop soon after, when its own window is closed because our ACKs are lost. */
void lp_pto_alive(struct lp_pto *pto, uint64_t now_ns);
/* True if the peer can reach us, and nothing that we sent arrived in the 9 s since: the path is dead in our direction.
   A path that is dead in both directions may come back, and ends by the idle timeout. */
bool lp_pto_is_hopeless(const struct lp_pto *pto, uint64_t now_ns);
/* A packet of the peer was received, even without data. */
void lp_pto_received(struct lp_pto *pto);
/* When the next probe is due, with a PTO of |timeout_ns| before back-off. */
uint64_t lp_pto_deadline(const struct lp_pto *pto, uint64_t timeout_ns);
/* A probe was sent. */
void lp_pto_probed(struct lp_pto *pto, uint64_t now_ns);
/* Asks to move ngtcp2's clock forward by |ns|. False beyond one second between two packets of the peer, because its
   idle timeout counts in that time too. */
bool lp_pto_skip(struct lp_pto *pto, uint64_t ns);

#endif
