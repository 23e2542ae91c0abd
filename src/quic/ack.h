/* When to acknowledge.

   A standalone ACK costs as much as a packet: 1.5 µs of CPU at each end, and a wake-up of two programs. A LAN party
   sends many small packets in both directions, so most ACKs can travel in a packet that leaves anyway. The policy:

   1. Every packet that we write includes all ACKs that are due: ngtcp2's ack_thresh is 1 (settings.c). A whole receive
      batch is read before the first packet is written, so that one ACK covers it.
   2. If there is nothing to send, the ACK waits: 20 ms after small packets, 0.5 ms after large ones. Small packets are
      games: no sender waits for their ACK, and 20 ms is below max_ack_delay (25 ms, RFC 9000 §13.2.1), so the peer's
      PTO allows for it. Large packets are a bulk transfer, whose sender is held up by its congestion window and
      measures the RTT. ngtcp2 alone would wait for an eighth of the RTT, which in a LAN is next to nothing.
   3. The eighth packet is acknowledged without delay, as a bulk sender needs (RFC 9000 §13.2.2 asks for every second
   packet as a rule of thumb; the peer is always this program, and its window grows by acknowledged bytes).
   4. A packet below 64 bytes carries most likely nothing but ACKs. It is not counted, but ngtcp2 gets a chance to
      write, because an ACK may reveal a loss.
   5. Until the handshake is complete nothing waits.

   Pure: the connection calls lp_ack_received() for each packet, lp_ack_sent() when ngtcp2 wrote one, and writes when
   lp_ack_is_due(). */
#ifndef LP_QUIC_ACK_H
#define LP_QUIC_ACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/units.h"

#define LP_ACK_MAX_DELAY_NS (25 * LP_MS) /* the transport parameter max_ack_delay (RFC 9000 §18.2) */
#define LP_ACK_EVERY 8
#define LP_ACK_SMALLEST_PACKET 64 /* bytes of UDP payload */
#define LP_ACK_LARGE_PACKET 600
#define LP_ACK_LARGE_NS (500 * LP_US)
#define LP_ACK_SMALL_NS (20 * LP_MS)

struct lp_ack {
	unsigned n_unacked;   /* packets received since ngtcp2 last wrote */
	uint64_t deadline_ns; /* when they are acknowledged at the latest; valid if |n_unacked| */
};

/* A packet of |len| bytes was received. True if ngtcp2 should write in this pass. */
static inline bool lp_ack_received(struct lp_ack *ack, size_t len, uint64_t now_ns)
{
	if (len < LP_ACK_SMALLEST_PACKET)
		return true;
	uint64_t at_ns = now_ns + (len < LP_ACK_LARGE_PACKET ? LP_ACK_SMALL_NS : LP_ACK_LARGE_NS);
	if (ack->n_unacked++ == 0 || at_ns < ack->deadline_ns)
		ack->deadline_ns = at_ns;
	return ack->n_unacked >= LP_ACK_EVERY;
}

/* ngtcp2 wrote a packet, and with it every ACK. */
static inline void lp_ack_sent(struct lp_ack *ack)
{
	ack->n_unacked = 0;
}

static inline bool lp_ack_is_due(const struct lp_ack *ack, uint64_t now_ns)
{
	return ack->n_unacked && now_ns >= ack->deadline_ns;
}

#endif
