/* A load generator for a relay: many real members in one process, each with its own QUIC connection and session, that
   exchange game-like frames (64 bytes at 60 Hz) in rooms. Prints the time to join, losses, latencies, and with
   --relay-pid the relay's CPU and memory. bench/load-run starts a relay for it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "carrier/udp.h"
#include "cli/start.h"
#include "cli/value.h"
#include "egress/queue.h"
#include "link/link.h"
#include "platform/loop/cpu.h"
#include "platform/loop/loop.h"
#include "platform/system/file.h"
#include "platform/system/random.h"
#include "proto/ether.h"
#include "quic/endpoint.h"
#include "quic/tls/credentials.h"
#include "session/session.h"

#define FRAME_BYTES 64U
#define SEQUENCE_OFFSET 16U /* in the frame: u64 send time */
#define SLOTS 16U           /* members send in this many groups, spread over a frame's interval */
#define LATENCY_MAX_US 200000U

struct options {
	struct lp_hostport relay;
	char server_name[256], ca_path[4096];
	uint32_t members, rooms, rate, relay_pid, at_once;
	uint64_t duration_ns;
};

static const struct lp_option option_rows[] = {
	{"relay", "ADDR:PORT", LP_HOSTPORT(struct options, relay, 443), .group = "Relay", .required = true,
		.help = "the relay, by address; start it with --max-connections-per-address 0 and room for the crowd"},
	{"server-name", "NAME", LP_TEXT(struct options, server_name), .standard = "lanparty-relay.local",
		.help = "the name in its certificate"},
	{"relay-ca-cert", "FILE", LP_TEXT(struct options, ca_path), .required = true, .help = "its certificate"},
	{"relay-pid", "PID", LP_NUMBER(struct options, relay_pid, 1, UINT32_MAX),
		.help = "measure this process: CPU and memory"},
	{"members", "N", LP_NUMBER(struct options, members, 2, 20000), .group = "Crowd", .standard = "1000",
		.help = "members in all"},
	{"rooms", "N", LP_NUMBER(struct options, rooms, 1, 10000), .standard = "100", .help = "rooms they are in"},
	{"rate", "HZ", LP_NUMBER(struct options, rate, 1, 1000), .standard = "60",
		.help = "frames a second of each member"},
	{"joins-at-once", "N", LP_NUMBER(struct options, at_once, 1, 10000), .standard = "32",
		.help = "handshakes under way at a time"},
	{"duration", "TIME", LP_DURATION(struct options, duration_ns, LP_SEC, 600 * LP_SEC), .standard = "10s",
		.help = "how long they play"},
};

static const struct lp_program program = {
	.name = "load",
	.summary = "many members of a relay in one process",
};

struct member;

/* The whole load. */
struct crowd {
	struct options options;
	struct lp_loop *loop;
	struct lp_carrier_udp udp;
	struct lp_tls *tls;
	struct lp_quic_endpoint *endpoint;
	struct lp_frame_pool *pool;
	struct lp_timer *quic_timer, *play_timer;
	struct lp_addr relay;
	struct member *members;
	size_t n_started, n_joined, n_failed;
	uint64_t now_ns, started_ns, joined_ns, play_until_ns, next_slot_ns;
	unsigned slot;
	bool playing, draining;
	uint64_t n_sent, n_received, cpu_ticks_before;
	long rss_before_kb;
	uint32_t latency_us[LATENCY_MAX_US + 1]; /* number of frames by latency in microseconds */
	uint64_t join_sum_ns, join_max_ns;
};

/* One member. */
struct member {
	struct crowd *crowd;
	struct lp_quic_conn *conn;
	struct lp_session *session;
	struct lp_link *link;
	uint64_t started_ns;
	bool joined;
	uint8_t frame[FRAME_BYTES];
};

/* The MAC of a member by its number. */
static struct lp_mac mac_of(size_t number)
{
	return (struct lp_mac){{0x02, 0x10, (uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8),
		(uint8_t)number}};
}

/* The next member of the same room, to which it sends. */
static size_t neighbour(const struct crowd *crowd, size_t number)
{
	size_t next = number + crowd->options.rooms;
	return next < crowd->options.members ? next : number % crowd->options.rooms;
}

/* CPU time of a process in clock ticks, and its resident memory. False if there is no such process. */
static bool process_usage(uint32_t pid, uint64_t *ret_ticks, long *ret_rss_kb)
{
	char path[64], line[1024];
	unsigned long long user, system;
	long pages;
	snprintf(path, sizeof path, "/proc/%u/stat", pid);
	FILE *file = fopen(path, "r");
	if (!file)
		return false;
	bool read = fgets(line, sizeof line, file) != NULL;
	fclose(file);
	const char *rest = read ? strrchr(line, ')') : NULL;
	if (!rest ||
		sscanf(rest + 2,
			"%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %*d %*d %*u %*u %ld",
			&user, &system, &pages) != 3)
		return false;
	*ret_ticks = user + system;
	*ret_rss_kb = pages * (sysconf(_SC_PAGESIZE) / 1024);
	return true;
}

/* The room of a member. */
static void room_of(const struct crowd *crowd, size_t number, char room[LP_ROOM_CODE_MAX + 1])
{
	snprintf(room, LP_ROOM_CODE_MAX + 1, "LOAD-%zu", number % crowd->options.rooms);
}

/* Starts connections until enough are in progress. */
static void start_more(struct crowd *crowd)
{
	struct lp_quic_target target = {
		.carrier = &crowd->udp.carrier,
		.remote = crowd->relay,
		.server_name = crowd->options.server_name,
		.first_dcid = {.len = 1},
	};
	while (crowd->n_started < crowd->options.members &&
		crowd->n_started - crowd->n_joined - crowd->n_failed < crowd->options.at_once) {
		char room[LP_ROOM_CODE_MAX + 1];
		room_of(crowd, crowd->n_started, room);
		target.first_dcid.bytes[0] = lp_room_steer(room);
		struct member *member = &crowd->members[crowd->n_started++];
		member->started_ns = crowd->now_ns;
		if (lp_quic_connect(crowd->endpoint, &target, crowd->now_ns, &member->conn) < 0)
			crowd->n_failed++;
		else
			lp_quic_set_user(member->conn, member);
	}
}

/* Ends a pass: sends the sealed packets. */
static void end_pass(struct crowd *crowd)
{
	lp_quic_flush(crowd->endpoint, crowd->now_ns);
	lp_timer_set(crowd->quic_timer, lp_quic_deadline(crowd->endpoint));
}

/* A receive batch. */
static void on_udp(void *ctx, struct lp_carrier *carrier, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	struct crowd *crowd = ctx;
	crowd->now_ns = lp_loop_now_ns(crowd->loop);
	lp_quic_receive(crowd->endpoint, carrier, msgs, n_msgs, crowd->now_ns);
	start_more(crowd);
	end_pass(crowd);
}

/* The endpoint's deadline is due. */
static void on_quic_timer(void *ctx, uint64_t now_ns)
{
	struct crowd *crowd = ctx;
	crowd->now_ns = now_ns;
	lp_quic_expire(crowd->endpoint, now_ns);
	end_pass(crowd);
}

/* All members have joined: the game begins. */
static void begin(struct crowd *crowd)
{
	crowd->joined_ns = crowd->now_ns;
	crowd->playing = true;
	crowd->play_until_ns = crowd->now_ns + crowd->options.duration_ns;
	crowd->next_slot_ns = crowd->now_ns;
	if (crowd->options.relay_pid)
		process_usage(crowd->options.relay_pid, &crowd->cpu_ticks_before, &crowd->rss_before_kb);
	lp_timer_set(crowd->play_timer, crowd->now_ns);
}

/* The members of a slot send their frame. */
static void on_play_timer(void *ctx, uint64_t now_ns)
{
	struct crowd *crowd = ctx;
	crowd->now_ns = now_ns;
	if (now_ns >= crowd->play_until_ns) {
		if (crowd->draining) {
			lp_loop_stop(crowd->loop);
			return;
		}
		crowd->draining = true; /* frames in flight may still arrive */
		crowd->play_until_ns = now_ns + LP_SEC / 2;
		lp_timer_set(crowd->play_timer, crowd->play_until_ns);
		return;
	}
	for (size_t i = crowd->slot; i < crowd->options.members; i += SLOTS) {
		struct member *member = &crowd->members[i];
		struct lp_bytes part = {member->frame, FRAME_BYTES};
		if (!member->joined)
			continue;
		uint64_t sent_ns = lp_loop_now_ns(crowd->loop);
		memcpy(member->frame + SEQUENCE_OFFSET, &sent_ns, sizeof sent_ns);
		lp_link_send(member->link, 0, &part, 1, now_ns);
		crowd->n_sent++;
	}
	crowd->slot = (crowd->slot + 1) % SLOTS;
	end_pass(crowd);
	crowd->next_slot_ns += LP_SEC / crowd->options.rate / SLOTS;
	lp_timer_set(crowd->play_timer, crowd->next_slot_ns);
}

/* A frame from the room. */
static void on_frame(void *ctx, uint16_t source, const uint8_t *frame, size_t len, uint64_t now_ns)
{
	struct member *member = ctx;
	struct crowd *crowd = member->crowd;
	uint64_t sent_ns;
	(void)source;
	(void)now_ns;
	if (len != FRAME_BYTES || memcmp(frame, member->frame + 6, 6) != 0)
		return;
	memcpy(&sent_ns, frame + SEQUENCE_OFFSET, sizeof sent_ns);
	uint64_t us = (lp_loop_now_ns(crowd->loop) - sent_ns) / LP_US;
	crowd->latency_us[us < LATENCY_MAX_US ? us : LATENCY_MAX_US]++;
	crowd->n_received++;
}

/* A handshake is complete: the member sends its hello. */
static void on_ready(void *ctx, struct lp_quic_conn *conn)
{
	struct crowd *crowd = ctx;
	struct member *member = lp_quic_user(conn);
	struct lp_link_config link = {.conn = conn, .pool = crowd->pool, .frame = on_frame, .ctx = member};
	if (lp_link_new(&link, &member->link) == 0)
		lp_session_start(member->session, (uint32_t)lp_quic_budget(conn), crowd->now_ns);
}

/* Bytes of a control stream. */
static void on_control(void *ctx, struct lp_quic_conn *conn, const uint8_t *data, size_t len)
{
	struct crowd *crowd = ctx;
	struct member *member = lp_quic_user(conn);
	lp_session_receive(member->session, data, len, crowd->now_ns);
}

/* One DATAGRAM. */
static void on_datagram(void *ctx, struct lp_quic_conn *conn, const uint8_t *data, size_t len)
{
	struct crowd *crowd = ctx;
	struct member *member = lp_quic_user(conn);
	if (member->link)
		lp_link_receive(member->link, data, len, crowd->now_ns);
}

/* A congestion window has opened again. */
static void on_writable(void *ctx, struct lp_quic_conn *conn)
{
	struct crowd *crowd = ctx;
	struct member *member = lp_quic_user(conn);
	if (member->link)
		lp_link_writable(member->link, crowd->now_ns);
}

/* A connection has ended. */
static void on_closed(void *ctx, struct lp_quic_conn *conn, const struct lp_quic_close *why)
{
	struct crowd *crowd = ctx;
	struct member *member = lp_quic_user(conn);
	if (!crowd->draining && crowd->n_failed++ == 0)
		fprintf(stderr, "load: a connection ended: %s\n", why->reason);
	member->joined = false;
	member->conn = NULL;
	lp_link_free(member->link);
	member->link = NULL;
}

/* Random bytes for the endpoint. */
static void on_random(void *ctx, uint8_t *data, size_t len)
{
	(void)ctx;
	lp_random_fill(data, len);
}

/* Bytes for the control stream. */
static void on_session_send(void *ctx, const uint8_t *data, size_t len)
{
	struct member *member = ctx;
	if (member->conn)
		lp_quic_send_control(member->conn, data, len);
}

/* The relay admitted the member. */
static void on_session_joined(void *ctx, const struct lp_welcome *welcome)
{
	struct member *member = ctx;
	struct crowd *crowd = member->crowd;
	uint64_t took_ns = crowd->now_ns - member->started_ns;
	(void)welcome;
	member->joined = true;
	crowd->join_sum_ns += took_ns;
	if (took_ns > crowd->join_max_ns)
		crowd->join_max_ns = took_ns;
	if (++crowd->n_joined == crowd->options.members)
		begin(crowd);
	else if (crowd->n_joined % 100 == 0)
		fprintf(stderr, "load: %zu of %u members are in\n", crowd->n_joined, crowd->options.members);
}

/* A peer joined or left: ignored. */
static void on_session_peer(void *ctx, const struct lp_peer_event *peer, bool joined, bool known)
{
	(void)ctx;
	(void)peer;
	(void)joined;
	(void)known;
}

/* The relay's figures: ignored. */
static void on_session_stats(void *ctx, const struct lp_stats_message *stats)
{
	(void)ctx;
	(void)stats;
}

/* A session has ended. */
static void on_session_ended(void *ctx, const struct lp_reject *reject, const struct lp_disconnect *disconnect,
	const struct lp_failure *failure)
{
	(void)ctx;
	fprintf(stderr, "load: a session ended: %s\n",
		reject       ? reject->message
		: disconnect ? disconnect->message
			     : failure->text);
}

static const struct lp_quic_events quic_events = {
	.ready = on_ready,
	.control = on_control,
	.datagram = on_datagram,
	.writable = on_writable,
	.closed = on_closed,
};

static const struct lp_session_events session_events = {
	.send = on_session_send,
	.joined = on_session_joined,
	.peer = on_session_peer,
	.stats = on_session_stats,
	.ended = on_session_ended,
};

/* Creates the members. */
static int make_members(struct crowd *crowd)
{
	crowd->members = calloc(crowd->options.members, sizeof *crowd->members);
	if (!crowd->members)
		return LP_ENOMEM;
	for (size_t i = 0; i < crowd->options.members; i++) {
		struct member *member = &crowd->members[i];
		struct lp_mac to = mac_of(neighbour(crowd, i));
		struct lp_session_config session = {.mac = mac_of(i), .events = &session_events, .ctx = member};
		room_of(crowd, i, session.room);
		snprintf(session.software, sizeof session.software, "load %s", LP_VERSION);
		member->crowd = crowd;
		memcpy(member->frame, to.octet, 6);
		memcpy(member->frame + 6, session.mac.octet, 6);
		member->frame[12] = 0x88; /* local experimental EtherType (IEEE 802, 88B5) */
		member->frame[13] = 0xb5;
		int result = lp_session_new(&session, &member->session);
		if (result < 0)
			return result;
	}
	return 0;
}

/* Creates the objects that members share. */
static int make_crowd(struct crowd *crowd, struct lp_failure *failure)
{
	const struct lp_addr any = {0};
	uint8_t *ca;
	size_t ca_len;
	int result = lp_file_read(crowd->options.ca_path, 1 << 20, failure, &ca, &ca_len);
	if (result < 0)
		return result;
	result = lp_tls_client_new(ca, ca_len, failure, &crowd->tls);
	free(ca);
	if (result < 0)
		return result;
	if (lp_addr_parse(crowd->options.relay.host, crowd->options.relay.port, &crowd->relay) < 0)
		return lp_fail(failure, LP_EINVAL, "--relay: a numeric address is wanted here");
	struct lp_quic_config quic = {
		.client_tls = crowd->tls,
		.events = &quic_events,
		.ctx = crowd,
		.random = on_random,
		.idle_timeout_ns = 30 * LP_SEC,
		.keep_alive_ns = 15 * LP_SEC,
	};
	lp_random_fill(quic.secret, sizeof quic.secret);
	if ((result = lp_loop_new(&crowd->loop)) < 0 ||
		(result = lp_carrier_udp_open(&crowd->udp, crowd->loop, &any, on_udp, crowd, failure)) < 0 ||
		(result = lp_timer_new(crowd->loop, on_quic_timer, crowd, &crowd->quic_timer)) < 0 ||
		(result = lp_timer_new(crowd->loop, on_play_timer, crowd, &crowd->play_timer)) < 0 ||
		(result = lp_frame_pool_new(64 << 20, &crowd->pool)) < 0 ||
		(result = lp_quic_endpoint_new(&quic, &crowd->endpoint)) < 0 || (result = make_members(crowd)) < 0)
		return lp_fail(failure, result, "cannot start: %s", lp_error_text(result));
	return 0;
}

/* The latency of the fastest |share| of the frames. */
static unsigned percentile_us(const struct crowd *crowd, double share)
{
	uint64_t seen = 0, want = (uint64_t)((double)crowd->n_received * share);
	for (unsigned us = 0; us < LATENCY_MAX_US; us++) {
		seen += crowd->latency_us[us];
		if (seen > want)
			return us;
	}
	return LATENCY_MAX_US;
}

/* Prints the result. */
static void print_result(const struct crowd *crowd)
{
	uint64_t ticks;
	long rss_kb;
	double seconds = (double)crowd->options.duration_ns / 1e9;
	printf("members %zu in %u rooms, joined in %.2f s (mean %.1f ms, max %.1f ms)\n", crowd->n_joined,
		crowd->options.rooms, (double)(crowd->joined_ns - crowd->started_ns) / 1e9,
		(double)crowd->join_sum_ns / 1e6 / (double)crowd->n_joined, (double)crowd->join_max_ns / 1e6);
	printf("frames sent %" PRIu64 " (%.0f per second), received %" PRIu64 ", lost %" PRIu64 " (%.4f %%)\n",
		crowd->n_sent, (double)crowd->n_sent / seconds, crowd->n_received, crowd->n_sent - crowd->n_received,
		100.0 * (double)(crowd->n_sent - crowd->n_received) / (double)crowd->n_sent);
	printf("one way: median %u us, p99 %u us\n", percentile_us(crowd, 0.5), percentile_us(crowd, 0.99));
	if (crowd->options.relay_pid && process_usage(crowd->options.relay_pid, &ticks, &rss_kb))
		printf("relay: %.0f %% of a CPU, %.1f MB resident with all members, %.1f MB at the end\n",
			100.0 * (double)(ticks - crowd->cpu_ticks_before) / (double)sysconf(_SC_CLK_TCK) / seconds,
			(double)crowd->rss_before_kb / 1024, (double)rss_kb / 1024);
}

/* Sends goodbye and frees everything. */
static void finish(struct crowd *crowd)
{
	for (size_t i = 0; crowd->members && i < crowd->options.members; i++) {
		struct member *member = &crowd->members[i];
		if (member->conn) {
			lp_quic_set_user(member->conn, member);
			lp_quic_close(member->conn, LP_QUIC_APP_OK, "goodbye");
		}
	}
	if (crowd->endpoint)
		lp_quic_flush(crowd->endpoint, crowd->now_ns);
	for (size_t i = 0; crowd->members && i < crowd->options.members; i++) {
		lp_link_free(crowd->members[i].link);
		lp_session_free(crowd->members[i].session);
	}
	lp_quic_endpoint_free(crowd->endpoint);
	free(crowd->members);
	lp_frame_pool_free(crowd->pool);
	lp_timer_free(crowd->play_timer);
	lp_timer_free(crowd->quic_timer);
	lp_carrier_udp_close(&crowd->udp);
	lp_tls_free(crowd->tls);
	lp_loop_free(crowd->loop);
}

int main(int argc, char **argv)
{
	static struct crowd crowd;
	struct lp_options options;
	struct lp_common_options common = {0};
	struct lp_failure failure = {0};
	int code;
	lp_options_init(&options, &program);
	lp_options_add(&options, option_rows, LP_OPTIONS_N(option_rows), &crowd.options);
	if (!lp_start(&options, &common, argc, argv, &code))
		return code;
	if (make_crowd(&crowd, &failure) < 0) {
		fprintf(stderr, "load: %s\n", failure.text);
		finish(&crowd);
		return LP_EXIT_FAILURE;
	}
	/* The relay has priority here, so its members get it too, as on their own machines. */
	if (common.priority)
		(void)lp_cpu_raise_priority();
	crowd.now_ns = crowd.started_ns = lp_loop_now_ns(crowd.loop);
	start_more(&crowd);
	end_pass(&crowd);
	lp_loop_run(crowd.loop);
	print_result(&crowd);
	bool whole = crowd.n_failed == 0 && crowd.n_sent == crowd.n_received;
	finish(&crowd);
	return whole ? LP_EXIT_OK : LP_EXIT_FAILURE;
}
