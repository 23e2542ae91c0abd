/* Endpoints on a wire in memory, in virtual time: delay, jitter, loss, duplicates, a rate with a queue, an MTU, NATs,
   all from one seed. */
#ifndef LP_TEST_QUIC_WIRE_H
#define LP_TEST_QUIC_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "carrier/carrier.h"
#include "quic/endpoint.h"

struct wire_packet;
struct wire_node;

#define WIRE_NODES 4
#define WIRE_PORTS 3
#define WIRE_CONNS 512
#define WIRE_CARRIERS 2
#define WIRE_KEPT 64 /* number of DATAGRAMs that are kept */

struct wire {
	uint64_t now_ns;
	uint64_t random; /* state of the random generator */
	uint64_t delay_ns, jitter_ns;
	unsigned loss_ppm, duplicate_ppm;
	uint64_t rate_bps; /* in each direction; 0: no limit */
	size_t queue_bytes;
	size_t payload_max;                /* larger datagrams are dropped; 0: no limit */
	unsigned long drops, large_drops;  /* by the queue or loss; by the MTU */
	unsigned long n_sent, n_msgs_sent; /* datagrams, messages */
	struct wire_node *muted;           /* datagrams of this sender are dropped */
	bool cut;                          /* all datagrams are dropped */
	struct wire_packet **heap;         /* in flight, by time */
	size_t n_heap, heap_room;
	uint64_t n_packets; /* orders arrivals of the same time */
	struct wire_node *nodes[WIRE_NODES];
	size_t n_nodes;
	/* Sees every message that is sent; may be NULL. */
	void (*tap)(struct wire *wire, struct wire_node *from, const struct lp_udp_msg *msg);
	void *tap_ctx;
};

/* One address of a node, and the address that others see. */
struct wire_port {
	struct lp_addr local, public;
	bool up;
	unsigned carrier; /* index of the node's carrier that serves this address */
};

/* An endpoint with its user, which counts events. */
struct wire_node {
	struct wire *wire;
	struct lp_quic_endpoint *endpoint;
	struct lp_quic_config config;
	struct lp_carrier carriers[WIRE_CARRIERS];
	struct wire_port ports[WIRE_PORTS];
	size_t n_ports;
	uint64_t link_free_ns; /* when the rate permits the next datagram */

	struct lp_quic_conn *conns[WIRE_CONNS]; /* ready connections */
	size_t n_conns;
	unsigned n_ready, n_writable, n_budget, n_migrated, n_closed;
	unsigned long n_datagrams, datagram_bytes;
	size_t budget;
	struct lp_quic_close why; /* of the last connection that closed */
	uint8_t kept[WIRE_KEPT][2048];
	size_t kept_len[WIRE_KEPT];
	uint8_t *control; /* all bytes received on control streams */
	size_t control_len;
	/* Further callbacks; each may be NULL. */
	void (*on_ready)(struct wire_node *node, struct lp_quic_conn *conn);
	void (*on_datagram)(struct wire_node *node, struct lp_quic_conn *conn, const uint8_t *data, size_t len);
	void (*on_writable)(struct wire_node *node, struct lp_quic_conn *conn);
	void (*on_control)(struct wire_node *node, struct lp_quic_conn *conn, const uint8_t *data, size_t len);
	void *user;
};

void wire_init(struct wire *wire, uint64_t seed);
void wire_done(struct wire *wire);
/* The next random number. */
uint64_t wire_random(struct wire *wire);
/* Sets up a node at 10.0.0.|host|:|port| with a configuration that can be changed before wire_node_start(). */
void wire_node_init(struct wire_node *node, struct wire *wire, struct lp_tls *tls, bool server, uint8_t host);
void wire_node_start(struct wire_node *node);
/* Frees the endpoint; the node may be started again. */
void wire_node_stop(struct wire_node *node);
/* Starts a connection of |node| to |to| and flushes. */
struct lp_quic_conn *wire_connect(struct wire_node *node, struct wire_node *to, const char *name);
void wire_flush(struct wire_node *node);
/* Runs until |until_ns|. */
void wire_run_until(struct wire *wire, uint64_t until_ns);
/* Runs for |ns|. */
void wire_run(struct wire *wire, uint64_t ns);
/* Runs until |*counter| has reached |want|, at most |ns|. True if it has. */
bool wire_wait(struct wire *wire, const unsigned *counter, unsigned want, uint64_t ns);
/* The last datagram that a node sent. */
struct wire_overheard {
	const struct wire_node *of;
	uint8_t data[2048];
	size_t len;
};

/* Captures the datagrams of |of| from now on, except batches, in |overheard|, which outlives the wire's use. */
void wire_overhear(struct wire *wire, const struct wire_node *of, struct wire_overheard *overheard);
/* Puts a datagram on the wire with the source address |from|. */
void wire_inject(
	struct wire *wire, const struct lp_addr *from, const struct lp_addr *to, const uint8_t *data, size_t len);

/* Credentials for tests: a relay's for |name|, valid around |unix_s|, and its certificate as PEM. */
struct lp_tls *wire_server_tls(const char *name, int64_t unix_s, uint8_t **ret_cert, size_t *ret_cert_len);

#endif
