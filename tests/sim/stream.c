#include "stream.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/udp_msg.h"
#include "base/units.h"
#include "platform/loop/loop.h"
#include "platform/net/udp.h"

#define STREAMS_MAX 16
#define DATA_BYTES 1400
#define FRAME_BYTES (14 + DATA_BYTES)
#define RAW_BYTES (DATA_BYTES + 22) /* in VXLAN: IP 1450 */
#define ACK_BYTES 80
#define ACK_IDS 12
#define RING (1U << 16)
#define PORT 5000

/* A packet in flight. */
struct flying {
	uint64_t sent_ns, delivered, delivered_ns, first_sent_ns;
	bool out;
};

struct stream {
	struct tunnel *tunnel;
	struct tunnel_end *from, *to;
	unsigned index;
	bool raw;
	enum stream_control control;
	struct lp_udp *from_udp, *to_udp;
	struct lp_addr from_addr, to_addr;
	struct lp_timer *timer, *ack_timer;
	/* receiver */
	uint64_t bytes;
	uint64_t ids[ACK_IDS]; /* received last, the newest first */
	unsigned n_ids, n_unacked;
	/* sender */
	struct flying *ring;
	uint64_t next, oldest, largest;
	uint64_t in_flight, delivered, delivered_ns, first_sent_ns, lost;
	uint64_t srtt_ns, min_rtt_ns, last_ack_ns;
	double window, threshold; /* packets */
	uint64_t recover;         /* losses of packets before this one are known */
	double w_max, k;
	uint64_t epoch_ns;
	/* HyStart, rounds */
	uint64_t round_end, round_min_ns, last_round_min_ns;
	unsigned round_samples;
	/* BBR */
	double bw[10], pacing;
	double full_bw;
	unsigned n_full, n_round, phase;
	uint64_t phase_ns, min_stamp_ns, probe_until_ns, next_send_ns;
	int mode; /* 0 startup, 1 drain, 2 probe, 3 probe rtt */
};

static struct stream *streams[STREAMS_MAX];

static void put(uint8_t *at, uint64_t value)
{
	memcpy(at, &value, 8);
}

static uint64_t get(const uint8_t *at)
{
	uint64_t value;
	memcpy(&value, at, 8);
	return value;
}

/* Ethernet, IPv4 and UDP of a flow of its own. */
static void write_head(uint8_t *frame, size_t len, unsigned index, bool ack)
{
	static const uint8_t head[42] = {
		2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0,                          /* Ethernet */
		0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, /* IPv4 */
		0x10, 0, 0, 0, 0, 0, 0, 0,                                         /* UDP */
	};
	memset(frame, 0, len);
	memcpy(frame, head, sizeof head);
	frame[16] = (uint8_t)((len - 14) >> 8);
	frame[17] = (uint8_t)(len - 14);
	frame[35] = (uint8_t)index;
	frame[36] = (uint8_t)(PORT >> 8);
	frame[37] = ack;
	frame[42] = (uint8_t)index;
	frame[43] = ack;
}

/* Sends from one side to the other. */
static void transmit(struct stream *s, bool ack, uint8_t *frame, size_t len)
{
	struct tunnel_end *end = ack ? s->to : s->from;
	lp_host_enter(end->host);
	if (s->raw) {
		struct lp_udp_msg msg = {.data = frame,
			.len = ack ? len : RAW_BYTES,
			.remote = ack ? s->from_addr : s->to_addr,
			.local = ack ? s->to_addr : s->from_addr};
		lp_udp_send(ack ? s->to_udp : s->from_udp, &msg, 1);
		return;
	}
	struct lp_bytes part = {frame, len};
	if (end->link)
		lp_link_send(end->link, 0, &part, 1, lp_loop_now_ns(end->loop));
	tunnel_end_wake(end);
}

static void send_one(struct stream *s, uint64_t now_ns)
{
	static uint8_t frame[RAW_BYTES];
	write_head(frame, FRAME_BYTES, s->index, false);
	put(frame + 48, s->next);
	if (s->in_flight == 0)
		s->first_sent_ns = s->delivered_ns = now_ns;
	s->ring[s->next % RING] = (struct flying){.sent_ns = now_ns,
		.delivered = s->delivered,
		.delivered_ns = s->delivered_ns,
		.first_sent_ns = s->first_sent_ns,
		.out = true};
	s->next++;
	s->in_flight++;
	transmit(s, false, frame, FRAME_BYTES);
}

static void push(struct stream *s, uint64_t now_ns)
{
	while ((double)s->in_flight < s->window && s->next - s->oldest < RING - 1) {
		if (s->control == STREAM_BBR && s->pacing > 0) {
			if (s->next_send_ns > now_ns)
				break;
			if (s->next_send_ns + LP_MS < now_ns)
				s->next_send_ns = now_ns - LP_MS;
			s->next_send_ns += (uint64_t)(1e9 / s->pacing);
		}
		send_one(s, now_ns);
	}
}

static void arm(struct stream *s, uint64_t now_ns)
{
	uint64_t rto_ns = s->srtt_ns ? 2 * s->srtt_ns + 200 * LP_MS : LP_SEC;
	uint64_t at_ns = s->in_flight ? s->last_ack_ns + rto_ns : now_ns + 10 * LP_MS;
	if (s->control == STREAM_BBR && s->pacing > 0 && (double)s->in_flight < s->window)
		at_ns = lp_earlier(at_ns, s->next_send_ns > now_ns ? s->next_send_ns : now_ns + 1);
	lp_timer_set(s->timer, at_ns);
}

static void cubic_loss(struct stream *s, uint64_t now_ns)
{
	s->w_max = s->window < s->w_max ? s->window * 0.85 : s->window;
	s->window *= 0.7;
	if (s->window < 2)
		s->window = 2;
	s->threshold = s->window;
	s->k = cbrt(s->w_max * 0.3 / 0.4);
	s->epoch_ns = now_ns;
}

static void cubic_ack(struct stream *s, uint64_t rtt_ns, uint64_t id, uint64_t now_ns)
{
	if (s->window < s->threshold) {
		s->window++;
		if (rtt_ns < s->round_min_ns)
			s->round_min_ns = rtt_ns;
		s->round_samples++;
		uint64_t eta_ns = s->min_rtt_ns / 8;
		eta_ns = eta_ns < 4 * LP_MS ? 4 * LP_MS : eta_ns > 16 * LP_MS ? 16 * LP_MS : eta_ns;
		if (s->control == STREAM_CUBIC && s->round_samples == 8 && s->window >= 16 &&
			s->round_min_ns > s->min_rtt_ns + eta_ns)
			s->threshold = s->window;
		if (id >= s->round_end) {
			s->round_end = s->next;
			s->last_round_min_ns = s->round_min_ns;
			s->round_min_ns = LP_NEVER;
			s->round_samples = 0;
		}
		return;
	}
	if (s->epoch_ns == 0) {
		s->epoch_ns = now_ns;
		s->w_max = s->window;
		s->k = 0;
	}
	double t = (double)(now_ns - s->epoch_ns + s->srtt_ns) * 1e-9;
	double goal = s->w_max + 0.4 * (t - s->k) * (t - s->k) * (t - s->k);
	double reno = s->threshold + 0.53 * (double)(now_ns - s->epoch_ns) / (double)s->srtt_ns;
	if (goal < reno)
		goal = reno;
	if (goal > s->window * 1.5)
		goal = s->window * 1.5;
	if (goal > s->window)
		s->window += (goal - s->window) / s->window;
}

static double bbr_bw(const struct stream *s)
{
	double best = 0;
	for (unsigned i = 0; i < 10; i++)
		best = s->bw[i] > best ? s->bw[i] : best;
	return best;
}

static void bbr_ack(struct stream *s, const struct flying *packet, uint64_t id, uint64_t now_ns)
{
	static const double gains[8] = {1.25, 0.75, 1, 1, 1, 1, 1, 1};
	uint64_t rtt_ns = now_ns - packet->sent_ns;
	uint64_t send_ns = packet->sent_ns - packet->first_sent_ns, ack_ns = now_ns - packet->delivered_ns;
	double rate = (double)(s->delivered - packet->delivered) * 1e9 / (double)(send_ns > ack_ns ? send_ns : ack_ns);
	if (packet->sent_ns > s->first_sent_ns)
		s->first_sent_ns = packet->sent_ns;
	bool round = id >= s->round_end;
	if (round) {
		s->round_end = s->next;
		s->n_round++;
		s->bw[s->n_round % 10] = 0;
	}
	if (rate > s->bw[s->n_round % 10])
		s->bw[s->n_round % 10] = rate;
	double bw = bbr_bw(s), bdp = bw * (double)s->min_rtt_ns * 1e-9, gain = 1, window_gain = 2;
	if (rtt_ns <= s->min_rtt_ns || s->min_stamp_ns == 0)
		s->min_stamp_ns = now_ns;
	if (s->mode == 0) {
		gain = window_gain = 2.89;
		if (round) {
			if (bw >= 1.25 * s->full_bw) {
				s->full_bw = bw;
				s->n_full = 0;
			} else if (++s->n_full >= 3) {
				s->mode = 1;
			}
		}
	}
	if (s->mode == 1) {
		gain = 1 / 2.89;
		if ((double)s->in_flight <= bdp) {
			s->mode = 2;
			s->phase = 2 + s->index % 6;
			s->phase_ns = now_ns;
		}
	}
	if (s->mode == 2) {
		if (now_ns - s->phase_ns > s->min_rtt_ns) {
			s->phase = (s->phase + 1) % 8;
			s->phase_ns = now_ns;
		}
		gain = gains[s->phase];
		if (now_ns - s->min_stamp_ns > 10 * LP_SEC) {
			s->mode = 3;
			s->probe_until_ns = now_ns + 200 * LP_MS + s->srtt_ns;
			s->min_rtt_ns = LP_NEVER;
		}
	}
	if (s->mode == 3) {
		window_gain = 0;
		if (rtt_ns < s->min_rtt_ns)
			s->min_rtt_ns = rtt_ns;
		if (now_ns >= s->probe_until_ns) {
			s->mode = 2;
			s->min_stamp_ns = now_ns;
		}
	}
	s->pacing = bw * gain;
	double wanted = s->mode == 3 ? 4 : window_gain * bdp + 3;
	s->window = wanted > 4 ? wanted : 4;
	if (s->mode == 0 && s->window < 10)
		s->window = 10;
}

static void on_ack(struct stream *s, const uint8_t *frame, uint64_t now_ns)
{
	unsigned n = frame[44];
	s->last_ack_ns = now_ns;
	for (unsigned i = 0; i < n && i < ACK_IDS; i++) {
		/* the newest, and how far the others are before it, oldest first */
		uint64_t id = get(frame + 48) - frame[56 + 2 * i] - 256U * frame[57 + 2 * i];
		struct flying *packet = &s->ring[id % RING];
		if (id < s->oldest || id >= s->next || !packet->out)
			continue;
		packet->out = false;
		s->in_flight--;
		s->delivered++;
		s->delivered_ns = now_ns;
		if (id > s->largest)
			s->largest = id;
		uint64_t rtt_ns = now_ns - packet->sent_ns;
		if (rtt_ns < s->min_rtt_ns)
			s->min_rtt_ns = rtt_ns;
		s->srtt_ns = s->srtt_ns ? (s->srtt_ns * 7 + rtt_ns) / 8 : rtt_ns;
		if (s->control != STREAM_BBR) {
			if (id >= s->recover)
				cubic_ack(s, rtt_ns, id, now_ns);
		} else {
			bbr_ack(s, packet, id, now_ns);
		}
	}
	while (s->oldest < s->next && (!s->ring[s->oldest % RING].out || s->oldest + 3 <= s->largest)) {
		struct flying *packet = &s->ring[s->oldest % RING];
		if (packet->out) {
			packet->out = false;
			s->in_flight--;
			s->lost++;
			if (s->control != STREAM_BBR && s->oldest >= s->recover) {
				s->recover = s->next;
				cubic_loss(s, now_ns);
			}
		}
		s->oldest++;
	}
	push(s, now_ns);
	arm(s, now_ns);
}

static void on_timer(void *ctx, uint64_t now_ns)
{
	struct stream *s = ctx;
	uint64_t rto_ns = s->srtt_ns ? 2 * s->srtt_ns + 200 * LP_MS : LP_SEC;
	if (s->in_flight && now_ns >= s->last_ack_ns + rto_ns) {
		for (; s->oldest < s->next; s->oldest++)
			s->ring[s->oldest % RING].out = false;
		s->lost += s->in_flight;
		s->in_flight = 0;
		s->recover = s->next;
		if (s->control != STREAM_BBR) {
			cubic_loss(s, now_ns);
			s->window = 2;
		}
		s->last_ack_ns = now_ns;
	}
	push(s, now_ns);
	arm(s, now_ns);
}

static void send_ack(struct stream *s)
{
	uint8_t frame[ACK_BYTES + 8];
	if (!s->n_unacked)
		return;
	write_head(frame, sizeof frame, s->index, true);
	frame[44] = (uint8_t)s->n_ids;
	put(frame + 48, s->ids[0]);
	for (unsigned i = 0; i < s->n_ids; i++) {
		uint64_t before = s->ids[0] - s->ids[s->n_ids - 1 - i];
		frame[56 + 2 * i] = (uint8_t)before;
		frame[57 + 2 * i] = (uint8_t)(before >> 8);
	}
	s->n_unacked = 0;
	transmit(s, true, frame, sizeof frame);
}

static void on_ack_timer(void *ctx, uint64_t now_ns)
{
	(void)now_ns;
	send_ack(ctx);
}

static void on_data(struct stream *s, const uint8_t *frame, uint64_t now_ns)
{
	s->bytes += DATA_BYTES;
	if (s->n_ids < ACK_IDS)
		s->n_ids++;
	memmove(s->ids + 1, s->ids, (s->n_ids - 1) * sizeof *s->ids);
	s->ids[0] = get(frame + 48);
	if (++s->n_unacked >= 2)
		send_ack(s);
	lp_timer_set(s->ack_timer, s->n_unacked ? now_ns + 5 * LP_MS : LP_NEVER);
}

void stream_frame(struct tunnel_end *end, const uint8_t *frame, size_t len, uint64_t now_ns)
{
	if (len < 60 || frame[36] != (PORT >> 8) || frame[42] >= STREAMS_MAX)
		return;
	struct stream *s = streams[frame[42]];
	if (!s || s->raw)
		return;
	if (frame[43] && end == s->from)
		on_ack(s, frame, now_ns);
	else if (!frame[43] && end == s->to)
		on_data(s, frame, now_ns);
}

static void raw_data(void *ctx, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	struct stream *s = ctx;
	for (size_t i = 0; i < n_msgs; i++) {
		size_t step = msgs[i].segment_bytes ? msgs[i].segment_bytes : msgs[i].len;
		for (size_t at = 0; at < msgs[i].len; at += step)
			on_data(s, msgs[i].data + at, lp_loop_now_ns(s->to->loop));
	}
}

static void raw_ack(void *ctx, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	struct stream *s = ctx;
	for (size_t i = 0; i < n_msgs; i++) {
		size_t step = msgs[i].segment_bytes ? msgs[i].segment_bytes : msgs[i].len;
		for (size_t at = 0; at < msgs[i].len; at += step)
			on_ack(s, msgs[i].data + at, lp_loop_now_ns(s->from->loop));
	}
}

struct stream *stream_open(struct tunnel *tunnel, enum stream_control control, bool up, bool raw)
{
	struct stream *s = calloc(1, sizeof *s);
	unsigned index = 0;
	while (streams[index])
		index++;
	streams[index] = s;
	s->ring = calloc(RING, sizeof *s->ring);
	s->tunnel = tunnel;
	s->index = index;
	s->raw = raw;
	s->control = control;
	s->from = up ? &tunnel->client : &tunnel->server;
	s->to = up ? &tunnel->server : &tunnel->client;
	s->min_rtt_ns = s->round_min_ns = LP_NEVER;
	s->window = 10;
	s->threshold = 1e9;
	lp_host_enter(s->to->host);
	lp_timer_new(s->to->loop, on_ack_timer, s, &s->ack_timer);
	if (raw) {
		lp_addr_parse(up ? "192.0.2.1" : "192.0.2.2", (uint16_t)(7000 + 2 * index), &s->to_addr);
		lp_addr_parse(up ? "192.0.2.2" : "192.0.2.1", (uint16_t)(7001 + 2 * index), &s->from_addr);
		struct lp_addr local = {.port = s->to_addr.port};
		lp_udp_open(s->to->loop, &local, raw_data, s, NULL, &s->to_udp);
	}
	lp_host_enter(s->from->host);
	lp_timer_new(s->from->loop, on_timer, s, &s->timer);
	if (raw) {
		struct lp_addr local = {.port = s->from_addr.port};
		lp_udp_open(s->from->loop, &local, raw_ack, s, NULL, &s->from_udp);
	}
	uint64_t now_ns = lp_loop_now_ns(s->from->loop);
	s->last_ack_ns = now_ns;
	push(s, now_ns);
	arm(s, now_ns);
	return s;
}

void stream_close(struct stream *s)
{
	streams[s->index] = NULL;
	lp_host_enter(s->to->host);
	lp_timer_free(s->ack_timer);
	if (s->raw)
		lp_udp_close(s->to_udp);
	lp_host_enter(s->from->host);
	lp_timer_free(s->timer);
	if (s->raw)
		lp_udp_close(s->from_udp);
	free(s->ring);
	free(s);
}

uint64_t stream_bytes(const struct stream *stream)
{
	return stream->bytes;
}

uint64_t stream_window(const struct stream *stream)
{
	return (uint64_t)stream->window;
}

uint64_t stream_lost(const struct stream *stream)
{
	return stream->lost;
}
