#include "carrier/carrier.h"

void lp_carrier_init(struct lp_carrier *carrier, lp_carrier_send_fn *send, lp_carrier_recv_fn *recv, void *ctx)
{
	carrier->send = send;
	carrier->recv = recv;
	carrier->ctx = ctx;
	carrier->n_msgs = 0;
	carrier->next_queued = NULL;
	carrier->mapped = false;
}

bool lp_carrier_queue(struct lp_carrier *carrier, const struct lp_udp_msg *msg)
{
	if (carrier->n_msgs == LP_CARRIER_MSGS)
		return false;
	carrier->msgs[carrier->n_msgs++] = *msg;
	return true;
}

void lp_carrier_flush(struct lp_carrier *carrier)
{
	if (carrier->n_msgs)
		carrier->send(carrier, carrier->msgs, carrier->n_msgs);
	carrier->n_msgs = 0;
}
