#include <assert.h>

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
	if (endpoint->n_msgs)
		endpoint->config.events->send(endpoint->config.ctx, endpoint->msgs, endpoint->n_msgs);
	endpoint->n_msgs = 0;
	while (endpoint->full) {
		struct lp_batch *batch = endpoint->full;
		endpoint->full = batch->next;
		lp_batch_pool_give(&endpoint->pool, batch);
	}
}

void lp_endpoint_hand_in(struct lp_quic_endpoint *endpoint, struct lp_batch *batch)
{
	if (endpoint->n_msgs + batch->n_runs > LP_ENDPOINT_MSGS)
		lp_endpoint_send(endpoint);
	for (size_t i = 0; i < batch->n_runs; i++) {
		struct lp_udp_msg *msg = &endpoint->msgs[endpoint->n_msgs++];
		*msg = batch->runs[i];
		if (msg->len <= msg->segment_bytes)
			msg->segment_bytes = 0;
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
	struct lp_quic_endpoint *endpoint, size_t len, const struct lp_addr *local, const struct lp_addr *remote)
{
	assert(endpoint->answers && len > 0);
	lp_batch_commit(endpoint->answers, len, 0, local, remote);
	endpoint->counters.datagrams_out++;
	endpoint->counters.bytes_out += len;
}
