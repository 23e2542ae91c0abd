/* Deadlines of a connection: ngtcp2's timer, the ACK delay (ack.h), PMTUD (cc/pmtud.h), and a PTO of our own
   (cc/pto.h). */
#ifndef LP_QUIC_TIMER_H
#define LP_QUIC_TIMER_H

struct lp_quic_conn;

/* The connection's deadline has come. */
void lp_timer_expire(struct lp_quic_conn *conn);
/* Sets the next deadline from the connection's state. */
void lp_timer_set_deadline(struct lp_quic_conn *conn);

#endif
