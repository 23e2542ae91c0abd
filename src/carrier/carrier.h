/* A carrier moves UDP datagrams between a QUIC endpoint and the network.

   An endpoint knows no socket. It writes packets into batches of lp_udp_msg and gives each to the carrier of the path
   that the packet belongs to; what a carrier receives, its owner passes on with lp_quic_receive(), which notes the
   carrier as part of the path. So a connection is not tied to one carrier: it may migrate from one to another as it
   migrates between addresses (RFC 9000 §9), and an endpoint may have any number of them. The first is the UDP socket
   (carrier/udp.h); streams over TCP for networks that block UDP are others (carrier/tls/). A direct path to a peer
   needs no carrier of its own: it is another address on the UDP socket.

   Invariants:
   - A datagram goes in and comes out whole, once or not at all, in any order. A carrier may lose datagrams without
     saying so; it never waits.
   - Batches go both ways. Messages are queued with lp_carrier_queue() and leave with lp_carrier_flush(); their bytes
     belong to the caller until then. Received bytes belong to the carrier and are valid until |recv| returns.
   - ngtcp2 distinguishes paths by their addresses alone. Two carriers of one endpoint therefore never use the same pair
     of local and remote address. A carrier for which addresses mean nothing makes them up.
   - A carrier that chooses the network path of each datagram itself is |mapped|: its addresses stand for peers, and a
     connection over it keeps one path for life.
   - A carrier serves one endpoint and outlives it.

   A carrier does not retransmit, pace, encrypt or choose paths: that is QUIC's part. It is driven by the event loop of
   its owner, in the owner's thread. */
#ifndef LP_CARRIER_CARRIER_H
#define LP_CARRIER_CARRIER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/udp_msg.h"

struct lp_carrier;

#define LP_CARRIER_MSGS 512 /* in one batch */

/* Sends a batch; what cannot be sent now is lost. */
typedef void lp_carrier_send_fn(struct lp_carrier *carrier, const struct lp_udp_msg *msgs, size_t n_msgs);
/* A batch was received. The owner's function; |ctx| is the owner's. */
typedef void lp_carrier_recv_fn(void *ctx, struct lp_carrier *carrier, const struct lp_udp_msg *msgs, size_t n_msgs);

/* Embedded at the beginning of each kind of carrier. */
struct lp_carrier {
	lp_carrier_send_fn *send;
	lp_carrier_recv_fn *recv; /* called by the carrier */
	void *ctx;
	size_t n_msgs;                  /* queued */
	struct lp_carrier *next_queued; /* in the endpoint's list of carriers that have messages queued */
	bool mapped; /* addresses stand for peers: what arrives for a connection belongs to its one path */
	struct lp_udp_msg msgs[LP_CARRIER_MSGS];
};

/* |recv| may be NULL for a carrier that receives in another way. */
void lp_carrier_init(struct lp_carrier *carrier, lp_carrier_send_fn *send, lp_carrier_recv_fn *recv, void *ctx);
/* Queues a message, whose bytes are borrowed until the next flush. False if the queue is full: flush first. */
bool lp_carrier_queue(struct lp_carrier *carrier, const struct lp_udp_msg *msg);
/* Sends what is queued. */
void lp_carrier_flush(struct lp_carrier *carrier);

#endif
