/* Detects that a path MTU shrank (black hole detection, RFC 8899 §4.3), and searches for the new one (§5). ngtcp2
   discovers upwards only, once per path, so this caps the size of packets.

   The evidence is the fate of large packets, those above LP_MTU_BASE bytes. If several in a row are lost and none was
   acknowledged for longer than two RTTs explain, while small packets get through, the cap falls to LP_MTU_BASE. Probes
   then search for the largest size that passes, from the top. A false alarm costs one RTT of smaller packets. Pure. */
#ifndef LP_QUIC_CC_PMTUD_H
#define LP_QUIC_CC_PMTUD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LP_MTU_BASE 1200 /* every path that QUIC can use carries this (RFC 9000 §14) */

struct lp_pmtud {
	size_t path_max;        /* the path MTU as ngtcp2 knows it */
	size_t cap;             /* the largest packet that we send */
	size_t probe;           /* size of the probe that is in flight or due; 0: none */
	bool probe_sent;        /* the probe is in flight */
	unsigned probe_losses;  /* of this size */
	unsigned large_out;     /* large packets in flight */
	unsigned large_losses;  /* since the last ACK of a large packet */
	uint64_t silent_ns;     /* time of that ACK, or of the first large packet after it */
	uint64_t retry_ns;      /* when to search again; LP_NEVER: the cap is |path_max| */
	uint64_t retry_wait_ns; /* doubles with each unsuccessful search */
};

void lp_pmtud_init(struct lp_pmtud *pmtud);
/* The path changed, or ngtcp2 found a larger MTU: |path_max|. */
void lp_pmtud_path(struct lp_pmtud *pmtud, size_t path_max, bool other_path, uint64_t now_ns);
/* The largest packet that may be sent, in bytes of UDP payload. */
size_t lp_pmtud_cap(const struct lp_pmtud *pmtud);
/* A large packet was sent. */
void lp_pmtud_sent(struct lp_pmtud *pmtud, uint64_t now_ns);
/* A large packet was acknowledged. */
void lp_pmtud_acked(struct lp_pmtud *pmtud, uint64_t now_ns);
/* A large packet was declared lost. True if the cap fell because of it. */
bool lp_pmtud_lost(struct lp_pmtud *pmtud, uint64_t srtt_ns, uint64_t now_ns);
/* The size of the probe to send now; 0: none. */
size_t lp_pmtud_probe(const struct lp_pmtud *pmtud, uint64_t now_ns);
void lp_pmtud_probe_sent(struct lp_pmtud *pmtud);
/* The probe of |size| bytes was acknowledged or lost. True if the cap rose because of it. */
bool lp_pmtud_probe_done(struct lp_pmtud *pmtud, size_t size, bool acked, uint64_t now_ns);
/* When the result of lp_pmtud_probe() may change; LP_NEVER: not by time alone. */
uint64_t lp_pmtud_deadline(const struct lp_pmtud *pmtud);

#endif
