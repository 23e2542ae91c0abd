/* Congestion control for a tunnel: how much may be in flight, and how fast it may leave.

   What is inside a tunnel controls itself: a TCP connection in there slows down when its packets are lost or wait. So
   this has three duties only. It finds what the path carries, at least as fast as a TCP inside searches for it. It
   keeps the tunnel's own packets from waiting in the network, so that they wait in our queue instead, where a game's
   packets overtake (egress/queue.h). And it shares with others. A loss alone is not a reason to slow down: the TCP
   inside, which lost its packet, decides that.

   It is a model of the path (quic/cc/path.h) and a state machine that drives it. In the steady state packets leave at
   the model's rate, corrected so that they wait a short target time at the bottleneck: enough to see that it is busy.

	STARTUP --full--> DRAIN --the wait was ours--> CRUISE <--idle capacity, or none--> GROW
			    ^   \                       |  ^
			    |    `--the wait is others'-+--'
			    |        |                  |
			    |        | again            `--it waits too long; every few seconds--> DRAIN
			    |        v
			    `------ OPEN <--losses while others' packets wait-- CRUISE

   STARTUP: the window is 2.89 times what was delivered in a round trip, so a slow start inside, which doubles, is never
   held up. Its bursts are spread over a third of a round trip once they are large. It ends when the rate stops growing
   and packets wait, or when it stops growing for three rounds in which we held packets back.

   DRAIN: less is sent until what is in flight would just fill the path, then the round trip is measured. If the wait is
   gone, it was ours. If it is still there, it is another sender's queue, or the path became longer, or its jitter was
   taken for a short path: the base rises to it, and the rate stays. It also lowers a base that is too high: the routine
   drain of every few seconds goes a little below what fills the path, and goes on while that shortens the round trip.

   CRUISE: the pace follows the wait by a proportional term and a slow integral one, which takes out what the rate is
   overestimated by. The target falls with the rate, so of two tunnels the faster one yields: each drain that confirms
   the base lowers the rate by the integral term.

   GROW: for two rounds packets were held back and yet did not wait, so the path carries more. The first excess makes
   packets wait 2.5 ms a round if this is wrong; it doubles with each round in which the rate follows, which shows a
   round trip later. A round in which there was too little to send shows nothing: the excess stays as it is.

   OPEN: another sender fills the buffer (a TCP by loss). Waiting for that to end would starve us, so the window is
   opened and the TCP inside competes, as it would without a tunnel. Every few seconds a drain tests whether it is over.

   Border cases. A side that receives much more than it sends is passive: it sends ACKs, and the wait that it
   measures is the other side's queue, so it neither drains nor paces. If both sides send much, each measures the sum of
   both queues; a wait that is not ours is then most likely the other side's, which keeps it short too, so it is no
   reason to open the window. ACKs that come after a silence in which they were
   due mean that one end or the radio was not running: their round trips are ignored, unless it happens in each round.
   And what was sent before the path changed says nothing of the new one.

   Its inputs are packets sent, acknowledged and lost, and the end of a receive pass. It reports whether a packet may be
   sent, and when it may if only pacing holds it back. Pure. */
#ifndef LP_QUIC_CC_RATE_H
#define LP_QUIC_CC_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quic/cc/flight.h"
#include "quic/cc/path.h"

enum lp_cc_rate_state {
	LP_CC_RATE_STARTUP,
	LP_CC_RATE_CRUISE,
	LP_CC_RATE_GROW,
	LP_CC_RATE_DRAIN,
	LP_CC_RATE_OPEN,
};

/* What a drain is about. */
struct lp_cc_drain {
	uint64_t begin_ns;
	uint64_t end_ns;    /* when the path held no more than it should; LP_NEVER: not yet */
	uint64_t wait_ns;   /* the longest that our packets could have waited since the begin */
	uint64_t peak_ns;   /* the longest wait that was measured since the begin */
	uint64_t below_ns;  /* by how much less than full the path should be */
	uint64_t min_ns;    /* smallest round trip of what was sent since the end; LP_NEVER: none */
	uint64_t rate;      /* at which packets that were sent before it arrive */
	uint64_t kept_rate; /* what the rate was */
	double depth;       /* part of the rate that is not sent */
	bool first;         /* it ends STARTUP */
	bool test;          /* it was begun in OPEN */
};

struct lp_cc_rate {
	enum lp_cc_rate_state state;
	const char *why; /* it was entered: for traces; constant */
	struct lp_cc_path path;
	struct lp_cc_drain drain;

	/* what the sender asks in each packet */
	uint64_t window_bytes;
	double pace;      /* bytes a second; 0: unpaced */
	uint64_t next_ns; /* when the next packet is due */
	bool limited;     /* a packet was held back since the last pass */

	size_t packet_bytes;               /* of a full packet */
	uint64_t in_flight_bytes;          /* after the last pass */
	uint64_t begin_ns;                 /* of this path: packets that were sent before are of another */
	struct lp_cc_flight_sample newest; /* of this pass */
	bool fresh;                        /* there is one */
	uint64_t lost_bytes;               /* in total */

	uint64_t round_end_bytes;      /* delivered when this round ends */
	uint64_t round_lost_bytes;     /* lost when it began */
	uint64_t round_received_bytes; /* received when it began */
	bool two_way;                  /* much is received too: a wait that is not ours may be the other side's queue */
	bool passive;                  /* this side cannot be what makes packets wait */
	bool round_limited;            /* packets were held back in it */
	unsigned n_passes, n_held;     /* passes of this round, and those in which packets were held back */
	unsigned n_flat;               /* STARTUP: rounds without growth */
	double startup_rate;           /* STARTUP: after the last round with growth */
	unsigned n_limited;            /* rounds in a row with packets held back */
	unsigned n_low;                /* CRUISE: rounds in a row with packets held back that did not wait */
	unsigned n_lossy;              /* rises by 4 with a round with losses, falls by 1 with one without */

	double gain, bias;    /* CRUISE: of the pace to the rate; its integral term */
	double debt_ns;       /* CRUISE: what the wait should have shortened by since it is too long */
	uint64_t high_ns;     /* CRUISE: since when packets wait far too long; 0: they do not */
	uint64_t checked_ns;  /* when the base was last measured */
	double step;          /* GROW: the excess */
	double grow_sent;     /* GROW: the pace in the round before; 0: the growth had not begun */
	double grow_rate;     /* GROW: in the round before */
	uint64_t last_ack_ns; /* when the last packet was acknowledged; 0: none was */
	uint64_t silence_ns;  /* when ACKs came after a silence in which they were due; 0: never */
	uint64_t settled_ns;  /* samples of packets that were sent before may be of a drain */
	uint64_t hold_ns;     /* no growth before */
	uint64_t holdoff_ns;  /* the pause that the last failed growth caused */
	uint64_t foreign_ns;  /* when a drain last found that the wait is others' */
	double foreign_rate;  /* and what the rate was when the first of several did */
	unsigned n_foreign;   /* drains in a row that did */
	uint64_t open_end_ns; /* OPEN: when it is tested */
	uint64_t open_for_ns; /* and how long that was from its begin */
};

/* Starts, or starts again because the path is another one. */
void lp_cc_rate_init(struct lp_cc_rate *rate, uint64_t now_ns);
/* A packet was acknowledged. */
void lp_cc_rate_acked(struct lp_cc_rate *rate, const struct lp_cc_flight_sample *sample);
void lp_cc_rate_lost(struct lp_cc_rate *rate, size_t bytes);
/* A pass of packets was read. |packet_bytes|: of a full packet on this path; |received_bytes|: in all, from the other
   side. */
void lp_cc_rate_update(struct lp_cc_rate *rate, const struct lp_cc_flight *flight, size_t packet_bytes,
	uint64_t received_bytes, uint64_t now_ns);
/* True if a packet may be sent with this much in flight. */
bool lp_cc_rate_may_send(struct lp_cc_rate *rate, uint64_t in_flight_bytes, uint64_t now_ns);
void lp_cc_rate_sent(struct lp_cc_rate *rate, size_t bytes, uint64_t now_ns);
/* When a packet may be sent that only pacing holds back; LP_NEVER: that is not the reason. */
uint64_t lp_cc_rate_deadline(const struct lp_cc_rate *rate, uint64_t in_flight_bytes, uint64_t now_ns);
/* What a flow may wait for the window before it is slowed down, and how long it may wait longer than that: half a round
   trip and two, with which a TCP keeps the path busy after a loss; more while the wait is our own ramp. */
void lp_cc_rate_queue_delay(const struct lp_cc_rate *rate, uint64_t *ret_target_ns, uint64_t *ret_interval_ns);

#endif
