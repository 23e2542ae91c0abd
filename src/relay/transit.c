#include "relay/transit.h"

#include "base/udp_msg.h"
#include "carrier/dcid.h"
#include "platform/net/udp.h"
#include "quic/endpoint.h"
#include "relay/connection.h"
#include "relay/state.h"
#include "room/room.h"
#include "room/transit.h"

#define BATCH_MSGS 64U

/* The two ways out of a receive batch. Their bytes are those of the batch. */
struct batch {
	struct lp_relay *relay;
	struct lp_carrier *carrier;
	size_t n_own, n_passed;
	struct lp_udp_msg own[BATCH_MSGS];    /* of the endpoint's connections */
	struct lp_udp_msg passed[BATCH_MSGS]; /* for members */
};

static void give_own(struct batch *batch)
{
	struct lp_relay *relay = batch->relay;
	if (batch->n_own)
		lp_quic_receive(relay->endpoint, batch->carrier, batch->own, batch->n_own, relay->now_ns);
	batch->n_own = 0;
}

static void send_passed(struct batch *batch)
{
	if (batch->n_passed)
		lp_udp_send(batch->relay->udp.socket, batch->passed, batch->n_passed);
	batch->n_passed = 0;
}

static void add_own(struct batch *batch, const struct lp_udp_msg *run)
{
	if (batch->n_own == BATCH_MSGS)
		give_own(batch);
	batch->own[batch->n_own++] = *run;
}

/* Passes a run of datagrams with one prefix on, if that is a member's. */
static void take_run(struct batch *batch, const struct lp_udp_msg *run, const uint8_t *prefix)
{
	struct lp_relay *relay = batch->relay;
	struct lp_transit_verdict verdict = {.result = LP_TRANSIT_NOT};
	size_t step = run->segment_bytes ? run->segment_bytes : run->len;
	if (prefix)
		lp_rooms_transit(relay->rooms, &run->remote, prefix, (run->len + step - 1) / step, run->len,
			relay->now_ns, &verdict);
	if (verdict.result == LP_TRANSIT_NOT)
		add_own(batch, run);
	const struct lp_connection *to = verdict.to ? lp_peer_user(verdict.to) : NULL;
	if (verdict.result != LP_TRANSIT_PASS || !to)
		return;
	if (batch->n_passed == BATCH_MSGS)
		send_passed(batch);
	struct lp_udp_msg *out = &batch->passed[batch->n_passed++];
	*out = *run;
	out->local = *lp_quic_local(to->quic);
	out->remote = *lp_peer_address(verdict.to);
}

void lp_relay_receive(struct lp_relay *relay, struct lp_carrier *carrier, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	struct batch batch;
	if (!lp_rooms_has_transit(relay->rooms)) {
		lp_quic_receive(relay->endpoint, carrier, msgs, n_msgs, relay->now_ns);
		return;
	}
	batch.relay = relay;
	batch.carrier = carrier;
	batch.n_own = batch.n_passed = 0;
	for (size_t i = 0; i < n_msgs; i++) {
		for (size_t at = 0; at < msgs[i].len;) {
			struct lp_udp_msg run;
			const uint8_t *prefix;
			at += lp_dcid_run(&msgs[i], at, &run, &prefix);
			take_run(&batch, &run, prefix);
		}
	}
	send_passed(&batch);
	give_own(&batch);
}
