#include "app/doctor_probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "carrier/udp.h"
#include "doctor/doctor.h"
#include "member/member.h"
#include "platform/loop/loop.h"
#include "platform/net/interface_name.h"
#include "platform/net/netwatch.h"
#include "platform/net/resolve.h"
#include "platform/net/route.h"
#include "platform/net/udp.h"
#include "platform/system/random.h"
#include "quic/endpoint.h"
#include "report/latency.h"

#define RESOLVE_NS (4 * LP_SEC)
#define HANDSHAKE_NS (5 * LP_SEC)
/* At the rate of a game: a small packet every 20 ms. */
#define GAME_NS (1600 * LP_MS)
#define GAME_STEP_NS (20 * LP_MS)
#define GAME_BYTES 100U
/* As much as the path takes. */
#define LOAD_NS (1200 * LP_MS)
#define LOAD_STEP_NS (2 * LP_MS)
#define LOAD_BURST 20U
#define PADDING_BYTES 1200U

enum phase {
	RESOLVING,
	CONNECTING,
	GAME,
	LOAD,
	CLOSING,
};

struct probe {
	const struct lp_member_config *config;
	struct lp_doctor_facts *facts;
	struct lp_loop *loop;
	struct lp_netwatch *netwatch;
	struct lp_resolve *resolve;
	struct lp_carrier_udp udp;
	struct lp_quic_endpoint *endpoint;
	struct lp_quic_conn *conn;
	struct lp_timer *quic_timer, *timer;
	struct lp_latency latency;
	enum phase phase;
	uint64_t phase_end_ns, started_ns, n_sent;
};

static void flush(struct probe *probe, uint64_t now_ns)
{
	lp_quic_flush(probe->endpoint, now_ns);
	lp_timer_set(probe->quic_timer, lp_quic_deadline(probe->endpoint));
}

static void on_quic_timer(void *ctx, uint64_t now_ns)
{
	struct probe *probe = ctx;
	lp_quic_expire(probe->endpoint, now_ns);
	flush(probe, now_ns);
}

static void on_udp(void *ctx, struct lp_carrier *carrier, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	struct probe *probe = ctx;
	uint64_t now_ns = lp_loop_now_ns(probe->loop);
	lp_quic_receive(probe->endpoint, carrier, msgs, n_msgs, now_ns);
	flush(probe, now_ns);
}

static void enter(struct probe *probe, enum phase phase, uint64_t now_ns, uint64_t length_ns)
{
	probe->phase = phase;
	probe->phase_end_ns = now_ns + length_ns;
}

static void on_ready(void *ctx, struct lp_quic_conn *conn)
{
	struct probe *probe = ctx;
	uint64_t now_ns = lp_loop_now_ns(probe->loop);
	(void)conn;
	probe->facts->replied = probe->facts->trusted = LP_FACT_YES;
	probe->facts->handshake_us = (now_ns - probe->started_ns) / LP_US;
	enter(probe, GAME, now_ns, GAME_NS);
	lp_timer_set(probe->timer, now_ns + GAME_STEP_NS);
}

static void on_closed(void *ctx, struct lp_quic_conn *conn, const struct lp_quic_close *why)
{
	struct probe *probe = ctx;
	struct lp_doctor_facts *facts = probe->facts;
	(void)conn;
	probe->conn = NULL;
	if (probe->phase == CONNECTING) {
		bool silent = why->kind == LP_QUIC_CLOSED_HANDSHAKE_TIMEOUT || why->kind == LP_QUIC_CLOSED_IDLE ||
			      why->kind == LP_QUIC_CLOSED_LOCAL;
		facts->replied = silent ? LP_FACT_NO : LP_FACT_YES;
		if (!silent) {
			facts->trusted = LP_FACT_NO;
			snprintf(facts->trust_reason, sizeof facts->trust_reason, "%s", why->reason);
		}
	}
	lp_loop_stop(probe->loop);
}

static const struct lp_quic_events events = {.ready = on_ready, .closed = on_closed};

static void on_random(void *ctx, uint8_t *data, size_t len)
{
	(void)ctx;
	lp_random_fill(data, len);
}

/* Sends a DATAGRAM of padding. */
static int send_padding(struct probe *probe, size_t len, uint64_t now_ns)
{
	static const uint8_t padding[PADDING_BYTES];
	size_t budget = lp_quic_budget(probe->conn);
	struct lp_bytes part = {padding, len < budget ? len : budget};
	return lp_quic_send_datagram(probe->conn, &part, 1, now_ns);
}

/* Ends the phase of a game's traffic. */
static void measure_game(struct probe *probe, const struct lp_quic_stats *stats)
{
	struct lp_doctor_facts *facts = probe->facts;
	facts->rtt_us = stats->srtt_ns / LP_US;
	facts->jitter_us = lp_latency_jitter_us(&probe->latency);
	facts->loss_up_ppm = probe->n_sent ? (uint32_t)(stats->lost_packets * 1000000 / probe->n_sent) : 0;
	facts->has_loss = probe->n_sent > 0;
	facts->path_payload = (unsigned)stats->datagram_budget;
}

static void step(struct probe *probe, uint64_t now_ns)
{
	struct lp_quic_stats stats;
	lp_quic_stats(probe->conn, &stats);
	if (probe->phase == GAME) {
		lp_latency_sample(&probe->latency, stats.srtt_ns / LP_US);
		if (now_ns >= probe->phase_end_ns) {
			measure_game(probe, &stats);
			enter(probe, LOAD, now_ns, LOAD_NS);
		} else if (send_padding(probe, GAME_BYTES, now_ns) == 0) {
			probe->n_sent++;
		}
	} else if (probe->phase == LOAD) {
		if (stats.srtt_ns / LP_US > probe->facts->loaded_rtt_us)
			probe->facts->loaded_rtt_us = stats.srtt_ns / LP_US;
		for (unsigned i = 0; i < LOAD_BURST && send_padding(probe, PADDING_BYTES, now_ns) == 0; i++)
			;
		if (now_ns >= probe->phase_end_ns) {
			enter(probe, CLOSING, now_ns, LP_SEC);
			lp_quic_close(probe->conn, LP_QUIC_APP_OK, "the doctor has finished");
		}
	}
	flush(probe, now_ns);
	lp_timer_set(probe->timer, now_ns + (probe->phase == GAME ? GAME_STEP_NS : LOAD_STEP_NS));
}

static void on_timer(void *ctx, uint64_t now_ns)
{
	struct probe *probe = ctx;
	if (probe->phase == GAME || probe->phase == LOAD) {
		step(probe, now_ns);
		return;
	}
	if (probe->phase == RESOLVING && probe->facts->name_found == LP_FACT_UNKNOWN) {
		probe->facts->name_found = LP_FACT_NO;
		snprintf(probe->facts->name_reason, sizeof probe->facts->name_reason, "no name server has replied");
	} else if (probe->phase == CONNECTING) {
		probe->facts->replied = LP_FACT_NO;
	}
	lp_loop_stop(probe->loop);
}

/* Sets by which device other programs of this computer reach the relay. */
static void look_at_route(struct probe *probe)
{
	struct lp_doctor_facts *facts = probe->facts;
	struct lp_route_query query = {.remote = facts->remote};
	struct lp_failure failure;
	struct lp_route route;
	bool tunnel;
	if (lp_route_best(&query, &failure, &route) < 0 || route.loopback ||
		!lp_interface_name(route.interface.index, facts->route_device, &tunnel))
		return;
	facts->route_is_own = strcmp(facts->route_device, facts->device) == 0 ? LP_FACT_YES : LP_FACT_NO;
	facts->route_is_tunnel = tunnel ? LP_FACT_YES : LP_FACT_NO;
}

/* Connects to the first address that has a route. */
static void on_resolved(void *ctx, const struct lp_addr *addrs, size_t n_addrs, const char *reason)
{
	struct probe *probe = ctx;
	struct lp_doctor_facts *facts = probe->facts;
	uint64_t now_ns = lp_loop_now_ns(probe->loop);
	struct lp_quic_target target = {
		.carrier = &probe->udp.carrier, .server_name = probe->config->relays[0].server_name};
	facts->name_found = n_addrs ? LP_FACT_YES : LP_FACT_NO;
	snprintf(facts->name_reason, sizeof facts->name_reason, "%s", n_addrs ? "" : reason);
	for (size_t i = 0; i < n_addrs && !probe->conn; i++) {
		struct lp_addr bound;
		uint32_t interface;
		facts->remote = target.remote = addrs[i];
		if (lp_netwatch_source(probe->netwatch, &addrs[i], &target.local, &interface) < 0)
			continue;
		lp_udp_local(probe->udp.socket, &bound);
		target.local.port = bound.port;
		lp_udp_set_interface(probe->udp.socket, addrs[i].family, interface);
		if (lp_quic_connect(probe->endpoint, &target, now_ns, &probe->conn) < 0)
			probe->conn = NULL;
	}
	facts->routed = n_addrs == 0 ? LP_FACT_UNKNOWN : probe->conn ? LP_FACT_YES : LP_FACT_NO;
	if (!probe->conn) {
		lp_loop_stop(probe->loop);
		return;
	}
	look_at_route(probe);
	probe->started_ns = now_ns;
	enter(probe, CONNECTING, now_ns, HANDSHAKE_NS);
	lp_timer_set(probe->timer, probe->phase_end_ns);
	flush(probe, now_ns);
}

static void on_network_change(void *ctx)
{
	(void)ctx;
}

/* Opens what the probe needs and starts to resolve the name. */
static int start(struct probe *probe, const char *device)
{
	struct lp_quic_config quic = {
		.client_tls = probe->config->tls,
		.events = &events,
		.ctx = probe,
		.random = on_random,
		.idle_timeout_ns = 10 * LP_SEC,
	};
	struct lp_addr any = {0};
	struct lp_failure failure;
	int result;
	if ((result = lp_loop_new(&probe->loop)) < 0 ||
		(result = lp_carrier_udp_open(&probe->udp, probe->loop, &any, on_udp, probe, &failure)) < 0)
		return result;
	quic.max_udp_payload = lp_udp_path_payload(probe->udp.socket, NULL);
	lp_random_fill(quic.secret, sizeof quic.secret);
	if ((result = lp_quic_endpoint_new(&quic, &probe->endpoint)) < 0 ||
		(result = lp_timer_new(probe->loop, on_quic_timer, probe, &probe->quic_timer)) < 0 ||
		(result = lp_timer_new(probe->loop, on_timer, probe, &probe->timer)) < 0 ||
		(result = lp_netwatch_new(probe->loop, on_network_change, probe, &probe->netwatch)) < 0)
		return result;
	if (device[0])
		lp_netwatch_avoid(probe->netwatch, device);
	lp_timer_set(probe->timer, lp_loop_now_ns(probe->loop) + RESOLVE_NS);
	return lp_resolve_start(probe->loop, probe->config->relays[0].host, probe->config->relays[0].port, on_resolved,
		probe, &probe->resolve);
}

void lp_doctor_probe_relay(const struct lp_member_config *config, const char *device, struct lp_doctor_facts *facts)
{
	struct probe *probe = calloc(1, sizeof *probe);
	if (!probe)
		return;
	*probe = (struct probe){.config = config, .facts = facts};
	if (start(probe, device) == 0)
		lp_loop_run(probe->loop);
	lp_resolve_free(probe->resolve);
	lp_netwatch_free(probe->netwatch);
	lp_quic_endpoint_free(probe->endpoint);
	lp_timer_free(probe->quic_timer);
	lp_timer_free(probe->timer);
	lp_carrier_udp_close(&probe->udp);
	lp_loop_free(probe->loop);
	free(probe);
}

/* The lookup of a name alone. */
struct lookup {
	struct lp_loop *loop;
	struct lp_doctor_facts *facts;
};

static void on_name(void *ctx, const struct lp_addr *addrs, size_t n_addrs, const char *reason)
{
	struct lookup *lookup = ctx;
	lookup->facts->name_found = n_addrs ? LP_FACT_YES : LP_FACT_NO;
	if (n_addrs)
		lookup->facts->remote = addrs[0];
	else
		snprintf(lookup->facts->name_reason, sizeof lookup->facts->name_reason, "%s", reason);
	lp_loop_stop(lookup->loop);
}

static void on_name_timer(void *ctx, uint64_t now_ns)
{
	struct lookup *lookup = ctx;
	(void)now_ns;
	on_name(lookup, NULL, 0, "no name server has replied");
}

void lp_doctor_probe_name(const char *host, uint16_t port, struct lp_doctor_facts *facts)
{
	struct lookup lookup = {.facts = facts};
	struct lp_resolve *resolve = NULL;
	struct lp_timer *timer = NULL;
	snprintf(facts->relay, sizeof facts->relay, "%s", host);
	if (lp_loop_new(&lookup.loop) < 0)
		return;
	if (lp_timer_new(lookup.loop, on_name_timer, &lookup, &timer) == 0 &&
		lp_resolve_start(lookup.loop, host, port, on_name, &lookup, &resolve) == 0) {
		lp_timer_set(timer, lp_loop_now_ns(lookup.loop) + RESOLVE_NS);
		lp_loop_run(lookup.loop);
	}
	lp_resolve_free(resolve);
	lp_timer_free(timer);
	lp_loop_free(lookup.loop);
}
