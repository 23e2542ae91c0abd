/* Received packets, and the callbacks by which ngtcp2 reports what was in them. */
#ifndef LP_QUIC_RX_H
#define LP_QUIC_RX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ngtcp2/ngtcp2.h>

struct lp_addr;
struct lp_carrier;
struct lp_quic_conn;

/* The callbacks for a connection that we accept (|server|) or make. ngtcp2 calls them from inside its functions, so
   they only record what happened, and queue; a connection is never freed or written in one. */
const ngtcp2_callbacks *lp_rx_callbacks(bool server);
/* The path of a datagram from |remote| to |local| over |carrier|, as ngtcp2 knows it. */
void lp_rx_path(const struct lp_quic_conn *conn, struct lp_carrier *carrier, const struct lp_addr *local,
	const struct lp_addr *remote, ngtcp2_path_storage *ret_path);
/* Reads one UDP datagram. True if the client must first prove its address by a Retry; the connection is then of no
   use. */
bool lp_rx_read(struct lp_quic_conn *conn, const ngtcp2_path *path, uint8_t ecn, const uint8_t *data, size_t len);

#endif
