/* Two endpoints in one process that exchange datagrams directly: the cost of src/quic without sockets. */
#ifndef LP_BENCH_QUIC_RIG_H
#define LP_BENCH_QUIC_RIG_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/udp_msg.h"
#include "carrier/carrier.h"
#include "quic/endpoint.h"

#define RIG_MSGS 4096U

struct rig;

/* One end. Its sent datagrams wait in |out| until rig_pass() passes them to the other. */
struct rig_end {
	struct rig *rig;
	struct lp_quic_endpoint *endpoint;
	struct lp_carrier carrier;
	struct lp_addr addr;
	struct {
		struct lp_udp_msg msgs[RIG_MSGS];
		size_t n_msgs;
		uint8_t *bytes;
		size_t used;
	} out;
	struct lp_quic_conn **conns; /* with a complete handshake, in that order */
	size_t n_conns;
	uint64_t n_received; /* DATAGRAMs */
	uint64_t now_ns;     /* time of the pass */
};

struct rig {
	struct rig_end client, server;
	struct lp_tls *client_tls, *server_tls;
	/* A DATAGRAM was received by the server; NULL: it is only counted. */
	void (*datagram)(struct rig *rig, struct lp_quic_conn *conn, const uint8_t *data, size_t len);
};

/* Monotonic nanoseconds. */
uint64_t rig_now_ns(void);
/* Connects the two ends by |n_conns| connections and waits for PMTUD. Exits if that fails. */
void rig_open(struct rig *rig, size_t n_conns, enum lp_quic_aead aead);
/* Frees the memory of rig_open(). */
void rig_close(struct rig *rig);
/* One pass of |to| with the datagrams that |from| has sent. Returns its duration in nanoseconds. */
uint64_t rig_pass(struct rig_end *from, struct rig_end *to);
/* The lower quartile of |values|, which it sorts: the cost without disturbance. */
uint64_t rig_quartile(uint64_t *values, size_t n);

#endif
