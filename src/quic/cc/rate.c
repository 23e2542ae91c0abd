#include "quic/cc/rate.h"

#include "base/units.h"

/* Before the rate is known: what four TCP connections begin with (RFC 6928), and some small frames beside them. */
#define INITIAL_PACKETS 48U
/* And when it is known. Everything in flight is lost before a path whose MTU shrank is noticed, so this is less. */
#define LEAST_PACKETS 16U
/* In every window: for the other end's delayed ACKs, and so that a window is never closed for good. */
#define SPARE_PACKETS 2U
/* 4 ln 2, rounded up: the smallest gain that lets what is sent double in each round (BBR's derivation). */
#define STARTUP_GAIN 2.89
/* From this much in flight on, what the window permits is spread, so that short queues hold it; but over less than a
   round trip, or a TCP inside takes the delay for the end of its slow start (HyStart, RFC 9406). */
#define STARTUP_PACED 64U
#define STARTUP_PACE 3.5
#define STARTUP_GROWTH 1.25 /* less than this in a round is none */
#define STARTUP_FLAT 3U     /* rounds */
/* Shorter and faster paths are paced by their ACKs: timers are not fine enough. */
#define PACED_NS (1500 * LP_US)
#define PACED_RATE 40000000U /* bytes a second */
/* A sender that comes late may catch up with this much: what a timer and a scheduler are late by. */
#define BURST_NS LP_MS
/* A packet below this size may be acknowledged late, unless at least this many are in flight (ack.h). */
#define PROMPT_BYTES 600U
#define PROMPT_PACKETS 16U

/* The target: 6 ms at 1 Mbit/s, falling with the fourth root of the rate to 1.6 ms at 200 Mbit/s. */
#define TARGET_MBIT_NS 6e6
#define TARGET_OCTAVE 0.84 /* for each doubling of the rate */
/* But no more than this on short paths, and no less than two packets take, or three times the noise. */
#define TARGET_NEAR_NS 0.6e6
#define TARGET_NEAR_PART 4

/* The correction of a wait takes three round trips, which is stable with a feedback that is one old; and no less than
   this, for on short paths the noise is of the timers. */
#define CORRECT_ROUNDS 3
#define CORRECT_MIN_NS (50 * LP_MS)
#define GAIN_DOWN 0.25
#define GAIN_UP 0.05
#define BIAS_DOWN 0.1
#define DEBT_GAIN 0.04
#define BIAS_UP 0.05
/* A gain within this distance of 1 changes the wait by little in a tick. */
#define STEADY 0.1

/* Far too long a wait: the correction would take too long, or does not work. */
#define MUCH_NS (6 * LP_MS)
/* The base is measured this often, and sooner after it rose. */
#define CHECK_NS (5 * LP_SEC)
#define CHECK_SOON_NS LP_SEC
/* A correction beyond this may be of a base that is too low. */
#define BIAS_DOUBT 0.02

/* An ACK comes after a silence if it is later than this and later than the time that this many packets take. */
#define SILENCE_NS (15 * LP_MS)
#define SILENCE_PACKETS 4

/* An end that receives this many times what it sends mostly sends ACKs. */
#define PASSIVE_PART 4
/* And so does one that has no more than this in flight. */
#define PASSIVE_PACKETS 16U
/* But not if its window closes in this many consecutive rounds: then ACKs alone fill the path. */
#define PASSIVE_LIMITED 8

#define GROW_WAIT_NS 2.5e6 /* that the first excess would cause */
#define GROW_FIRST 0.25    /* at most */
#define GROW_HOLD_MAX_NS LP_SEC

#define DEEP_NS (30 * LP_MS) /* from this wait on a drain is deep */
#define DEEPEST_NS (100 * LP_MS)
#define DRAIN_MAX_NS LP_SEC
/* A drain that leaves more than this part of the wait: it was others'. */
#define FOREIGN_PART 0.4
/* Others' wait of no more than this may be that of other tunnels. */
#define FILLED_NS (15 * LP_MS)
/* Others' wait of this much when we start is a full buffer. */
#define CROWDED_NS (20 * LP_MS)
/* Two of them within this time: other traffic fills the buffer. */
#define FOREIGN_NS (6 * LP_SEC)
#define LOSSY 8U
#define OPEN_MIN_NS (3 * LP_SEC)
#define OPEN_MAX_NS (9 * LP_SEC)

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static double within(double least, double value, double most)
{
	return value < least ? least : value > most ? most : value;
}

/* The only place that changes the state. */
static void enter(struct lp_cc_rate *rate, enum lp_cc_rate_state state, const char *why)
{
	rate->state = state;
	rate->why = why;
}

void lp_cc_rate_init(struct lp_cc_rate *rate, uint64_t now_ns)
{
	*rate = (struct lp_cc_rate){
		.packet_bytes = 1200,
		.window_bytes = INITIAL_PACKETS * 1200,
		.begin_ns = now_ns,
		.checked_ns = now_ns,
		.gain = 1,
	};
	enter(rate, LP_CC_RATE_STARTUP, "begin");
	lp_cc_path_init(&rate->path, now_ns);
}

/* What our packets may wait at the bottleneck. */
static uint64_t target_ns(const struct lp_cc_rate *rate)
{
	const struct lp_cc_path *path = &rate->path;
	double mbit = (double)path->rate * 8e-6, target = TARGET_MBIT_NS;
	for (; mbit >= 2; mbit /= 2)
		target *= TARGET_OCTAVE;
	if (mbit > 1)
		target *= 1 - (1 - TARGET_OCTAVE) * (mbit - 1);
	double near = TARGET_NEAR_NS + (double)path->base_ns / TARGET_NEAR_PART;
	if (target > near)
		target = near;
	double two_packets = path->rate ? 1.5e9 * (double)rate->packet_bytes / (double)path->rate : 0;
	if (target < two_packets)
		target = two_packets;
	return larger((uint64_t)target, 3 * path->noise_ns);
}

/* From what wait on it is far too long. */
static uint64_t much_ns(const struct lp_cc_rate *rate)
{
	uint64_t target = target_ns(rate);
	return larger(3 * target, target + MUCH_NS);
}

/* True if the newest sample is of a time in which packets left as fast as the path carries them. */
static bool is_settled(const struct lp_cc_rate *rate)
{
	return rate->newest.sent_ns >= rate->settled_ns;
}

/* The part of the rate that a drain of such a wait does not send. */
static double drain_depth(uint64_t wait_ns)
{
	return wait_ns > DEEPEST_NS ? 0.85 : wait_ns > DEEP_NS ? 0.6 : 0.3;
}

/* Makes less be in flight until our packets, which wait |wait_ns| or perhaps more, wait no longer, and the path holds
   |below_ns| less than that. */
static void drain(struct lp_cc_rate *rate, uint64_t wait_ns, uint64_t below_ns, const char *why, uint64_t now_ns)
{
	const struct lp_cc_path *path = &rate->path;
	bool waits = wait_ns > 2 * target_ns(rate) && is_settled(rate), test = rate->state == LP_CC_RATE_OPEN;
	rate->drain = (struct lp_cc_drain){
		.begin_ns = now_ns,
		.end_ns = LP_NEVER,
		.wait_ns = wait_ns,
		.peak_ns = wait_ns,
		.below_ns = below_ns,
		.min_ns = LP_NEVER,
		/* While packets wait, they arrive as fast as the path carries them. */
		.rate = waits && path->latest < path->rate ? path->latest : path->rate,
		.kept_rate = path->rate,
		.depth = drain_depth(wait_ns),
		.first = rate->state == LP_CC_RATE_STARTUP,
		.test = test || (rate->state == LP_CC_RATE_DRAIN && rate->drain.test),
	};
	enter(rate, LP_CC_RATE_DRAIN, why);
}

static void cruise(struct lp_cc_rate *rate, const char *why)
{
	rate->gain = 1;
	rate->bias = 0;
	rate->debt_ns = 0;
	rate->n_low = 0;
	rate->high_ns = 0;
	enter(rate, LP_CC_RATE_CRUISE, why);
}

static void open_up(struct lp_cc_rate *rate, uint64_t for_ns, const char *why, uint64_t now_ns)
{
	rate->path.base_ns = rate->path.lowest_ns;
	rate->open_for_ns = for_ns;
	rate->open_end_ns = now_ns + for_ns;
	enter(rate, LP_CC_RATE_OPEN, why);
}

/* How much longer what is in flight takes to arrive than a path that is as full as wanted. */
static uint64_t surplus_ns(const struct lp_cc_rate *rate)
{
	const struct lp_cc_drain *drain = &rate->drain;
	uint64_t base_ns = rate->path.base_ns;
	uint64_t goal_ns = base_ns - lp_earlier(drain->below_ns, base_ns / 2);
	uint64_t filled_ns = drain->rate ? (uint64_t)((double)rate->in_flight_bytes * 1e9 / (double)drain->rate) : 0;
	return filled_ns > goal_ns ? filled_ns - goal_ns : 0;
}

/* A drain goes on: until nothing is left, or it has taken longer than it should. */
static void watch_drain(struct lp_cc_rate *rate, uint64_t now_ns)
{
	struct lp_cc_drain *drain = &rate->drain;
	const struct lp_cc_path *path = &rate->path;
	bool before = rate->newest.sent_ns < drain->begin_ns && is_settled(rate);
	bool waited = rate->newest.rtt_ns > path->base_ns + 2 * target_ns(rate);
	if (before && waited && path->latest && path->latest < drain->rate)
		drain->rate = path->latest;
	uint64_t left_ns = surplus_ns(rate);
	drain->wait_ns = larger(drain->wait_ns, left_ns);
	drain->depth = drain_depth(drain->wait_ns);
	uint64_t most_ns = (uint64_t)((double)drain->wait_ns / drain->depth * 1.25) + path->base_ns + 2 * LP_MS;
	if (left_ns == 0 || now_ns - drain->begin_ns > lp_earlier(most_ns, DRAIN_MAX_NS))
		drain->end_ns = now_ns;
}

/* The drain shows that the wait is others': the base rises by |left_ns|. */
static void end_foreign(struct lp_cc_rate *rate, uint64_t left_ns, uint64_t now_ns)
{
	struct lp_cc_path *path = &rate->path;
	const struct lp_cc_drain *drain = &rate->drain;
	path->rate = larger(path->rate, drain->kept_rate);
	if (drain->test) {
		open_up(rate, lp_earlier(rate->open_for_ns * 3 / 2, OPEN_MAX_NS), "still others'", now_ns);
		return;
	}
	bool again = rate->n_foreign && now_ns - rate->foreign_ns < FOREIGN_NS;
	rate->n_foreign = again ? rate->n_foreign + 1 : 1;
	if (!again)
		rate->foreign_rate = (double)drain->kept_rate;
	rate->foreign_ns = now_ns;
	path->wait_ns = 0;
	path->base_ns += left_ns;
	again = again && path->base_ns - path->lowest_ns > FILLED_NS;
	if (!rate->two_way && (again || (drain->first && left_ns > CROWDED_NS)))
		open_up(rate, OPEN_MIN_NS, again ? "others' again" : "crowded", now_ns);
	else
		cruise(rate, "others'");
}

/* The round trip after a drain is known. */
static void end_drain(struct lp_cc_rate *rate, uint64_t now_ns)
{
	struct lp_cc_path *path = &rate->path;
	const struct lp_cc_drain *done = &rate->drain;
	uint64_t min_ns = done->min_ns;
	uint64_t left_ns = min_ns > path->base_ns ? min_ns - path->base_ns : 0;
	uint64_t below_ns = min_ns < path->base_ns ? path->base_ns - min_ns : 0;
	path->base_ns -= below_ns;
	path->rate = done->rate;
	rate->settled_ns = now_ns + min_ns;
	rate->checked_ns = now_ns;
	if (done->below_ns && below_ns > done->below_ns / 2) {
		/* More of our packets waited than estimated, and perhaps still do. */
		drain(rate, 0, 2 * done->below_ns, "deeper", now_ns);
		return;
	}
	if ((double)left_ns > FOREIGN_PART * (double)done->peak_ns && left_ns > lp_earlier(target_ns(rate), MUCH_NS)) {
		end_foreign(rate, left_ns, now_ns);
		return;
	}
	rate->n_foreign = 0;
	path->wait_ns = left_ns;
	/* The base was right, and so was the correction. */
	if (rate->bias < 0)
		path->rate = (uint64_t)((double)path->rate * (1 + rate->bias));
	if (done->test)
		path->lowest_ns = path->base_ns = min_ns;
	/* The path was drained below what fills it: that packets do not wait means nothing for a while. */
	rate->hold_ns = now_ns + larger(4 * path->base_ns, 2 * CORRECT_MIN_NS);
	cruise(rate, "drained");
}

/* CRUISE: sets the pace by what packets waited in the last tick, and checks whether that has worked. */
static void correct(struct lp_cc_rate *rate, uint64_t tick_ns, uint64_t now_ns)
{
	uint64_t wait_ns = rate->path.wait_ns, target = target_ns(rate);
	double horizon = (double)larger(CORRECT_ROUNDS * rate->path.base_ns, CORRECT_MIN_NS);
	double error = ((double)target - (double)wait_ns) / horizon;
	rate->bias = within(-BIAS_DOWN, rate->bias + error * (double)tick_ns / horizon, BIAS_UP);
	rate->gain = 1 + within(-GAIN_DOWN, error, GAIN_UP) + rate->bias;
	if (rate->gain > 1 - DEBT_GAIN)
		rate->debt_ns = 0;
	else
		rate->debt_ns += (1 - rate->gain) * (double)tick_ns;
	if (wait_ns <= much_ns(rate))
		rate->high_ns = 0;
	else if (rate->high_ns == 0)
		rate->high_ns = now_ns;
}

/* CRUISE: begins a drain if there is a reason. */
static void consider_drain(struct lp_cc_rate *rate, uint64_t now_ns)
{
	const struct lp_cc_path *path = &rate->path;
	uint64_t base_ns = path->base_ns, wait_ns = path->wait_ns;
	bool soon = rate->n_foreign || rate->bias < -BIAS_DOUBT;
	uint64_t check_ns = soon ? CHECK_SOON_NS : CHECK_NS;
	if (rate->high_ns && (now_ns - rate->high_ns >= base_ns || wait_ns > 5 * much_ns(rate)))
		drain(rate, wait_ns, 0, "high", now_ns);
	else if (rate->debt_ns > 2 * (double)wait_ns + 0.1 * (double)base_ns + 5e6)
		drain(rate, wait_ns, 0, "in vain", now_ns);
	else if (!rate->high_ns && rate->round_limited && now_ns - rate->checked_ns > check_ns)
		drain(rate, wait_ns, base_ns / 16 + LP_MS, "check", now_ns);
}

static void end_tick(struct lp_cc_rate *rate, uint64_t now_ns)
{
	struct lp_cc_path *path = &rate->path;
	uint64_t tick_ns = now_ns - path->tick_ns;
	bool steady = rate->state == LP_CC_RATE_CRUISE && rate->gain > 1 - STEADY && rate->gain < 1 + STEADY;
	lp_cc_path_end_tick(path, rate->state == LP_CC_RATE_STARTUP, steady, now_ns);
	if (rate->state == LP_CC_RATE_DRAIN)
		rate->drain.peak_ns = larger(rate->drain.peak_ns, path->wait_ns);
	if (rate->passive)
		return;
	if (rate->state == LP_CC_RATE_CRUISE) {
		correct(rate, tick_ns, now_ns);
		consider_drain(rate, now_ns);
	} else if (rate->state == LP_CC_RATE_GROW && path->wait_ns > target_ns(rate) + 2 * path->noise_ns) {
		rate->hold_ns = now_ns + 2 * path->base_ns;
		cruise(rate, "grown");
	}
}

static void round_startup(struct lp_cc_rate *rate, bool full, uint64_t now_ns)
{
	const struct lp_cc_path *path = &rate->path;
	if (rate->passive)
		return;
	bool grew = (double)path->rate >= STARTUP_GROWTH * rate->startup_rate;
	uint64_t high_ns = larger(larger(target_ns(rate), 2 * path->spread_ns), larger(4 * LP_MS, path->base_ns / 8));
	if (grew) {
		rate->startup_rate = (double)path->rate;
		rate->n_flat = 0;
	} else if (rate->round_limited || full) {
		rate->n_flat++;
	}
	if (rate->n_flat >= STARTUP_FLAT)
		drain(rate, path->wait_ns, 0, "flat", now_ns);
	else if ((rate->n_flat >= 2 && path->wait_ns > high_ns) || (rate->n_flat >= 1 && path->wait_ns > 3 * high_ns) ||
		 path->wait_ns > larger(60 * LP_MS, path->base_ns))
		drain(rate, path->wait_ns, 0, "full", now_ns);
}

static void round_cruise(struct lp_cc_rate *rate, bool full, uint64_t now_ns)
{
	const struct lp_cc_path *path = &rate->path;
	uint64_t raised_ns = path->base_ns - path->lowest_ns;
	bool shared = raised_ns > larger(5 * LP_MS, larger(path->lowest_ns / 16, 4 * path->noise_ns)) &&
		      rate->n_foreign && now_ns - rate->foreign_ns < 10 * LP_SEC;
	bool shrunk = !rate->two_way && (double)path->rate < 0.7 * rate->foreign_rate;
	if (shared && (rate->n_lossy >= LOSSY || shrunk)) {
		open_up(rate, OPEN_MIN_NS, rate->n_lossy >= LOSSY ? "losses" : "shrunk", now_ns);
		return;
	}
	rate->n_low = !full && rate->round_limited ? rate->n_low + 1 : 0;
	if (rate->n_low < 2 || now_ns < rate->hold_ns)
		return;
	rate->step = within(0, GROW_WAIT_NS / (double)path->base_ns, GROW_FIRST);
	rate->grow_sent = 0;
	rate->grow_rate = (double)path->rate;
	enter(rate, LP_CC_RATE_GROW, "low");
}

static void round_grow(struct lp_cc_rate *rate, uint64_t now_ns)
{
	const struct lp_cc_path *path = &rate->path;
	double came = (double)path->round_rate;
	/* What arrives now was sent a round ago, the first time before the growth. */
	double sent = rate->grow_sent;
	bool held = rate->n_held * 8 >= rate->n_passes * 7;
	rate->grow_sent = rate->pace;
	if (!rate->round_limited) {
		cruise(rate, "enough");
		return;
	}
	if ((held && sent > 0 && came < rate->grow_rate + (sent - rate->grow_rate) / 4)) {
		rate->holdoff_ns = lp_earlier(larger(2 * rate->holdoff_ns, 8 * path->base_ns), GROW_HOLD_MAX_NS);
		rate->hold_ns = now_ns + rate->holdoff_ns;
		cruise(rate, "not more");
		return;
	}
	if (sent > 0 && held) {
		rate->holdoff_ns = 0;
		rate->step = within(0, 2 * rate->step, 1);
	}
	rate->grow_rate = came;
}

/* True if this side cannot be what makes packets wait: nothing was held back, and little is in flight or much more is
   received. A round trip includes the other side's queue. */
static bool is_passive(const struct lp_cc_rate *rate, uint64_t delivered_bytes, uint64_t received_bytes)
{
	uint64_t sent = delivered_bytes - rate->round_end_bytes, received = received_bytes - rate->round_received_bytes;
	size_t packets = sent < received ? PASSIVE_PACKETS : PASSIVE_PACKETS / 4;
	bool little = !rate->round_limited && rate->in_flight_bytes <= packets * rate->packet_bytes;
	return little || (rate->n_limited < PASSIVE_LIMITED && sent < received / PASSIVE_PART);
}

static void end_round(struct lp_cc_rate *rate, uint64_t now_ns)
{
	struct lp_cc_path *path = &rate->path;
	bool full = path->round_wait_ns >= target_ns(rate) / 2;
	if (rate->lost_bytes > rate->round_lost_bytes)
		rate->n_lossy = rate->n_lossy < 3 * LOSSY / 2 ? rate->n_lossy + 4 : 2 * LOSSY;
	else if (rate->n_lossy)
		rate->n_lossy--;
	switch (rate->state) {
	case LP_CC_RATE_STARTUP:
		round_startup(rate, full, now_ns);
		break;
	case LP_CC_RATE_CRUISE:
		round_cruise(rate, full, now_ns);
		break;
	case LP_CC_RATE_GROW:
		round_grow(rate, now_ns);
		break;
	case LP_CC_RATE_DRAIN:
		break;
	case LP_CC_RATE_OPEN:
		path->rate = larger(path->round_rate, path->rate * 7 / 8);
		if (now_ns >= rate->open_end_ns)
			drain(rate, path->wait_ns, 0, "test", now_ns);
		break;
	}
	lp_cc_path_end_round(path);
	rate->round_lost_bytes = rate->lost_bytes;
	rate->round_limited = false;
	rate->n_held = rate->n_passes = 0;
}

/* Sets window and pace by the state. */
static void set_output(struct lp_cc_rate *rate)
{
	const struct lp_cc_path *path = &rate->path;
	const struct lp_cc_drain *drain = &rate->drain;
	double spare = (double)(SPARE_PACKETS * rate->packet_bytes);
	double least = (double)((path->rate ? LEAST_PACKETS : INITIAL_PACKETS) * rate->packet_bytes);
	double bytes_ns = (double)path->rate * 1e-9, base = (double)path->base_ns;
	/* What packets may wait, and what ACKs come late by. */
	double slack = 2 * (double)target_ns(rate) + within(0, base / 2, 10e6) + 2 * (double)path->spread_ns;
	double window = least;
	rate->pace = 0;
	switch (rate->passive && rate->state == LP_CC_RATE_CRUISE ? LP_CC_RATE_STARTUP : rate->state) {
	case LP_CC_RATE_STARTUP:
		window = within(least, STARTUP_GAIN * bytes_ns * (double)(path->last_min_ns + path->spread_ns), 1e18);
		if (!rate->passive && rate->in_flight_bytes > STARTUP_PACED * rate->packet_bytes)
			rate->pace = STARTUP_PACE * (double)path->rate;
		break;
	case LP_CC_RATE_CRUISE:
		window = bytes_ns * (base + slack);
		rate->pace = (double)path->rate * rate->gain;
		break;
	case LP_CC_RATE_GROW:
		window = bytes_ns * (1 + rate->step) * (base + slack);
		rate->pace = (double)path->rate * (1 + rate->step);
		break;
	case LP_CC_RATE_DRAIN:
		if (drain->end_ns == LP_NEVER) {
			window = (double)rate->in_flight_bytes + spare;
			rate->pace = (double)drain->rate * (1 - drain->depth);
		} else {
			window = (double)drain->rate * 1e-9 * (base + slack);
			rate->pace = (double)drain->rate;
		}
		break;
	case LP_CC_RATE_OPEN:
		window = 2 * bytes_ns * ((double)path->last_min_ns + slack);
		break;
	}
	if (path->base_ns < PACED_NS && path->rate > PACED_RATE && rate->state != LP_CC_RATE_DRAIN)
		rate->pace = 0;
	rate->window_bytes = (uint64_t)(window + spare);
}

/* Notices that ACKs come after a silence in which they were due: one end was not running, or the radio was away. The
   round trips of what was in flight then say nothing of a queue. */
static void watch_silence(struct lp_cc_rate *rate, const struct lp_cc_flight_sample *sample)
{
	uint64_t now_ns = sample->sent_ns + sample->rtt_ns, usual_ns = SILENCE_NS;
	if (rate->path.rate)
		usual_ns += (uint64_t)(SILENCE_PACKETS * 1e9 * (double)rate->packet_bytes / (double)rate->path.rate);
	/* A silence in every round trip is not chance: the sender does not fill the path. */
	bool rare = rate->state != LP_CC_RATE_STARTUP && now_ns - rate->silence_ns > 2 * sample->rtt_ns;
	bool due = rate->last_ack_ns && sample->sent_ns < rate->last_ack_ns;
	if (rare && due && now_ns - rate->last_ack_ns > usual_ns) {
		rate->silence_ns = now_ns;
		rate->settled_ns = larger(rate->settled_ns, now_ns);
	}
	rate->last_ack_ns = now_ns;
}

void lp_cc_rate_acked(struct lp_cc_rate *rate, const struct lp_cc_flight_sample *sample)
{
	if (sample->sent_ns < rate->begin_ns || (sample->bytes < PROMPT_BYTES && sample->n_after < PROMPT_PACKETS))
		return;
	watch_silence(rate, sample);
	rate->newest = *sample;
	rate->fresh = true;
	if (sample->sent_ns < rate->silence_ns && rate->path.base_ns != LP_NEVER)
		return;
	lp_cc_path_take_rtt(&rate->path, sample->rtt_ns);
	if (rate->state == LP_CC_RATE_DRAIN && sample->sent_ns >= rate->drain.end_ns)
		rate->drain.min_ns = lp_earlier(rate->drain.min_ns, sample->rtt_ns);
}

void lp_cc_rate_lost(struct lp_cc_rate *rate, size_t bytes)
{
	rate->lost_bytes += bytes;
}

/* True if the round trip of what was sent after the drain is known. */
static bool drain_measured(const struct lp_cc_rate *rate, uint64_t now_ns)
{
	const struct lp_cc_drain *drain = &rate->drain;
	uint64_t base_ns = rate->path.base_ns, more_ns = larger(base_ns / 4, 4 * LP_MS);
	return drain->end_ns != LP_NEVER && drain->min_ns != LP_NEVER && now_ns >= drain->end_ns + base_ns + more_ns;
}

void lp_cc_rate_update(struct lp_cc_rate *rate, const struct lp_cc_flight *flight, size_t packet_bytes,
	uint64_t received_bytes, uint64_t now_ns)
{
	rate->packet_bytes = packet_bytes;
	rate->in_flight_bytes = flight->bytes;
	if (!rate->fresh)
		return;
	rate->fresh = false;
	if (rate->newest.rate) {
		rate->path.latest = rate->newest.ack_rate;
		lp_cc_path_take_rate(&rate->path, rate->newest.rate, rate->state == LP_CC_RATE_STARTUP,
			flight->delivered_bytes, now_ns);
	}
	rate->round_limited = rate->round_limited || rate->limited;
	rate->n_held += rate->limited;
	rate->n_passes++;
	rate->limited = false;
	if (lp_cc_path_tick_due(&rate->path, now_ns))
		end_tick(rate, now_ns);
	if (rate->state == LP_CC_RATE_DRAIN && rate->drain.end_ns == LP_NEVER)
		watch_drain(rate, now_ns);
	else if (rate->state == LP_CC_RATE_DRAIN && drain_measured(rate, now_ns))
		end_drain(rate, now_ns);
	if (rate->newest.delivered_at_send >= rate->round_end_bytes) {
		rate->n_limited = rate->round_limited ? rate->n_limited + 1 : 0;
		rate->passive = is_passive(rate, flight->delivered_bytes, received_bytes);
		rate->two_way = received_bytes - rate->round_received_bytes >
				(flight->delivered_bytes - rate->round_end_bytes) / PASSIVE_PART;
		rate->round_received_bytes = received_bytes;
		rate->round_end_bytes = flight->delivered_bytes;
		end_round(rate, now_ns);
	}
	set_output(rate);
}

bool lp_cc_rate_may_send(struct lp_cc_rate *rate, uint64_t in_flight_bytes, uint64_t now_ns)
{
	bool spare = in_flight_bytes < SPARE_PACKETS * rate->packet_bytes;
	if (spare || (in_flight_bytes < rate->window_bytes && (rate->pace <= 0 || rate->next_ns <= now_ns)))
		return true;
	rate->limited = true;
	return false;
}

void lp_cc_rate_sent(struct lp_cc_rate *rate, size_t bytes, uint64_t now_ns)
{
	if (rate->pace <= 0)
		return;
	if (rate->next_ns + BURST_NS < now_ns)
		rate->next_ns = now_ns - BURST_NS;
	rate->next_ns += (uint64_t)((double)bytes * 1e9 / rate->pace);
}

uint64_t lp_cc_rate_deadline(const struct lp_cc_rate *rate, uint64_t in_flight_bytes, uint64_t now_ns)
{
	bool paced = rate->pace > 0 && rate->next_ns > now_ns;
	return paced && in_flight_bytes < rate->window_bytes ? rate->next_ns : LP_NEVER;
}

void lp_cc_rate_queue_delay(const struct lp_cc_rate *rate, uint64_t *ret_target_ns, uint64_t *ret_interval_ns)
{
	uint64_t base_ns = rate->path.base_ns == LP_NEVER ? 0 : lp_earlier(rate->path.base_ns, LP_SEC);
	bool ramp = rate->state != LP_CC_RATE_CRUISE;
	*ret_target_ns = base_ns / 2 + (ramp ? 2 * base_ns + 100 * LP_MS : 0);
	*ret_interval_ns = 2 * base_ns;
}
