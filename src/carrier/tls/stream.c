#include "carrier/tls/stream.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "carrier/tls/framing.h"
#include "carrier/tls/http_connect.h"
#include "carrier/tls/proxy_header.h"
#include "platform/loop/loop.h"
#include "platform/net/stream.h"
#include "platform/net/tcp.h"
#include "quic/tls/stream.h"

/* Reads in one pass of the loop: other streams and devices wait for no more than these. */
#define READS_PER_PASS 8
/* Packets of one call of the owner's function. */
#define PACKETS_MAX 64
/* The beginning of a packet, and one record. */
#define IN_BYTES (LP_FRAMING_HEADER + LP_FRAMING_PACKET_MAX + LP_TLS_STREAM_RECORD_MAX)
/* Bytes of one read of the TCP connection, which may be many small records. */
#define RAW_BYTES 16384
/* Bytes of the longest HTTP request that gets the page. */
#define REQUEST_MAX 8192

enum state {
	CONNECTING,
	PROXY,     /* the request was sent, the reply is awaited */
	ANNOUNCED, /* a PROXY protocol header is awaited */
	HANDSHAKE,
	OPEN,
	PAGE, /* the request is awaited */
	CLOSED,
};

struct lp_carrier_stream {
	struct lp_carrier_stream_config config;
	enum state state;
	struct lp_tcp *tcp;
	struct lp_tls_stream *tls;
	struct lp_addr remote;
	uint64_t behind_ns; /* LP_NEVER: no record waits */
	bool busy;          /* inside on_ready() */
	bool freed;         /* by the owner, inside on_ready() */
	bool detaching;     /* it leaves the loop at the end of on_ready() */
	intptr_t socket;    /* while it is detached, which is when |tcp| is NULL and it is not closed */
	size_t in_len, raw_at, raw_len;
	uint8_t in[IN_BYTES];   /* received: a proxy's reply, a header, a request, or packets */
	uint8_t raw[RAW_BYTES]; /* encrypted bytes that TLS has not read yet: from |raw_at| to |raw_len| */
};

static void close_stream(struct lp_carrier_stream *stream, const struct lp_failure *why)
{
	if (stream->state == CLOSED)
		return;
	stream->state = CLOSED;
	stream->config.events->closed(stream->config.ctx, stream, why);
}

/* The other end closed the connection, or it broke. */
static void on_end(struct lp_carrier_stream *stream)
{
	struct lp_failure why;
	lp_fail(&why, LP_ECLOSED, "the TCP connection was closed");
	close_stream(stream, &why);
}

/* Passes the complete packets on and keeps the rest. False: the stream is closed. */
static bool take_packets(struct lp_carrier_stream *stream)
{
	struct lp_bytes packets[PACKETS_MAX];
	struct lp_failure why;
	size_t at = 0, n = PACKETS_MAX;
	while (n == PACKETS_MAX) {
		int taken = lp_framing_read(stream->in + at, stream->in_len - at, packets, PACKETS_MAX, &n);
		if (taken < 0) {
			lp_fail(&why, LP_EMALFORMED, "a packet's length in the TLS stream is not valid");
			close_stream(stream, &why);
			return false;
		}
		if (n > 0)
			stream->config.events->packets(stream->config.ctx, stream, packets, n);
		if (stream->freed || stream->state != OPEN)
			return false;
		if (stream->detaching)
			break;
		at += (size_t)taken;
	}
	stream->in_len -= at;
	memmove(stream->in, stream->in + at, stream->in_len);
	return !stream->detaching;
}

static void receive(struct lp_carrier_stream *stream)
{
	/* The loop does not report bytes that were read already. */
	for (unsigned i = 0; i < READS_PER_PASS || stream->raw_at < stream->raw_len; i++) {
		int n = lp_tls_stream_receive(
			stream->tls, stream->in + stream->in_len, sizeof stream->in - stream->in_len);
		if (n == LP_EAGAIN)
			return;
		if (n < 0) {
			on_end(stream);
			return;
		}
		stream->in_len += (size_t)n;
		if (!take_packets(stream))
			return;
	}
}

/* Reads an HTTP request to its end and answers it with the page. */
static void serve_page(struct lp_carrier_stream *stream)
{
	const char *page = stream->config.page;
	bool complete = false;
	int n = 0;
	while (!complete && n >= 0) {
		n = lp_tls_stream_receive(stream->tls, stream->in + stream->in_len, REQUEST_MAX - stream->in_len);
		if (n == LP_EAGAIN)
			return;
		stream->in_len += n > 0 ? (size_t)n : 0;
		complete = stream->in_len == REQUEST_MAX;
		for (size_t i = 3; i < stream->in_len && !complete; i++)
			complete = memcmp(stream->in + i - 3, "\r\n\r\n", 4) == 0;
	}
	if (complete && lp_tls_stream_send(stream->tls, (const uint8_t *)page, strlen(page)) == 0)
		lp_tls_stream_end(stream->tls);
	on_end(stream);
}

static void shake_hands(struct lp_carrier_stream *stream)
{
	struct lp_failure why;
	stream->state = HANDSHAKE;
	int result = lp_tls_stream_handshake(stream->tls, &why);
	if (result == LP_EAGAIN)
		return;
	if (result < 0) {
		close_stream(stream, &why);
		return;
	}
	stream->in_len = 0;
	if (!lp_tls_stream_carries_quic(stream->tls)) {
		stream->state = PAGE;
		serve_page(stream);
		return;
	}
	stream->state = OPEN;
	stream->config.events->opened(stream->config.ctx, stream);
	if (!stream->freed && stream->state == OPEN)
		receive(stream);
}

/* Reads the proxy's reply. */
static void await_proxy(struct lp_carrier_stream *stream)
{
	struct lp_failure why;
	int n = lp_tcp_read(stream->tcp, stream->in + stream->in_len, LP_HTTP_CONNECT_REPLY_MAX - stream->in_len);
	if (n == LP_EAGAIN)
		return;
	if (n < 0) {
		lp_fail(&why, LP_ECLOSED, "the proxy closed the connection");
		close_stream(stream, &why);
		return;
	}
	stream->in_len += (size_t)n;
	int result = lp_http_connect_reply((const char *)stream->in, stream->in_len, &why);
	if (result == 0)
		shake_hands(stream);
	else if (result != LP_EAGAIN)
		close_stream(stream, &why);
}

/* Reads the PROXY protocol header and no byte more. */
static void await_header(struct lp_carrier_stream *stream)
{
	struct lp_failure why;
	int total = lp_proxy_header_length(stream->in, stream->in_len);
	while (total > (int)stream->in_len) {
		int n = lp_tcp_read(stream->tcp, stream->in + stream->in_len, (size_t)total - stream->in_len);
		if (n == LP_EAGAIN)
			return;
		if (n < 0) {
			on_end(stream);
			return;
		}
		stream->in_len += (size_t)n;
		total = lp_proxy_header_length(stream->in, stream->in_len);
	}
	if (total < 0 || lp_proxy_header_read(stream->in, stream->in_len, &stream->remote) < 0) {
		lp_fail(&why, LP_EMALFORMED, "the connection did not begin with a PROXY protocol header");
		close_stream(stream, &why);
		return;
	}
	if (!stream->config.events->announced(stream->config.ctx, stream)) {
		lp_fail(&why, LP_EFULL, "a limit was reached");
		close_stream(stream, &why);
		return;
	}
	shake_hands(stream);
}

/* The TCP connection of a member is established, or has failed. */
static void on_connected(struct lp_carrier_stream *stream)
{
	struct lp_failure why;
	const char *request = stream->config.request;
	int result = lp_tcp_connected(stream->tcp);
	if (result == LP_EAGAIN)
		return;
	if (result < 0) {
		lp_fail(&why, result, "the TCP connection failed: %s",
			result == LP_EUNREACH ? "it was refused, or there is no route" : lp_error_text(result));
		close_stream(stream, &why);
		return;
	}
	if (!request) {
		shake_hands(stream);
		return;
	}
	stream->state = PROXY;
	/* It fits the empty send buffer. */
	if (lp_tcp_write(stream->tcp, (const uint8_t *)request, strlen(request)) != (int)strlen(request))
		on_end(stream);
}

/* Writes what waits. */
static void drain(struct lp_carrier_stream *stream)
{
	if (stream->behind_ns != LP_NEVER && lp_tls_stream_drain(stream->tls) == 0)
		stream->behind_ns = LP_NEVER;
}

static void proceed(struct lp_carrier_stream *stream)
{
	switch (stream->state) {
	case CONNECTING:
		on_connected(stream);
		break;
	case PROXY:
		await_proxy(stream);
		break;
	case ANNOUNCED:
		await_header(stream);
		break;
	case HANDSHAKE:
		shake_hands(stream);
		break;
	case OPEN:
		drain(stream);
		/* What is there are packets only after lp_carrier_stream_attach(), otherwise the beginning of one. */
		if (take_packets(stream))
			receive(stream);
		break;
	case PAGE:
		serve_page(stream);
		break;
	case CLOSED:
		break;
	}
}

static void destroy(struct lp_carrier_stream *stream)
{
	lp_tls_stream_free(stream->tls);
	free(stream);
}

static void on_ready(void *ctx)
{
	struct lp_carrier_stream *stream = ctx;
	stream->busy = true;
	proceed(stream);
	stream->busy = false;
	if (stream->freed) {
		destroy(stream);
	} else if (stream->detaching) {
		stream->detaching = false;
		stream->socket = lp_tcp_detach(stream->tcp);
		stream->tcp = NULL;
		stream->config.events->detached(stream->config.ctx, stream);
	}
}

static int tls_read(void *ctx, uint8_t *data, size_t max)
{
	struct lp_carrier_stream *stream = ctx;
	if (!stream->tcp)
		return LP_ECLOSED;
	if (stream->raw_at == stream->raw_len) {
		int n = lp_tcp_read(stream->tcp, stream->raw, sizeof stream->raw);
		if (n < 0)
			return n;
		stream->raw_at = 0;
		stream->raw_len = (size_t)n;
	}
	size_t left = stream->raw_len - stream->raw_at, n = max < left ? max : left;
	memcpy(data, stream->raw + stream->raw_at, n);
	stream->raw_at += n;
	return (int)n;
}

static int tls_write(void *ctx, const uint8_t *data, size_t len)
{
	struct lp_carrier_stream *stream = ctx;
	return stream->tcp ? lp_tcp_write(stream->tcp, data, len) : LP_ECLOSED;
}

static int stream_new(
	const struct lp_carrier_stream_config *config, enum state state, struct lp_carrier_stream **ret_stream)
{
	struct lp_carrier_stream *stream = malloc(sizeof *stream);
	if (!stream)
		return LP_ENOMEM;
	memset(stream, 0, offsetof(struct lp_carrier_stream, in));
	stream->config = *config;
	stream->state = state;
	stream->behind_ns = LP_NEVER;
	struct lp_tls_stream_config tls = {
		.tls = config->tls,
		.server_name = config->server_name,
		.read = tls_read,
		.write = tls_write,
		.ctx = stream,
	};
	int result = lp_tls_stream_new(&tls, &stream->tls);
	if (result < 0) {
		free(stream);
		return result;
	}
	*ret_stream = stream;
	return 0;
}

int lp_carrier_stream_connect(const struct lp_carrier_stream_config *config, const struct lp_addr *remote,
	uint32_t interface, struct lp_carrier_stream **ret_stream)
{
	struct lp_carrier_stream *stream;
	int result = stream_new(config, CONNECTING, &stream);
	if (result < 0)
		return result;
	stream->remote = *remote;
	result = lp_tcp_connect(config->loop, remote, interface, on_ready, stream, &stream->tcp);
	if (result < 0) {
		destroy(stream);
		return result;
	}
	*ret_stream = stream;
	return 0;
}

int lp_carrier_stream_accept(
	const struct lp_carrier_stream_config *config, intptr_t socket, struct lp_carrier_stream **ret_stream)
{
	struct lp_carrier_stream *stream;
	int result = stream_new(config, config->proxy_protocol ? ANNOUNCED : HANDSHAKE, &stream);
	if (result < 0) {
		lp_stream_discard(socket);
		return result;
	}
	result = lp_tcp_adopt(config->loop, socket, on_ready, stream, &stream->tcp);
	if (result < 0) {
		destroy(stream);
		return result;
	}
	lp_tcp_remote(stream->tcp, &stream->remote);
	*ret_stream = stream;
	return 0;
}

void lp_carrier_stream_detach(struct lp_carrier_stream *stream)
{
	stream->detaching = true;
}

int lp_carrier_stream_attach(struct lp_carrier_stream *stream, struct lp_loop *loop, void *ctx)
{
	stream->config.loop = loop;
	stream->config.ctx = ctx;
	int result = lp_tcp_adopt(loop, stream->socket, on_ready, stream, &stream->tcp);
	if (result < 0) {
		destroy(stream);
		return result;
	}
	on_ready(stream);
	return 0;
}

void lp_carrier_stream_free(struct lp_carrier_stream *stream)
{
	if (!stream)
		return;
	if (!stream->tcp && stream->state == OPEN)
		lp_stream_discard(stream->socket);
	lp_tcp_close(stream->tcp);
	stream->tcp = NULL;
	stream->state = CLOSED;
	stream->freed = true;
	if (!stream->busy)
		destroy(stream);
}

/* Sends one record. False: it was dropped. */
static bool send_record(struct lp_carrier_stream *stream, const uint8_t *record, size_t len)
{
	if (lp_tls_stream_send(stream->tls, record, len) < 0)
		return false; /* the end of a broken connection is noticed when it is read */
	if (lp_tls_stream_waits(stream->tls))
		stream->behind_ns = lp_loop_now_ns(stream->config.loop);
	return true;
}

size_t lp_carrier_stream_send(
	struct lp_carrier_stream *stream, const struct lp_udp_msg *msgs, size_t n_msgs, uint8_t *record)
{
	size_t used = 0, n_used = 0, n_dropped = 0;
	for (size_t i = 0; i < n_msgs; i++) {
		size_t step = msgs[i].segment_bytes ? msgs[i].segment_bytes : msgs[i].len;
		for (size_t at = 0; at < msgs[i].len; at += step) {
			size_t len = msgs[i].len - at < step ? msgs[i].len - at : step;
			if (used + LP_FRAMING_HEADER + len > LP_CARRIER_STREAM_SCRATCH && n_used > 0) {
				n_dropped += send_record(stream, record, used) ? 0 : n_used;
				used = n_used = 0;
			}
			size_t n = stream->state == OPEN
					   ? lp_framing_write(record + used, LP_CARRIER_STREAM_SCRATCH - used,
						     msgs[i].data + at, len)
					   : 0;
			used += n;
			n_used += n > 0;
			n_dropped += n == 0;
		}
	}
	if (n_used > 0 && !send_record(stream, record, used))
		n_dropped += n_used;
	return n_dropped;
}

bool lp_carrier_stream_is_open(const struct lp_carrier_stream *stream)
{
	return stream->state == OPEN;
}

uint64_t lp_carrier_stream_behind_ns(const struct lp_carrier_stream *stream)
{
	return stream->behind_ns;
}

void lp_carrier_stream_local(const struct lp_carrier_stream *stream, struct lp_addr *ret_local)
{
	*ret_local = (struct lp_addr){0};
	if (stream->tcp)
		lp_tcp_local(stream->tcp, ret_local);
}

const struct lp_addr *lp_carrier_stream_remote(const struct lp_carrier_stream *stream)
{
	return &stream->remote;
}
