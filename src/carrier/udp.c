#include "carrier/udp.h"

#include "platform/net/udp.h"

static void udp_send(struct lp_carrier *carrier, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	const struct lp_carrier_udp *udp = (const struct lp_carrier_udp *)carrier;
	lp_udp_send(udp->socket, msgs, n_msgs);
}

static void on_recv(void *ctx, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	struct lp_carrier *carrier = ctx;
	carrier->recv(carrier->ctx, carrier, msgs, n_msgs);
}

int lp_carrier_udp_open(struct lp_carrier_udp *udp, struct lp_loop *loop, const struct lp_addr *local,
	lp_carrier_recv_fn *recv, void *ctx, struct lp_failure *failure)
{
	return lp_carrier_udp_open_shared(udp, loop, local, &(struct lp_udp_share){.n = 1}, recv, ctx, failure);
}

int lp_carrier_udp_open_shared(struct lp_carrier_udp *udp, struct lp_loop *loop, const struct lp_addr *local,
	const struct lp_udp_share *share, lp_carrier_recv_fn *recv, void *ctx, struct lp_failure *failure)
{
	lp_carrier_init(&udp->carrier, udp_send, recv, ctx);
	return lp_udp_open_shared(loop, local, share, on_recv, &udp->carrier, failure, &udp->socket);
}

void lp_carrier_udp_close(struct lp_carrier_udp *udp)
{
	lp_udp_close(udp->socket);
	udp->socket = NULL;
}
