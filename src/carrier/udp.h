/* The carrier that most connections use all their life: a UDP socket. */
#ifndef LP_CARRIER_UDP_H
#define LP_CARRIER_UDP_H

#include "carrier/carrier.h"

struct lp_addr;
struct lp_failure;
struct lp_loop;
struct lp_udp;
struct lp_udp_share;

struct lp_carrier_udp {
	struct lp_carrier carrier;
	struct lp_udp *socket; /* NULL while closed; owned */
};

/* Opens the socket as lp_udp_open() does, with the same errors and text in |failure|. |udp| must not move while it is
   open. */
int lp_carrier_udp_open(struct lp_carrier_udp *udp, struct lp_loop *loop, const struct lp_addr *local,
	lp_carrier_recv_fn *recv, void *ctx, struct lp_failure *failure);
/* The same as one of several carriers of a port (lp_udp_open_shared()), each with its own loop and endpoint. */
int lp_carrier_udp_open_shared(struct lp_carrier_udp *udp, struct lp_loop *loop, const struct lp_addr *local,
	const struct lp_udp_share *share, lp_carrier_recv_fn *recv, void *ctx, struct lp_failure *failure);
/* A zeroed or closed one is fine. */
void lp_carrier_udp_close(struct lp_carrier_udp *udp);

#endif
