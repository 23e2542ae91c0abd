/* Writing packets. An open packet collects DATAGRAMs until it is full or something else must be written; ngtcp2 permits
   no other call on the connection while a packet is open, so every function outside this file that calls ngtcp2 first
   calls lp_tx_finish_packet(). */
#ifndef LP_QUIC_TX_H
#define LP_QUIC_TX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lp_batch;
struct lp_quic_conn;
struct lp_quic_env;

/* What a DATAGRAM frame was sent for, part of its ngtcp2 id. */
enum lp_dgram {
	LP_DGRAM_SMALL,
	LP_DGRAM_LARGE, /* its packet is larger than LP_MTU_BASE */
	LP_DGRAM_PROBE, /* our own probe of the path MTU */
};

/* The id by which ngtcp2 reports a DATAGRAM as acknowledged or lost: the kind, and the serial number of its
   packet (cc/flight.h) or, for a probe, the size of its packet. */
static inline uint64_t lp_dgram_id(enum lp_dgram kind, uint64_t value)
{
	return value << 2 | kind;
}

static inline enum lp_dgram lp_dgram_kind(uint64_t id)
{
	return id & 3;
}

static inline uint64_t lp_dgram_value(uint64_t id)
{
	return id >> 2;
}

/* A batch to write into. If too many are in use, the packets of all connections are sent first. NULL without memory. */
struct lp_batch *lp_tx_batch_get(struct lp_quic_env *env);
/* Finishes the open packet, if there is one. */
void lp_tx_finish_packet(struct lp_quic_conn *conn);
/* Writes what ngtcp2 and the control stream have to send. */
void lp_tx_write(struct lp_quic_conn *conn);
/* Writes a DATAGRAM that fills a packet of exactly |size| bytes and that the peer ignores; 0: writes nothing. */
void lp_tx_write_probe(struct lp_quic_conn *conn, size_t size);
/* Writes a DATAGRAM of one byte that the peer acknowledges and ignores. */
void lp_tx_write_padding(struct lp_quic_conn *conn);
/* Writes the CONNECTION_CLOSE packet of a closed connection again. */
void lp_tx_write_close_packet(struct lp_quic_conn *conn);
/* True if the delay-based window permits another packet. */
bool lp_tx_window_is_open(struct lp_quic_conn *conn);
/* Updates path, packet size and DATAGRAM budget from ngtcp2. True if the budget changed. */
bool lp_tx_update_budget(struct lp_quic_conn *conn);

#endif
