#include "carrier/tls/client.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "carrier/tls/mapped.h"
#include "carrier/tls/stream.h"

/* Packets that one call passes on; a stream has no more for it. */
#define MSGS_MAX 64

static void client_send(struct lp_carrier *carrier, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	struct lp_carrier_tls *tls = (struct lp_carrier_tls *)carrier;
	if (tls->stream)
		tls->dropped += lp_carrier_stream_send(tls->stream, msgs, n_msgs, tls->record);
}

static void on_packets(void *ctx, struct lp_carrier_stream *stream, const struct lp_bytes *packets, size_t n_packets)
{
	struct lp_carrier_tls *tls = ctx;
	struct lp_udp_msg msgs[MSGS_MAX];
	(void)stream;
	for (size_t i = 0; i < n_packets; i++)
		msgs[i] = (struct lp_udp_msg){
			.data = packets[i].data, .len = packets[i].len, .local = tls->local, .remote = tls->remote};
	tls->carrier.recv(tls->carrier.ctx, &tls->carrier, msgs, n_packets);
}

static void on_opened(void *ctx, struct lp_carrier_stream *stream)
{
	struct lp_carrier_tls *tls = ctx;
	(void)stream;
	tls->events->opened(tls->carrier.ctx);
}

static void on_closed(void *ctx, struct lp_carrier_stream *stream, const struct lp_failure *why)
{
	struct lp_carrier_tls *tls = ctx;
	(void)stream;
	lp_carrier_tls_close(tls);
	tls->events->closed(tls->carrier.ctx, why);
}

static const struct lp_carrier_stream_events stream_events = {
	.opened = on_opened,
	.packets = on_packets,
	.closed = on_closed,
};

int lp_carrier_tls_init(struct lp_carrier_tls *tls, struct lp_loop *loop, lp_carrier_recv_fn *recv,
	const struct lp_carrier_tls_events *events, void *ctx)
{
	lp_carrier_init(&tls->carrier, client_send, recv, ctx);
	tls->loop = loop;
	tls->events = events;
	tls->record = malloc(LP_CARRIER_STREAM_SCRATCH);
	return tls->record ? 0 : LP_ENOMEM;
}

int lp_carrier_tls_open(struct lp_carrier_tls *tls, const struct lp_carrier_tls_target *target)
{
	lp_carrier_tls_close(tls);
	tls->number = (tls->number + 1) % LP_MAPPED_NUMBERS;
	tls->remote = target->relay;
	tls->connect = target->connect;
	tls->local = lp_mapped_addr(target->relay.family, tls->number);
	if (target->proxy) {
		int result = lp_http_connect_request(target->host, target->port, target->login, tls->request);
		if (result < 0)
			return result;
	}
	struct lp_carrier_stream_config config = {
		.loop = tls->loop,
		.tls = target->tls,
		.server_name = target->server_name,
		.events = &stream_events,
		.ctx = tls,
		.request = target->proxy ? tls->request : NULL,
	};
	return lp_carrier_stream_connect(&config, &target->connect, target->interface, &tls->stream);
}

void lp_carrier_tls_close(struct lp_carrier_tls *tls)
{
	lp_carrier_stream_free(tls->stream);
	tls->stream = NULL;
}

void lp_carrier_tls_done(struct lp_carrier_tls *tls)
{
	lp_carrier_tls_close(tls);
	free(tls->record);
	tls->record = NULL;
}

bool lp_carrier_tls_is_open(const struct lp_carrier_tls *tls)
{
	return tls->stream && lp_carrier_stream_is_open(tls->stream);
}

void lp_carrier_tls_tcp_local(const struct lp_carrier_tls *tls, struct lp_addr *ret_local)
{
	*ret_local = (struct lp_addr){0};
	if (tls->stream)
		lp_carrier_stream_local(tls->stream, ret_local);
}

bool lp_carrier_tls_is_active(const struct lp_carrier_tls *tls)
{
	return tls->stream != NULL;
}
