#include "quic/outbox.h"

#include "carrier/carrier.h"

void lp_outbox_init(struct lp_outbox *outbox)
{
	*outbox = (struct lp_outbox){0};
	lp_batch_pool_init(&outbox->pool);
}

/* Returns the submitted batches to the pool. */
static void release(struct lp_outbox *outbox)
{
	while (outbox->submitted) {
		struct lp_batch *batch = outbox->submitted;
		outbox->submitted = batch->next;
		lp_batch_pool_give(&outbox->pool, batch);
	}
}

void lp_outbox_done(struct lp_outbox *outbox)
{
	for (; outbox->queued; outbox->queued = outbox->queued->next_queued)
		outbox->queued->n_msgs = 0;
	if (outbox->replies)
		lp_batch_pool_give(&outbox->pool, outbox->replies);
	release(outbox);
	lp_batch_pool_done(&outbox->pool);
}

bool lp_outbox_is_full(const struct lp_outbox *outbox)
{
	return outbox->pool.n_out >= LP_BATCH_POOL_MAX;
}

/* Gives the queued messages to their carriers. */
static void flush_carriers(struct lp_outbox *outbox)
{
	while (outbox->queued) {
		struct lp_carrier *carrier = outbox->queued;
		outbox->queued = carrier->next_queued;
		lp_carrier_flush(carrier);
	}
}

void lp_outbox_submit(struct lp_outbox *outbox, struct lp_batch *batch)
{
	for (size_t i = 0; i < batch->n_runs; i++) {
		struct lp_carrier *carrier = batch->carriers[i];
		struct lp_udp_msg *msg = &batch->runs[i];
		if (msg->len <= msg->segment_bytes)
			msg->segment_bytes = 0;
		if (carrier->n_msgs == LP_CARRIER_MSGS) {
			flush_carriers(outbox);
			release(outbox);
		}
		if (carrier->n_msgs == 0) {
			carrier->next_queued = outbox->queued;
			outbox->queued = carrier;
		}
		(void)lp_carrier_queue(carrier, msg);
	}
	batch->next = outbox->submitted;
	outbox->submitted = batch;
}

void lp_outbox_send(struct lp_outbox *outbox)
{
	if (outbox->replies) {
		struct lp_batch *batch = outbox->replies;
		outbox->replies = NULL;
		lp_outbox_submit(outbox, batch);
	}
	flush_carriers(outbox);
	release(outbox);
}
