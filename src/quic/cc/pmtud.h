/* Notices that a path's MTU shrank, and finds what it carries now (RFC 8899 §4.3, §5). The library discovers upwards
   only, once for each path, so this caps what goes into a packet.

   Evidence is what becomes of large packets, those of more than LP_MTU_BASE bytes: when several in a row are lost
   and none has been acknowledged for longer than round trips explain, while the peer still answers, the cap falls to
   LP_MTU_BASE at once. Probes then look for the largest size that passes, from the top. A wrong suspicion costs a
   round trip of smaller packets. Pure: no library, no clock. */
#ifndef LP_QUIC_CC_PMTUD_H
#define LP_QUIC_CC_PMTUD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LP_MTU_BASE 1200 /* what every path of QUIC carries (RFC 9000 §14) */

struct lp_pmtud {
	size_t path_max;        /* what the library believes that the path carries */
	size_t cap;             /* what we put into a packet */
	size_t probe;           /* size of the probe that is under way or wanted; 0: none */
	bool probe_sent;        /* it is under way */
	unsigned probe_losses;  /* of this size */
	unsigned large_out;     /* large packets that are under way */
	unsigned large_losses;  /* since a large packet was last acknowledged */
	uint64_t silent_ns;     /* since when: the last acknowledgement of one, or the first that was sent after it */
	uint64_t retry_ns;      /* when to look again whether the path carries more; LP_NEVER: it carries all */
	uint64_t retry_wait_ns; /* doubles with each search in vain */
};

void lp_pmtud_init(struct lp_pmtud *pmtud);
/* The path is another, or the library found that it carries more: |path_max|. */
void lp_pmtud_path(struct lp_pmtud *pmtud, size_t path_max, bool other_path, uint64_t now_ns);
/* What a packet may have. */
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
/* The probe of |size| bytes came to its end. True if the cap rose because of it. */
bool lp_pmtud_probe_done(struct lp_pmtud *pmtud, size_t size, bool acked, uint64_t now_ns);
/* When lp_pmtud_probe() may answer otherwise; LP_NEVER if time alone changes nothing. */
uint64_t lp_pmtud_deadline(const struct lp_pmtud *pmtud);

#endif
