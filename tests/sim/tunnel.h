/* A tunnel for the simulation: two hosts, a QUIC connection, and a link at each end. */
#ifndef LP_TESTS_SIM_TUNNEL_H
#define LP_TESTS_SIM_TUNNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "carrier/udp.h"
#include "link/link.h"
#include "platform/fake/world.h"
#include "quic/endpoint.h"

struct lp_timer;
struct tunnel;

/* One end. */
struct tunnel_end {
	struct tunnel *tunnel;
	struct lp_host *host;
	struct lp_loop *loop;
	struct lp_carrier_udp udp;
	struct lp_timer *timer;
	struct lp_quic_endpoint *endpoint;
	struct lp_quic_conn *conn; /* NULL: not ready, or closed */
	struct lp_link *link;
	struct lp_frame_pool *pool;
	bool closed;
	unsigned n_migrated;
	/* A frame was received; may be NULL. */
	void (*frame)(struct tunnel_end *end, const uint8_t *frame, size_t len, uint64_t now_ns);
	void *user;
};

struct tunnel {
	struct lp_world *world;
	const struct tunnel *first; /* whose world it is; NULL: its own */
	struct tunnel_end server, client;
	struct lp_addr server_addr;
	struct lp_tls *server_tls, *client_tls;
};

/* Creates a world with two connected hosts that are ready to send. */
void tunnel_open(struct tunnel *tunnel, uint64_t seed, const struct lp_line *line, enum lp_quic_congestion congestion,
	size_t queue_max_bytes);
/* Another tunnel between the same hosts, on the same line. It is closed before the first. */
void tunnel_open_beside(struct tunnel *tunnel, const struct tunnel *first, enum lp_quic_congestion congestion);
void tunnel_close(struct tunnel *tunnel);
/* Sends a frame in its own pass. */
void tunnel_send(struct tunnel_end *end, const uint8_t *frame, size_t len);
/* Lets the end's pass follow soon: after lp_link_send() from inside an event. */
void tunnel_end_wake(struct tunnel_end *end);
/* Advances the virtual time. */
void tunnel_run(struct tunnel *tunnel, uint64_t for_ns);
uint64_t tunnel_now_ns(const struct tunnel *tunnel);

/* True unless the controller of ngtcp2 is behind ours (quic/uncap.h). */
bool tunnel_has_own_control(void);

#endif
