/* Doubts whether the system really sends runs of packets that it is given as one message (UDP segmentation offload).

   Some drivers accept a run and drop it silently: everything that is sent alone arrives, and everything in a run is
   lost. That pattern is what counts here, because losses alone are ordinary. A packet is grouped if it was put into a
   run after another; whether the first of a run stays alone is not known when it is sent. Each time a packet that is
   not grouped is acknowledged after a grouped one was lost counts, and a grouped one that is acknowledged clears the
   count. An outage, in which packets of both kinds are lost together, counts once. Pure. */
#ifndef LP_QUIC_RUN_DOUBT_H
#define LP_QUIC_RUN_DOUBT_H

#include <stdbool.h>
#include <stdint.h>

/* Packets whose kind is remembered; older ones count as not grouped. */
#define LP_RUN_DOUBT_PACKETS 4096
/* This count ends the use of runs. */
#define LP_RUN_DOUBT_MAX 8

struct lp_run_doubt {
	uint64_t grouped[LP_RUN_DOUBT_PACKETS / 64]; /* a ring, by serial number */
	bool lost;                                   /* a grouped packet was, since the last ACK */
	unsigned count;
	bool off; /* runs must not be used any more */
};

/* A packet with a serial number (quic/cc/flight.h) was put into a batch. */
void lp_run_doubt_sent(struct lp_run_doubt *doubt, uint64_t serial, bool grouped);
void lp_run_doubt_acked(struct lp_run_doubt *doubt, uint64_t serial);
void lp_run_doubt_lost(struct lp_run_doubt *doubt, uint64_t serial);

#endif
