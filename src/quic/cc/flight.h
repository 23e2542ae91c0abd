/* The packets that a connection has in flight, and the rate at which they arrive.

   Each packet with DATAGRAMs gets a serial number, which its DATAGRAMs carry as their id, and a record of what had been
   delivered when it was sent. When it is acknowledged, the record yields a sample of the delivery rate: bytes delivered
   since then over the longer of the time that they took to leave and the time that their ACKs took to return, so that
   neither a burst that we sent nor a burst of ACKs counts as rate (draft-cheng-iccrg-delivery-rate-estimation). Pure.
 */
#ifndef LP_QUIC_CC_FLIGHT_H
#define LP_QUIC_CC_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lp_cc_flight_packet;

struct lp_cc_flight {
	struct lp_cc_flight_packet *packets; /* a ring, by serial number */
	size_t room;                         /* of the ring: a power of two, or 0 */
	uint64_t oldest, next;               /* serial numbers */
	uint64_t bytes;                      /* sent, neither acknowledged nor lost */
	uint64_t delivered_bytes;            /* acknowledged */
	uint64_t delivered_ns;               /* when the last of them were */
	uint64_t first_sent_ns;              /* when the packet acknowledged last was sent */
	uint64_t lost_bytes;                 /* declared lost */
};

/* What an acknowledged packet shows. */
struct lp_cc_flight_sample {
	uint64_t rtt_ns;
	uint64_t rate;     /* bytes a second; 0: not known */
	uint64_t ack_rate; /* the same by the time of the ACKs alone; 0: not known */
	uint64_t sent_ns;
	uint64_t delivered_at_send; /* bytes that had been delivered when the packet was sent */
	uint32_t bytes;
	unsigned n_after; /* packets sent after it that are not acknowledged yet */
};

void lp_cc_flight_init(struct lp_cc_flight *flight);
void lp_cc_flight_done(struct lp_cc_flight *flight);
/* The serial number of the packet that is sent next. */
uint64_t lp_cc_flight_serial(const struct lp_cc_flight *flight);
/* That packet was sent. Without memory for its record it is not counted. */
void lp_cc_flight_sent(struct lp_cc_flight *flight, size_t bytes, uint64_t now_ns);
/* A packet was acknowledged. False if it was not in flight: another of its DATAGRAMs came first, or it was lost. */
bool lp_cc_flight_acked(
	struct lp_cc_flight *flight, uint64_t serial, uint64_t now_ns, struct lp_cc_flight_sample *ret_sample);
/* A packet was lost. Returns its bytes, 0 if it was not in flight. */
size_t lp_cc_flight_lost(struct lp_cc_flight *flight, uint64_t serial);

#endif
