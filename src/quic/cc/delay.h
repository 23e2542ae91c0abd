/* How much a connection may have in flight so that its packets do not wait long in the network: a window by delay, in
   front of the congestion window, which goes by loss. Without it a bulk stream fills whatever buffer the bottleneck
   has, and each frame of a game waits in there, where no queue of ours can let it overtake.

   The idea is FAST TCP's (Wei, Jin, Low, Hegde 2006): once a round trip the window is scaled by (base + target) /
   round trip, so that it settles where our packets wait |target| in all. The base is the round trip while nothing of
   ours waits. It is measured every few seconds by holding the window low for a moment, so that others' queues (the
   other direction's among them) and longer routes become part of it instead of starving us. Losses that come again
   although the window is small mean that somebody else fills the buffer, or that the path loses by itself: for a while
   the congestion window alone counts then. Pure. */
#ifndef LP_QUIC_CC_DELAY_H
#define LP_QUIC_CC_DELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lp_delay_phase {
	LP_DELAY_STARTING,  /* the window doubles each round until packets wait */
	LP_DELAY_STEADY,    /* it follows the delay */
	LP_DELAY_DRAINING,  /* it is held low until no more is in flight */
	LP_DELAY_MEASURING, /* and for one round more */
	LP_DELAY_OFF,       /* the congestion window alone counts */
};

struct lp_cc_delay {
	enum lp_delay_phase phase;
	uint64_t target_ns;      /* what our packets may wait; LP_NEVER: the congestion window alone counts, always */
	uint64_t window_bytes;   /* when not held low */
	uint64_t low_bytes;      /* when held low */
	uint64_t peak_bytes;     /* the largest window since the base was measured */
	uint64_t used_bytes;     /* the most in flight in this round */
	uint64_t before_bytes;   /* and in the one before, whose packets this one's round trips are of */
	uint64_t packet_ns;      /* what a full packet takes at the present pace */
	uint64_t base_ns;        /* round trip while nothing of ours waits; LP_NEVER: not known */
	uint64_t measured_ns;    /* when the base was measured */
	uint64_t round_ns;       /* when this round began */
	uint64_t round_rtt_ns;   /* smallest round trip in it; LP_NEVER: none yet */
	uint64_t last_rtt_ns;    /* smallest round trip of the round before; 0: there was none */
	uint64_t last_bytes;     /* the window in that round */
	uint64_t wander_ns;      /* how much that changes from round to round, smoothed: others' traffic, radio */
	uint64_t engaged_ns;     /* when the window took over again; losses of just before do not count */
	uint64_t suspect_ns;     /* when a loss came that may be the only one; LP_NEVER: none did */
	uint64_t off_until_ns;   /* LP_DELAY_OFF: when it ends */
	uint64_t off_ns;         /* how long the last time was */
	uint64_t n_lost;         /* as last told */
	uint64_t received_bytes; /* as told at the round's begin */
	bool both_ways;          /* much came in during the last round */
	unsigned n_low;          /* rounds in a row without any wait */
	bool limited;            /* the window held something back in this round */
};

/* What the connection measured. */
struct lp_delay_sample {
	uint64_t rtt_ns; /* latest round trip */
	uint64_t cwnd_bytes, in_flight_bytes;
	uint64_t n_lost;         /* packets so far */
	uint64_t received_bytes; /* so far */
	size_t packet_bytes;     /* of a full one */
};

/* |target_ns| 0: 3 ms. */
void lp_cc_delay_init(struct lp_cc_delay *window, uint64_t target_ns, uint64_t now_ns);
/* The path is another one: what was learned of delays is void. */
void lp_cc_delay_reset(struct lp_cc_delay *window, uint64_t now_ns);
/* Acknowledgements came. */
void lp_cc_delay_update(struct lp_cc_delay *window, const struct lp_delay_sample *sample, uint64_t now_ns);
/* True if a packet may be sent with so much in flight. */
bool lp_cc_delay_open(struct lp_cc_delay *window, uint64_t in_flight_bytes);

#endif
