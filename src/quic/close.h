/* How a connection ends (RFC 9000 §10): the reason is recorded and CONNECTION_CLOSE prepared immediately; the next
   flush sends the packet and reports the event. */
#ifndef LP_QUIC_CLOSE_H
#define LP_QUIC_CLOSE_H

#include <stdbool.h>
#include <stdint.h>

struct lp_quic_conn;

/* Closes the connection because ngtcp2 returned the error |code|. The first call counts. */
void lp_close_by_error(struct lp_quic_conn *conn, int code);
/* Closes it with an application error, or a transport error if |app| is false. */
void lp_close_by_us(struct lp_quic_conn *conn, bool app, uint64_t code, const char *reason);
/* The `closed` event was reported: frees what a closing or draining connection does not need. The connection is
   CLOSING, DRAINING or DEAD afterwards. */
void lp_close_enter_draining(struct lp_quic_conn *conn);

#endif
