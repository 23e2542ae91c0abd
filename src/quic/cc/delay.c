#include "quic/cc/delay.h"

#include "base/units.h"

/* What our packets may wait in the network unless somebody says otherwise. */
#define DEFAULT_TARGET_NS (3 * LP_MS)
/* It may be less on a fast path: what so many packets take there, but no less than programs and devices need to wake
   up. */
#define KEEP_BUSY_PACKETS 4U
#define LEAST_TARGET_NS (7 * LP_MS / 10)
/* A wait of less than this is none: a full packet takes so long on a line of 6 Mbit/s. */
#define NO_WAIT_NS (2 * LP_MS)
/* So often the base is measured anew. */
#define MEASURE_EVERY_NS (5 * LP_SEC)
/* A loss is alone unless another follows within this. */
#define SUSPECT_NS (3 * LP_SEC)
/* How long losses leave the congestion window alone, the first time and at most. */
#define OFF_MIN_NS (2 * LP_SEC)
#define OFF_MAX_NS (16 * LP_SEC)
/* The least that may be in flight, so that acknowledgements keep coming. */
#define MIN_PACKETS 2U
#define INITIAL_PACKETS 10U

void lp_cc_delay_init(struct lp_cc_delay *window, uint64_t target_ns, uint64_t now_ns)
{
	*window = (struct lp_cc_delay){
		.phase = LP_DELAY_STARTING,
		.target_ns = target_ns ? target_ns : DEFAULT_TARGET_NS,
		.packet_ns = target_ns ? target_ns : DEFAULT_TARGET_NS,
		.base_ns = LP_NEVER,
		.round_ns = now_ns,
		.round_rtt_ns = LP_NEVER,
		.measured_ns = now_ns,
		.engaged_ns = now_ns,
		.suspect_ns = LP_NEVER,
	};
}

void lp_cc_delay_reset(struct lp_cc_delay *window, uint64_t now_ns)
{
	uint64_t n_lost = window->n_lost;
	lp_cc_delay_init(window, window->target_ns, now_ns);
	window->n_lost = n_lost;
}

/* |bytes| times a / b. */
static uint64_t scale(uint64_t bytes, uint64_t a_ns, uint64_t b_ns)
{
	return (uint64_t)((double)bytes * (double)a_ns / (double)b_ns);
}

/* What our packets may wait now: the target, but less on a fast path, where few packets keep it busy; more where delays
   wander by themselves, and where the other end fills its direction too, for its queue, which our acknowledgements wait
   in, comes and goes. */
static uint64_t target(const struct lp_cc_delay *window)
{
	uint64_t least_ns = lp_earlier(window->target_ns, KEEP_BUSY_PACKETS * window->packet_ns);
	if (least_ns < LEAST_TARGET_NS)
		least_ns = lp_earlier(window->target_ns, LEAST_TARGET_NS);
	if (window->both_ways)
		least_ns *= 3;
	return window->wander_ns * 3 > least_ns ? window->wander_ns * 3 : least_ns;
}

/* Follows how round trips change from round to round, but for what our own window does to them. */
static void follow_wander(struct lp_cc_delay *window)
{
	uint64_t now_ns = window->round_rtt_ns, last_ns = window->last_rtt_ns;
	uint64_t bytes = window->window_bytes, last_bytes = window->last_bytes;
	uint64_t step = bytes > last_bytes ? bytes - last_bytes : last_bytes - bytes;
	window->last_rtt_ns = now_ns;
	window->last_bytes = bytes;
	if (window->phase != LP_DELAY_STEADY || last_ns == 0 || step > bytes / 16)
		return;
	uint64_t change_ns = now_ns > last_ns ? now_ns - last_ns : last_ns - now_ns;
	window->wander_ns = (window->wander_ns * 15 + change_ns) / 16;
}

/* Keeps the window between the least that works and the congestion window. */
static void bound(struct lp_cc_delay *window, const struct lp_delay_sample *sample)
{
	uint64_t least = MIN_PACKETS * (uint64_t)sample->packet_bytes;
	if (window->window_bytes > sample->cwnd_bytes)
		window->window_bytes = sample->cwnd_bytes;
	if (window->window_bytes < least)
		window->window_bytes = least;
}

/* Packets wait, so the start is over. What fills the path is between the last window and the one before, half of it. */
static void end_start(struct lp_cc_delay *window)
{
	window->phase = LP_DELAY_STEADY;
	window->window_bytes -= window->window_bytes * 7 / 16;
	window->peak_bytes = window->window_bytes;
}

/* A round of the start is over. */
static void round_starting(struct lp_cc_delay *window, uint64_t wait_ns)
{
	if (wait_ns >= NO_WAIT_NS)
		end_start(window);
	else if (window->limited)
		window->window_bytes *= 2;
}

/* Packets wait although not all that the window lets was in flight: how much was, is what to scale. Otherwise a path
   whose rate falls far is filled to the brim while the window still comes down from what the old rate needed. */
static void forget_untried(struct lp_cc_delay *window, size_t packet_bytes)
{
	uint64_t tried = INITIAL_PACKETS * (uint64_t)packet_bytes;
	if (tried < window->used_bytes)
		tried = window->used_bytes;
	if (tried < window->before_bytes)
		tried = window->before_bytes;
	if (window->window_bytes > tried)
		window->window_bytes = tried;
	if (window->peak_bytes > tried)
		window->peak_bytes = tried;
}

/* A round of the steady phase is over. */
static void round_steady(struct lp_cc_delay *window, uint64_t wait_ns)
{
	uint64_t old = window->window_bytes;
	uint64_t wanted = scale(old, window->base_ns + target(window), window->base_ns + wait_ns);
	if (wanted <= old) {
		window->window_bytes = wanted > old / 2 ? wanted : old / 2;
		window->n_low = 0;
		return;
	}
	if (!window->limited)
		return;
	/* Gently; faster where nothing waits for several rounds, for then the path has become faster: by a quarter at
	   most, and by no more than what would make twice the target wait if it has not. */
	uint64_t most = old + old / 4, safe = old + scale(old, 2 * target(window), window->base_ns);
	if (most > safe)
		most = safe;
	window->n_low = wait_ns < NO_WAIT_NS ? window->n_low + 1 : 0;
	if (window->n_low > 3)
		window->window_bytes = most;
	else
		window->window_bytes = (old + (wanted < most ? wanted : most)) / 2;
}

/* By how much less than the base a drained path is filled, so that a base that was too large shows. */
static uint64_t drain_depth(uint64_t base_ns)
{
	return lp_earlier(base_ns / 20 + LP_MS, base_ns - base_ns / 4);
}

/* Begins to hold the window low, so that what waits drains, but never closed. */
static void drain(struct lp_cc_delay *window, uint64_t wait_ns, size_t packet_bytes)
{
	uint64_t base_ns = window->base_ns, empty_ns = base_ns - drain_depth(base_ns);
	window->phase = LP_DELAY_DRAINING;
	window->low_bytes = scale(window->window_bytes, empty_ns, base_ns + (wait_ns ? wait_ns : 1));
	if (window->low_bytes < packet_bytes)
		window->low_bytes = packet_bytes;
}

/* The round after draining is over. */
static void end_measuring(struct lp_cc_delay *window, size_t packet_bytes, uint64_t now_ns)
{
	uint64_t old_ns = window->base_ns, base_ns = window->round_rtt_ns;
	window->base_ns = base_ns;
	window->measured_ns = now_ns;
	window->phase = LP_DELAY_STEADY;
	if (base_ns + drain_depth(old_ns) * 3 / 4 < old_ns) {
		/* So there had been more of ours than was thought, and perhaps still is. */
		window->window_bytes = scale(window->window_bytes, base_ns, old_ns);
		window->low_bytes = window->low_bytes / 2 > packet_bytes ? window->low_bytes / 2 : packet_bytes;
		window->phase = LP_DELAY_DRAINING;
	} else if (base_ns > old_ns + target(window) && window->window_bytes < window->peak_bytes) {
		/* What waited was not ours: the window had no reason to shrink. On a path so much longer it starts
		 * anew. */
		window->window_bytes = window->peak_bytes;
		if (base_ns > 2 * old_ns)
			window->phase = LP_DELAY_STARTING;
	}
	window->peak_bytes = window->window_bytes;
}

/* A round is over: sets the window for the next one. */
static void end_round(struct lp_cc_delay *window, const struct lp_delay_sample *sample, uint64_t now_ns)
{
	uint64_t rtt_ns = window->round_rtt_ns;
	/* A dip may be somebody else's pause: it is followed slowly. */
	if (rtt_ns < window->base_ns && window->phase != LP_DELAY_MEASURING)
		window->base_ns -= (window->base_ns - rtt_ns) / 8;
	uint64_t wait_ns = rtt_ns > window->base_ns ? rtt_ns - window->base_ns : 0;
	follow_wander(window);
	if (window->limited && window->window_bytes)
		window->packet_ns = scale(sample->packet_bytes, rtt_ns, window->window_bytes);
	bool old = now_ns - window->measured_ns >= MEASURE_EVERY_NS, due = old;
	switch (window->phase) {
	case LP_DELAY_STARTING:
		round_starting(window, wait_ns);
		break;
	case LP_DELAY_STEADY:
		if (wait_ns >= NO_WAIT_NS)
			forget_untried(window, sample->packet_bytes);
		/* A window that shrank without shortening the wait: perhaps it is not ours. */
		due = due || window->window_bytes <= window->peak_bytes / 4 ||
		      (window->window_bytes <= window->peak_bytes / 2 && wait_ns > 4 * target(window));
		if (window->limited && due)
			drain(window, wait_ns, sample->packet_bytes);
		else
			round_steady(window, wait_ns);
		break;
	case LP_DELAY_DRAINING:
		if (sample->in_flight_bytes <= window->low_bytes + 2 * sample->packet_bytes)
			window->phase = LP_DELAY_MEASURING;
		break;
	case LP_DELAY_MEASURING:
		end_measuring(window, sample->packet_bytes, now_ns);
		break;
	case LP_DELAY_OFF:
		window->window_bytes = sample->in_flight_bytes;
		break;
	}
	if (old && !window->limited && window->phase != LP_DELAY_OFF) {
		/* Little was sent, so nothing of ours waits. */
		window->base_ns = window->round_rtt_ns;
		window->measured_ns = now_ns;
	}
	window->both_ways = sample->received_bytes - window->received_bytes > sample->in_flight_bytes / 4;
	window->received_bytes = sample->received_bytes;
	bound(window, sample);
	if (window->peak_bytes < window->window_bytes)
		window->peak_bytes = window->window_bytes;
	window->round_ns = now_ns;
	window->round_rtt_ns = LP_NEVER;
	window->before_bytes = window->used_bytes;
	window->used_bytes = 0;
	window->limited = false;
}

/* Packets were lost. */
static void count_loss(struct lp_cc_delay *window, const struct lp_delay_sample *sample, uint64_t now_ns)
{
	if (sample->n_lost == window->n_lost)
		return;
	window->n_lost = sample->n_lost;
	if (window->phase == LP_DELAY_STARTING) {
		window->phase = LP_DELAY_STEADY;
		window->window_bytes /= 2;
		window->engaged_ns = now_ns;
		return;
	}
	/* Losses of what was sent before the window took over are not news. */
	if (window->phase == LP_DELAY_OFF || now_ns - window->engaged_ns < 4 * sample->rtt_ns + LP_SEC / 5)
		return;
	/* One may be the path's own, or a packet that was only late. */
	if (window->suspect_ns == LP_NEVER || now_ns - window->suspect_ns > SUSPECT_NS) {
		window->suspect_ns = now_ns;
		return;
	}
	if (now_ns - window->suspect_ns < 2 * sample->rtt_ns)
		return;
	window->suspect_ns = LP_NEVER;
	bool again = now_ns - window->engaged_ns < 4 * OFF_MAX_NS;
	window->off_ns = again && window->off_ns ? lp_earlier(2 * window->off_ns, OFF_MAX_NS) : OFF_MIN_NS;
	window->off_until_ns = now_ns + window->off_ns;
	window->phase = LP_DELAY_OFF;
}

/* Takes one round trip's time in. */
static void take_rtt(struct lp_cc_delay *window, uint64_t rtt_ns)
{
	if (window->base_ns == LP_NEVER || (window->phase == LP_DELAY_STARTING && rtt_ns < window->base_ns))
		window->base_ns = rtt_ns;
	if (rtt_ns < window->round_rtt_ns)
		window->round_rtt_ns = rtt_ns;
}

void lp_cc_delay_update(struct lp_cc_delay *window, const struct lp_delay_sample *sample, uint64_t now_ns)
{
	if (sample->rtt_ns == 0 || window->target_ns == LP_NEVER)
		return;
	count_loss(window, sample, now_ns);
	if (window->base_ns == LP_NEVER)
		window->window_bytes = INITIAL_PACKETS * (uint64_t)sample->packet_bytes;
	take_rtt(window, sample->rtt_ns);
	bool round_over = now_ns - window->round_ns >= sample->rtt_ns;
	if (window->phase == LP_DELAY_OFF && now_ns >= window->off_until_ns) {
		window->phase = LP_DELAY_STEADY;
		window->engaged_ns = now_ns;
	} else if (window->phase == LP_DELAY_STARTING &&
		   sample->rtt_ns > window->base_ns + 2 * target(window) + window->base_ns / 4) {
		/* It overshoots: no waiting for the round's end. */
		end_start(window);
		window->engaged_ns = now_ns;
		window->round_ns = now_ns;
		window->round_rtt_ns = LP_NEVER;
		round_over = false;
	}
	if (round_over)
		end_round(window, sample, now_ns);
}

bool lp_cc_delay_open(struct lp_cc_delay *window, uint64_t in_flight_bytes)
{
	bool low = window->phase == LP_DELAY_DRAINING || window->phase == LP_DELAY_MEASURING;
	if (window->used_bytes < in_flight_bytes)
		window->used_bytes = in_flight_bytes;
	if (window->base_ns == LP_NEVER || window->phase == LP_DELAY_OFF ||
		in_flight_bytes < (low ? window->low_bytes : window->window_bytes))
		return true;
	window->limited = true;
	return false;
}
