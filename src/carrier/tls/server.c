#include "carrier/tls/server.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "carrier/dcid.h"
#include "carrier/tls/mapped.h"
#include "carrier/tls/stream.h"
#include "carrier/tls/stream_limits.h"
#include "platform/loop/calls.h"
#include "platform/loop/loop.h"
#include "platform/net/stream.h"

#define HANDSHAKE_NS (5 * LP_SEC)
#define SLOW_NS (10 * LP_SEC)
#define TICK_NS LP_SEC
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
	struct lp_carrier_tls_server *to; /* the server that it moves to; NULL: none */
	bool half_open;
	bool placed;          /* it is with the worker that has its connection */
	uint64_t deadline_ns; /* of the handshake; later, when it is idle for too long */
};

/* A stream on its way to another worker. */
struct moving {
	struct moving *next;
	struct lp_carrier_stream *stream;
	struct lp_addr_limit *source;
};

struct lp_carrier_tls_server {
	struct lp_carrier carrier;
	struct lp_carrier_tls_server_config config;
	struct lp_carrier_tls_counters counters;
	struct lp_loop *loop;
	struct lp_carrier_tls_server *first; /* may be this one */
	struct lp_stream_limits *limits;     /* of the first */
	struct lp_timer *timer;
	struct member *members; /* max_streams entries */
	size_t n_members;
	size_t next;              /* where the search for an unused entry starts */
	struct lp_loop_call call; /* takes the streams of |moving| in */
	struct moving *moving;    /* under the lock of the first server, as what follows */
	/* Of the first server: */
	struct lp_stream_listener *listener;
	struct lp_carrier_tls_server **workers; /* config.n of them */
	uint8_t record[LP_CARRIER_STREAM_SCRATCH];
};

static void lock(struct lp_carrier_tls_server *server)
{
	lp_lock_take(&server->first->config.lock);
}

static void unlock(struct lp_carrier_tls_server *server)
{
	lp_lock_release(&server->first->config.lock);
}

/* Counts a client's stream, whose address is known now. False: a limit refuses it. */
static bool admit(struct member *member)
{
	struct lp_carrier_tls_server *server = member->server;
	const struct lp_addr *remote = lp_carrier_stream_remote(member->stream);
	member->source = lp_stream_limits_admit(server->limits, remote, lp_loop_now_ns(server->loop));
	server->counters.refused += !member->source;
	return member->source != NULL;
}

/* Frees an entry, whose stream may go on elsewhere. */
static void free_entry(struct member *member)
{
	member->source = NULL;
	member->stream = NULL;
	member->server->n_members--;
}

/* Closes a stream and frees its entry. */
static void discard(struct member *member)
{
	lp_stream_limits_leave(member->server->limits, member->source, member->half_open);
	lp_carrier_stream_free(member->stream);
	free_entry(member);
}

static bool on_announced(void *ctx, struct lp_carrier_stream *stream)
{
	struct member *member = ctx;
	(void)stream;
	return admit(member);
}

static void on_opened(void *ctx, struct lp_carrier_stream *stream)
{
	struct member *member = ctx;
	struct lp_carrier_tls_server *server = member->server;
	lp_stream_limits_settle(server->limits, member->source);
	member->half_open = false;
	member->local = lp_mapped_addr(lp_carrier_stream_remote(stream)->family, member->number);
	member->deadline_ns = lp_loop_now_ns(server->loop) + server->config.idle_timeout_ns;
	server->counters.opened++;
}

/* The server of the worker that has the connection of a stream's first packet. */
static struct lp_carrier_tls_server *find_worker(struct lp_carrier_tls_server *server, const struct lp_bytes *packet)
{
	const uint8_t *dcid = server->config.n > 1 ? lp_dcid_prefix(packet->data, packet->len) : NULL;
	return dcid ? server->first->workers[dcid[0] % server->config.n] : server;
}

static void on_packets(void *ctx, struct lp_carrier_stream *stream, const struct lp_bytes *packets, size_t n_packets)
{
	struct member *member = ctx;
	struct lp_carrier_tls_server *server = member->server;
	struct lp_udp_msg msgs[MSGS_MAX];
	if (!member->placed) {
		member->placed = true;
		member->to = find_worker(server, packets);
		if (member->to != server) {
			lp_carrier_stream_detach(stream);
			return;
		}
	}
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

/* The stream is off this worker's loop: it goes to the other one's. */
static void on_detached(void *ctx, struct lp_carrier_stream *stream)
{
	struct member *member = ctx;
	struct lp_carrier_tls_server *to = member->to;
	struct moving *moving = malloc(sizeof *moving);
	if (!moving) {
		discard(member);
		return;
	}
	*moving = (struct moving){.stream = stream, .source = member->source};
	free_entry(member);
	lock(to);
	moving->next = to->moving;
	to->moving = moving;
	if (!moving->next) /* otherwise the call has not run yet */
		to->config.post(to->config.calls, &to->call);
	unlock(to);
}

static const struct lp_carrier_stream_events stream_events = {
	.announced = on_announced,
	.opened = on_opened,
	.packets = on_packets,
	.detached = on_detached,
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
	member->placed = false;
	return member;
}

/* Counts an entry that has a stream now, which must begin to do something until |deadline_ns|. */
static void use_entry(struct member *member, uint64_t now_ns, uint64_t deadline_ns)
{
	member->deadline_ns = deadline_ns;
	if (member->server->n_members++ == 0)
		lp_timer_set(member->server->timer, now_ns + TICK_NS);
}

/* Takes a stream in that comes from the first worker. Each stream is counted there, so there is an unused entry. */
static void take_in(struct lp_carrier_tls_server *server, struct moving *moving)
{
	struct member *member = take_entry(server);
	uint64_t now_ns = lp_loop_now_ns(server->loop);
	member->stream = moving->stream;
	member->source = moving->source;
	member->local = lp_mapped_addr(lp_carrier_stream_remote(moving->stream)->family, member->number);
	member->placed = true;
	member->half_open = false;
	use_entry(member, now_ns, now_ns + server->config.idle_timeout_ns);
	if (lp_carrier_stream_attach(moving->stream, server->loop, member) < 0) {
		lp_stream_limits_leave(server->limits, moving->source, false);
		free_entry(member);
	}
	free(moving);
}

/* The streams that were on their way to |server|. */
static struct moving *take_moving(struct lp_carrier_tls_server *server)
{
	lock(server);
	struct moving *moving = server->moving;
	server->moving = NULL;
	unlock(server);
	return moving;
}

/* In the server's own thread. */
static void on_moving(void *ctx)
{
	struct lp_carrier_tls_server *server = ctx;
	struct moving *moving = take_moving(server);
	while (moving) {
		struct moving *next = moving->next;
		take_in(server, moving);
		moving = next;
	}
}

static void on_accept(void *ctx, intptr_t socket, const void *address, unsigned address_len)
{
	struct lp_carrier_tls_server *server = ctx;
	(void)address, (void)address_len;
	server->counters.accepted++;
	if (!lp_stream_limits_reserve(server->limits)) {
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
		lp_stream_limits_leave(server->limits, NULL, false);
		return;
	}
	uint64_t now_ns = lp_loop_now_ns(server->loop);
	member->half_open = true;
	use_entry(member, now_ns, now_ns + HANDSHAKE_NS);
	if (!server->config.proxy_protocol && !admit(member))
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

/* What the first server has in addition. */
static int make_first(struct lp_carrier_tls_server *server)
{
	const struct lp_carrier_tls_server_config *config = &server->config;
	const struct lp_stream_limits_config limits = {
		.max_streams = config->max_streams,
		.max_streams_per_source = config->max_streams_per_source,
		.max_handshakes_per_source = config->max_handshakes_per_source,
		.key = config->key,
		.lock = config->lock,
	};
	server->workers = calloc(config->n, sizeof(struct lp_carrier_tls_server *));
	return server->workers ? lp_stream_limits_new(&limits, &server->limits) : LP_ENOMEM;
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
	server->first = config->first ? config->first : server;
	server->call = (struct lp_loop_call){.fn = on_moving, .ctx = server};
	server->members = calloc(config->max_streams, sizeof *server->members);
	server->limits = server->first->limits;
	int result = config->first ? 0 : make_first(server);
	if (result < 0 || !server->members || lp_timer_new(loop, on_tick, server, &server->timer) < 0) {
		lp_carrier_tls_server_free(server);
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	}
	for (size_t i = 0; i < config->max_streams; i++) {
		server->members[i].server = server;
		server->members[i].number = (uint32_t)i;
	}
	server->first->workers[config->index] = server;
	if (!config->first)
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
	struct moving *moving = take_moving(server);
	while (moving) {
		struct moving *next = moving->next;
		lp_stream_limits_leave(server->limits, moving->source, false);
		lp_carrier_stream_free(moving->stream);
		free(moving);
		moving = next;
	}
	free(server->workers);
	if (server->first == server)
		lp_stream_limits_free(server->limits);
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
