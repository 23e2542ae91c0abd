#include "carrier/tls/server.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/ratelimit.h"
#include "base/units.h"
#include "carrier/tls/mapped.h"
#include "carrier/tls/stream.h"
#include "platform/loop/loop.h"
#include "platform/net/stream.h"
#include "quic/demux/addr_limits.h"

#define HANDSHAKE_NS (5 * LP_SEC)
#define SLOW_NS (10 * LP_SEC)
#define TICK_NS LP_SEC
/* Handshakes that may begin per second, and at one time: their signatures must leave time for frames. */
#define HANDSHAKES_PER_S 100
#define HANDSHAKES_BURST 200
#define MSGS_MAX 64

#define PAGE_TEXT \
	"This is a lanparty-relay. It carries the frames of LAN parties, for players whose network blocks UDP.\n"
_Static_assert(sizeof PAGE_TEXT - 1 == 102, "Content-Length");
static const char page[] = "HTTP/1.1 200 OK\r\n"
			   "Content-Type: text/plain; charset=utf-8\r\n"
			   "Content-Length: 102\r\n"
			   "Connection: close\r\n"
			   "\r\n" PAGE_TEXT;

struct member {
	struct lp_carrier_tls_server *server;
	struct lp_carrier_stream *stream; /* NULL: the entry is unused */
	struct lp_addr_limit *source;     /* NULL until the client's address is known */
	struct lp_addr local;             /* what QUIC sees */
	uint32_t number;                  /* modulo the size of the table: its index */
	bool half_open;
	uint64_t deadline_ns; /* of the handshake; later, when it is idle for too long */
};

struct lp_carrier_tls_server {
	struct lp_carrier carrier;
	struct lp_carrier_tls_server_config config;
	struct lp_carrier_tls_counters counters;
	struct lp_loop *loop;
	struct lp_stream_listener *listener;
	struct lp_timer *timer;
	struct lp_addr_limits sources;
	struct lp_ratelimit handshakes, source_handshakes;
	struct lp_bucket started;
	struct member *members; /* max_streams entries */
	size_t n_members;
	size_t next; /* where the search for an unused entry starts */
	uint8_t record[LP_CARRIER_STREAM_SCRATCH];
};

/* Counts a client's stream, whose address is known now. False: a limit refuses it. */
static bool admit(struct member *member)
{
	struct lp_carrier_tls_server *server = member->server;
	const struct lp_carrier_tls_server_config *config = &server->config;
	const struct lp_addr *remote = lp_carrier_stream_remote(member->stream);
	const struct lp_addr_limit *source = lp_addr_limits_find(&server->sources, remote);
	uint64_t now_ns = lp_loop_now_ns(server->loop);
	if ((source && config->max_streams_per_source && source->n_conns >= config->max_streams_per_source) ||
		(source && source->n_handshakes >= config->max_handshakes_per_source) ||
		!lp_bucket_take(
			lp_addr_limits_bucket(&server->sources, remote), &server->source_handshakes, 1, now_ns) ||
		!lp_bucket_take(&server->started, &server->handshakes, 1, now_ns))
		return false;
	member->source = lp_addr_limits_enter(&server->sources, remote, true);
	return member->source != NULL;
}

/* The handshake is over. */
static void settle(struct member *member)
{
	if (member->half_open && member->source)
		lp_addr_limits_settle(member->source, true);
	member->half_open = false;
}

/* Closes a stream and frees its entry. */
static void discard(struct member *member)
{
	struct lp_carrier_tls_server *server = member->server;
	settle(member);
	if (member->source)
		lp_addr_limits_leave(&server->sources, member->source);
	member->source = NULL;
	lp_carrier_stream_free(member->stream);
	member->stream = NULL;
	server->n_members--;
}

static bool on_announced(void *ctx, struct lp_carrier_stream *stream)
{
	struct member *member = ctx;
	(void)stream;
	if (admit(member))
		return true;
	member->server->counters.refused++;
	return false;
}

static void on_opened(void *ctx, struct lp_carrier_stream *stream)
{
	struct member *member = ctx;
	struct lp_carrier_tls_server *server = member->server;
	settle(member);
	member->local = lp_mapped_addr(lp_carrier_stream_remote(stream)->family, member->number);
	member->deadline_ns = lp_loop_now_ns(server->loop) + server->config.idle_timeout_ns;
	server->counters.opened++;
}

static void on_packets(void *ctx, struct lp_carrier_stream *stream, const struct lp_bytes *packets, size_t n_packets)
{
	struct member *member = ctx;
	struct lp_carrier_tls_server *server = member->server;
	struct lp_udp_msg msgs[MSGS_MAX];
	for (size_t i = 0; i < n_packets; i++)
		msgs[i] = (struct lp_udp_msg){.data = packets[i].data,
			.len = packets[i].len,
			.local = member->local,
			.remote = *lp_carrier_stream_remote(stream)};
	member->deadline_ns = lp_loop_now_ns(server->loop) + server->config.idle_timeout_ns;
	server->carrier.recv(server->carrier.ctx, &server->carrier, msgs, n_packets);
}

static void on_closed(void *ctx, struct lp_carrier_stream *stream, const struct lp_failure *why)
{
	struct member *member = ctx;
	(void)stream, (void)why;
	member->server->counters.failed += member->half_open;
	discard(member);
}

static const struct lp_carrier_stream_events stream_events = {
	.announced = on_announced,
	.opened = on_opened,
	.packets = on_packets,
	.closed = on_closed,
};

/* An unused entry; there is one. Its number is a new one. */
static struct member *take_entry(struct lp_carrier_tls_server *server)
{
	size_t max = server->config.max_streams;
	while (server->members[server->next].stream)
		server->next = (server->next + 1) % max;
	struct member *member = &server->members[server->next];
	server->next = (server->next + 1) % max;
	member->number += (uint32_t)max;
	if (member->number >= LP_MAPPED_NUMBERS)
		member->number %= (uint32_t)max;
	return member;
}

static void on_accept(void *ctx, intptr_t socket, const void *address, unsigned address_len)
{
	struct lp_carrier_tls_server *server = ctx;
	(void)address, (void)address_len;
	server->counters.accepted++;
	if (server->n_members == server->config.max_streams) {
		server->counters.refused++;
		lp_stream_discard(socket);
		return;
	}
	struct member *member = take_entry(server);
	struct lp_carrier_stream_config config = {
		.loop = server->loop,
		.tls = server->config.tls,
		.events = &stream_events,
		.ctx = member,
		.page = page,
		.proxy_protocol = server->config.proxy_protocol,
	};
	if (lp_carrier_stream_accept(&config, socket, &member->stream) < 0) {
		server->counters.refused++;
		return;
	}
	uint64_t now_ns = lp_loop_now_ns(server->loop);
	member->half_open = true;
	member->deadline_ns = now_ns + HANDSHAKE_NS;
	if (server->n_members++ == 0)
		lp_timer_set(server->timer, now_ns + TICK_NS);
	if (server->config.proxy_protocol || admit(member))
		return;
	server->counters.refused++;
	discard(member);
}

/* Closes streams whose deadline has come, and those with slow readers. */
static void on_tick(void *ctx, uint64_t now_ns)
{
	struct lp_carrier_tls_server *server = ctx;
	for (size_t i = 0; i < server->config.max_streams; i++) {
		struct member *member = &server->members[i];
		if (!member->stream)
			continue;
		uint64_t behind_ns = lp_carrier_stream_behind_ns(member->stream);
		bool slow = behind_ns != LP_NEVER && now_ns > behind_ns && now_ns - behind_ns > SLOW_NS;
		if (!slow && now_ns < member->deadline_ns)
			continue;
		server->counters.slow += slow;
		server->counters.failed += member->half_open;
		discard(member);
	}
	lp_timer_set(server->timer, server->n_members ? now_ns + TICK_NS : LP_NEVER);
}

/* The stream that QUIC names by a local address, or NULL. */
static struct member *find(struct lp_carrier_tls_server *server, const struct lp_addr *local)
{
	struct member *member = &server->members[lp_mapped_number(local) % server->config.max_streams];
	return member->stream && member->number == lp_mapped_number(local) ? member : NULL;
}

static size_t count_datagrams(const struct lp_udp_msg *msgs, size_t n_msgs)
{
	size_t n = 0;
	for (size_t i = 0; i < n_msgs; i++)
		n += msgs[i].segment_bytes ? (msgs[i].len + msgs[i].segment_bytes - 1) / msgs[i].segment_bytes : 1;
	return n;
}

static void server_send(struct lp_carrier *carrier, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	struct lp_carrier_tls_server *server = (struct lp_carrier_tls_server *)carrier;
	while (n_msgs) {
		size_t n = 1;
		while (n < n_msgs && lp_addr_equal(&msgs[n].local, &msgs->local))
			n++;
		struct member *member = find(server, &msgs->local);
		server->counters.dropped += member ? lp_carrier_stream_send(member->stream, msgs, n, server->record)
						   : count_datagrams(msgs, n);
		msgs += n;
		n_msgs -= n;
	}
}

int lp_carrier_tls_server_new(struct lp_loop *loop, const struct lp_carrier_tls_server_config *config,
	lp_carrier_recv_fn *recv, void *ctx, struct lp_failure *failure, struct lp_carrier_tls_server **ret_server)
{
	struct lp_carrier_tls_server *server = calloc(1, sizeof *server);
	if (!server)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	lp_carrier_init(&server->carrier, server_send, recv, ctx);
	server->config = *config;
	server->loop = loop;
	lp_ratelimit_init(&server->handshakes, HANDSHAKES_PER_S, HANDSHAKES_BURST);
	lp_ratelimit_init(
		&server->source_handshakes, config->max_handshakes_per_source, config->max_handshakes_per_source);
	server->members = calloc(config->max_streams, sizeof *server->members);
	int result = lp_addr_limits_init(&server->sources, config->key);
	if (result < 0 || !server->members || lp_timer_new(loop, on_tick, server, &server->timer) < 0) {
		lp_carrier_tls_server_free(server);
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	}
	for (size_t i = 0; i < config->max_streams; i++) {
		server->members[i].server = server;
		server->members[i].number = (uint32_t)i;
	}
	result = lp_stream_listen(loop, &config->listen, on_accept, server, failure, &server->listener);
	if (result < 0) {
		lp_carrier_tls_server_free(server);
		return result;
	}
	*ret_server = server;
	return 0;
}

void lp_carrier_tls_server_free(struct lp_carrier_tls_server *server)
{
	if (!server)
		return;
	lp_stream_close(server->listener);
	for (size_t i = 0; server->members && i < server->config.max_streams; i++)
		if (server->members[i].stream)
			discard(&server->members[i]);
	if (server->sources.buckets)
		lp_addr_limits_done(&server->sources);
	lp_timer_free(server->timer);
	free(server->members);
	free(server);
}

struct lp_carrier *lp_carrier_tls_server_carrier(struct lp_carrier_tls_server *server)
{
	return &server->carrier;
}

void lp_carrier_tls_server_local(const struct lp_carrier_tls_server *server, struct lp_addr *ret_addr)
{
	lp_stream_address(server->listener, ret_addr);
}

const struct lp_carrier_tls_counters *lp_carrier_tls_server_counters(const struct lp_carrier_tls_server *server)
{
	return &server->counters;
}

size_t lp_carrier_tls_server_count(const struct lp_carrier_tls_server *server)
{
	return server->n_members;
}
