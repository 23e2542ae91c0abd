/* The relay's state, shared by the files of relay/. */
#ifndef LP_RELAY_STATE_H
#define LP_RELAY_STATE_H

#include "base/list.h"
#include "base/ratelimit.h"
#include "carrier/udp.h"
#include "relay/relay.h"

struct lp_carrier_tls_server;
struct lp_frame_pool;
struct lp_quic_endpoint;
struct lp_rooms;
struct lp_timer;

struct lp_relay {
	struct lp_relay_config config;
	struct lp_relay_counters counters;
	struct lp_loop *loop;
	const struct lp_log *log;
	struct lp_tls *credentials; /* borrowed */
	struct lp_carrier_udp udp;
	struct lp_carrier_tls_server *tls; /* NULL: no TCP port */
	struct lp_quic_endpoint *endpoint;
	struct lp_frame_pool *pool;
	struct lp_rooms *rooms;
	struct lp_invites invites;
	struct lp_framelog framelog;
	struct lp_ratelimit control; /* of each control stream, in bytes */
	struct lp_timer *quic_timer; /* the endpoint's deadline */
	struct lp_timer *tick_timer; /* every second while there are connections */
	struct lp_node connections;
	uint64_t hash_seed; /* for the flow hash of the egress queues */
	uint64_t started_ns;
	uint64_t now_ns;            /* of the current pass */
	uint64_t refused_logged;    /* connections refused by limits, as of the last log event */
	uint64_t refused_logged_ns; /* time of that event; 0: never */
	bool draining;
	void (*drained)(void *ctx);
	void *drained_ctx;
};

#endif
