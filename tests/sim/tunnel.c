#include "tunnel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "base/units.h"
#include "egress/queue.h"
#include "platform/loop/loop.h"
#include "platform/net/udp.h"
#include "platform/system/random.h"
#include "quic/tls/credentials.h"

/* Ends the test. The tunnel itself failed, not the code under test. */
static void give_up(const char *what)
{
	fprintf(stderr, "tunnel: %s\n", what);
	abort();
}

/* Ends a pass. */
static void end_pass(struct tunnel_end *end)
{
	lp_quic_flush(end->endpoint, lp_loop_now_ns(end->loop));
	lp_timer_set(end->timer, lp_quic_deadline(end->endpoint));
}

/* The link delivered a frame. */
static void on_frame(void *ctx, uint16_t source, const uint8_t *frame, size_t len, uint64_t now_ns)
{
	struct tunnel_end *end = ctx;
	(void)source;
	if (end->frame)
		end->frame(end, frame, len, now_ns);
}

/* The handshake is complete; creates the link. */
static void on_ready(void *ctx, struct lp_quic_conn *conn)
{
	struct tunnel_end *end = ctx;
	struct lp_link_config config = {
		.conn = conn,
		.pool = end->pool,
		.queue_max_bytes = (size_t)(uintptr_t)end->user,
		.frame = on_frame,
		.ctx = end,
	};
	end->conn = conn;
	if (lp_link_new(&config, &end->link) < 0)
		give_up("out of memory");
}

static void on_control(void *ctx, struct lp_quic_conn *conn, const uint8_t *data, size_t len)
{
	(void)ctx;
	(void)conn;
	(void)data;
	(void)len;
}

static void on_datagram(void *ctx, struct lp_quic_conn *conn, const uint8_t *data, size_t len)
{
	struct tunnel_end *end = ctx;
	(void)conn;
	lp_link_receive(end->link, data, len, lp_loop_now_ns(end->loop));
}

static void on_writable(void *ctx, struct lp_quic_conn *conn)
{
	struct tunnel_end *end = ctx;
	(void)conn;
	if (end->link)
		lp_link_writable(end->link, lp_loop_now_ns(end->loop));
}

static void on_migrated(void *ctx, struct lp_quic_conn *conn)
{
	(void)conn;
	((struct tunnel_end *)ctx)->n_migrated++;
}

static void on_closed(void *ctx, struct lp_quic_conn *conn, const struct lp_quic_close *why)
{
	struct tunnel_end *end = ctx;
	(void)conn;
	(void)why;
	lp_link_free(end->link);
	end->link = NULL;
	end->conn = NULL;
	end->closed = true;
}

static const struct lp_quic_events events = {
	.ready = on_ready,
	.control = on_control,
	.datagram = on_datagram,
	.writable = on_writable,
	.migrated = on_migrated,
	.closed = on_closed,
};

/* A receive batch. */
static void on_udp(void *ctx, struct lp_carrier *carrier, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	struct tunnel_end *end = ctx;
	lp_quic_receive(end->endpoint, carrier, msgs, n_msgs, lp_loop_now_ns(end->loop));
	end_pass(end);
}

/* The endpoint's deadline. */
static void on_timer(void *ctx, uint64_t now_ns)
{
	struct tunnel_end *end = ctx;
	lp_quic_expire(end->endpoint, now_ns);
	end_pass(end);
}

static void on_random(void *ctx, uint8_t *data, size_t len)
{
	(void)ctx;
	lp_random_fill(data, len);
}

/* Creates one end on its host. */
static void end_open(struct tunnel *tunnel, struct tunnel_end *end, const char *ip, uint16_t port, struct lp_tls *tls,
	enum lp_quic_congestion congestion)
{
	struct lp_addr local = {.port = port};
	end->tunnel = tunnel;
	lp_host_enter(end->host);
	struct lp_quic_config config = {
		.server_tls = port ? tls : NULL,
		.client_tls = port ? NULL : tls,
		.events = &events,
		.ctx = end,
		.random = on_random,
		.idle_timeout_ns = 30 * LP_SEC,
		.max_conns = 10,
		.max_handshakes = 10,
		.congestion = congestion,
	};
	lp_random_fill(config.secret, sizeof config.secret);
	if (lp_carrier_udp_open(&end->udp, end->loop, &local, on_udp, end, NULL) < 0 ||
		lp_timer_new(end->loop, on_timer, end, &end->timer) < 0 ||
		lp_frame_pool_new(16 << 20, &end->pool) < 0 || lp_quic_endpoint_new(&config, &end->endpoint) < 0)
		give_up(ip);
}

/* Makes the loops and the credentials. */
static void make_ends(struct tunnel *tunnel)
{
	uint8_t *cert, *key;
	size_t cert_len, key_len;
	struct lp_failure failure;
	lp_host_enter(tunnel->server.host);
	if (lp_loop_new(&tunnel->server.loop) < 0)
		give_up("out of memory");
	lp_host_enter(tunnel->client.host);
	if (lp_loop_new(&tunnel->client.loop) < 0)
		give_up("out of memory");
	if (lp_tls_self_signed(
		    "server", lp_loop_unix_s(tunnel->server.loop), &failure, &cert, &cert_len, &key, &key_len) < 0 ||
		lp_tls_server_new(cert, cert_len, key, key_len, &failure, &tunnel->server_tls) < 0 ||
		lp_tls_client_new(cert, cert_len, &failure, &tunnel->client_tls) < 0)
		give_up(failure.text);
	free(cert);
	free(key);
}

/* Makes both hosts, and what runs on them. */
static void make_world(struct tunnel *tunnel, uint64_t seed)
{
	if (lp_world_new(seed, &tunnel->world) < 0)
		give_up("out of memory");
	tunnel->server.host = lp_world_add_host(tunnel->world, "server", "192.0.2.1");
	tunnel->client.host = lp_world_add_host(tunnel->world, "client", "192.0.2.2");
	make_ends(tunnel);
}

/* True until both ends are ready. */
static bool is_opening(void *ctx)
{
	struct tunnel *tunnel = ctx;
	return !tunnel->client.link || !tunnel->server.link;
}

/* Connects both ends, on hosts that exist. */
static void connect_ends(
	struct tunnel *tunnel, uint16_t port, enum lp_quic_congestion congestion, size_t queue_max_bytes)
{
	struct lp_quic_conn *conn;
	tunnel->client.user = tunnel->server.user = (void *)(uintptr_t)queue_max_bytes;
	end_open(tunnel, &tunnel->server, "192.0.2.1", port, tunnel->server_tls, congestion);
	end_open(tunnel, &tunnel->client, "192.0.2.2", 0, tunnel->client_tls, congestion);
	lp_addr_parse("192.0.2.1", port, &tunnel->server_addr);
	struct lp_quic_target target = {
		.carrier = &tunnel->client.udp.carrier,
		.remote = tunnel->server_addr,
		.server_name = "server",
	};
	lp_addr_parse("192.0.2.2", 0, &target.local);
	struct lp_addr bound;
	lp_udp_local(tunnel->client.udp.socket, &bound);
	target.local.port = bound.port;
	if (lp_quic_connect(tunnel->client.endpoint, &target, lp_world_now_ns(tunnel->world), &conn) < 0)
		give_up("no connection");
	end_pass(&tunnel->client);
	if (!lp_world_run_while(tunnel->world, is_opening, tunnel, lp_world_now_ns(tunnel->world) + 10 * LP_SEC))
		give_up("no connection in 10 s");
	tunnel->client.user = tunnel->server.user = NULL;
}

void tunnel_open(struct tunnel *tunnel, uint64_t seed, const struct lp_line *line, enum lp_quic_congestion congestion,
	size_t queue_max_bytes)
{
	memset(tunnel, 0, sizeof *tunnel);
	make_world(tunnel, seed);
	lp_host_set_lines(tunnel->client.host, line, line);
	connect_ends(tunnel, 443, congestion, queue_max_bytes);
}

void tunnel_open_beside(struct tunnel *tunnel, const struct tunnel *first, enum lp_quic_congestion congestion)
{
	memset(tunnel, 0, sizeof *tunnel);
	tunnel->world = first->world;
	tunnel->first = first;
	tunnel->server.host = first->server.host;
	tunnel->client.host = first->client.host;
	make_ends(tunnel);
	connect_ends(tunnel, 444, congestion, 0);
}

/* Frees one end. */
static void end_close(struct tunnel_end *end)
{
	lp_host_enter(end->host);
	lp_link_free(end->link);
	lp_quic_endpoint_free(end->endpoint);
	lp_frame_pool_free(end->pool);
	lp_timer_free(end->timer);
	lp_carrier_udp_close(&end->udp);
	lp_loop_free(end->loop);
}

void tunnel_close(struct tunnel *tunnel)
{
	end_close(&tunnel->client);
	end_close(&tunnel->server);
	lp_tls_free(tunnel->server_tls);
	lp_tls_free(tunnel->client_tls);
	if (!tunnel->first)
		lp_world_free(tunnel->world);
}

void tunnel_send(struct tunnel_end *end, const uint8_t *frame, size_t len)
{
	struct lp_bytes part = {frame, len};
	lp_host_enter(end->host);
	if (!end->link)
		return;
	lp_link_send(end->link, 0, &part, 1, lp_loop_now_ns(end->loop));
	end_pass(end);
}

void tunnel_end_wake(struct tunnel_end *end)
{
	lp_timer_set(end->timer, lp_loop_now_ns(end->loop) + 1);
}

void tunnel_run(struct tunnel *tunnel, uint64_t for_ns)
{
	lp_world_run_until(tunnel->world, lp_world_now_ns(tunnel->world) + for_ns);
}

uint64_t tunnel_now_ns(const struct tunnel *tunnel)
{
	return lp_world_now_ns(tunnel->world);
}

bool tunnel_has_own_control(void)
{
	struct tunnel tunnel;
	struct lp_line line = {.delay_ns = 1000000};
	struct lp_quic_stats stats;
	tunnel_open(&tunnel, 1, &line, LP_QUIC_CC_CUBIC, 0);
	lp_quic_stats(tunnel.client.conn, &stats);
	tunnel_close(&tunnel);
	return stats.own_control;
}
