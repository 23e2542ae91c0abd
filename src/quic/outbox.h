/* What an endpoint has to send: batches that wait, and the carriers at which their messages are queued. A connection
   borrows a batch while it writes packets, and submits it at the end of its flush. */
#ifndef LP_QUIC_OUTBOX_H
#define LP_QUIC_OUTBOX_H

#include <stdbool.h>

#include "quic/batch.h"

struct lp_carrier;

struct lp_outbox {
	struct lp_batch_pool pool;
	struct lp_batch *submitted; /* batches whose messages are queued at carriers */
	struct lp_batch *replies;   /* packets without a connection; NULL: none */
	struct lp_carrier *queued;  /* carriers with queued messages */
};

void lp_outbox_init(struct lp_outbox *outbox);
/* Drops what was not sent. Connections must have returned their batches. */
void lp_outbox_done(struct lp_outbox *outbox);
/* True if the limit of batches in use is reached: some should be sent before another is taken. */
bool lp_outbox_is_full(const struct lp_outbox *outbox);
/* Takes a batch over; its packets leave with the next lp_outbox_send(). */
void lp_outbox_submit(struct lp_outbox *outbox, struct lp_batch *batch);
/* Gives everything to the carriers. */
void lp_outbox_send(struct lp_outbox *outbox);

#endif
