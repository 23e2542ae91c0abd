#include <assert.h>

#include "carrier/carrier.h"
#include "quic/batch.h"
#include "quic/conn.h"
#include "quic/endpoint_state.h"
#include "quic/stateless.h"

void lp_endpoint_send(struct lp_quic_endpoint *endpoint)
{
	if (endpoint->answers) {
		struct lp_batch *batch = endpoint->answers;
		endpoint->answers = NULL;
		lp_endpoint_hand_in(endpoint, batch);
	}
	while (endpoint->queued) {
		struct lp_carrier *carrier = endpoint->queued;
		endpoint->queued = carrier->next_queued;
		lp_carrier_flush(carrier);
	}
	while (endpoint->full) {
		struct lp_batch *batch = endpoint->full;
		endpoint->full = batch->next;
		lp_batch_pool_give(&endpoint->pool, batch);
	}
}

/* Queues a message at its carrier. */
static void queue(struct lp_quic_endpoint *endpoint, struct lp_carrier *carrier, const struct lp_udp_msg *msg)
{
	if (carrier->n_msgs == LP_CARRIER_MSGS)
		lp_endpoint_send(endpoint);
	if (carrier->n_msgs == 0) {
		carrier->next_queued = endpoint->queued;
		endpoint->queued = carrier;
	}
	(void)lp_carrier_queue(carrier, msg);
}

void lp_endpoint_hand_in(struct lp_quic_endpoint *endpoint, struct lp_batch *batch)
{
	for (size_t i = 0; i < batch->n_runs; i++) {
		struct lp_udp_msg *msg = &batch->runs[i];
		if (msg->len <= msg->segment_bytes)
			msg->segment_bytes = 0;
		queue(endpoint, batch->carriers[i], msg);
	}
	batch->next = endpoint->full;
	endpoint->full = batch;
}

struct lp_batch *lp_endpoint_borrow(struct lp_quic_endpoint *endpoint)
{
	if (endpoint->pool.n_out >= LP_BATCH_POOL_MAX) {
		for (struct lp_quic_conn *conn = endpoint->first_dirty; conn; conn = conn->next_dirty) {
			/* One inside the library may be writing into its batch right now. */
			if (!conn->batch || conn->in_library)
				continue;
			lp_conn_finish_packet(conn);
			if (!conn->batch)
				continue;
			lp_endpoint_hand_in(endpoint, conn->batch);
			conn->batch = NULL;
		}
		lp_endpoint_send(endpoint);
	}
	return lp_batch_pool_take(&endpoint->pool);
}

uint8_t *lp_endpoint_answer_room(struct lp_quic_endpoint *endpoint)
{
	uint8_t *room = endpoint->answers ? lp_batch_room(endpoint->answers, LP_STATELESS_MAX) : NULL;
	if (room)
		return room;
	if (endpoint->answers)
		lp_endpoint_send(endpoint);
	endpoint->answers = lp_endpoint_borrow(endpoint);
	return endpoint->answers ? lp_batch_room(endpoint->answers, LP_STATELESS_MAX) : NULL;
}

void lp_endpoint_answer(
	struct lp_quic_endpoint *endpoint, size_t len, const struct lp_udp_msg *to, struct lp_carrier *carrier)
{
	assert(endpoint->answers && len > 0);
	lp_batch_commit(endpoint->answers, len, 0, carrier, &to->local, &to->remote);
	endpoint->counters.datagrams_out++;
	endpoint->counters.bytes_out += len;
}
