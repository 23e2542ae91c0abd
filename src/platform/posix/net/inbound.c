#include "platform/net/inbound.h"

#include "base/error.h"

int lp_inbound_do(const struct lp_route_interface *interface, enum lp_inbound_action action)
{
	(void)interface;
	(void)action;
	return LP_EUNSUPPORTED;
}

int lp_inbound_start(struct lp_loop *loop, const struct lp_route_interface *interface, enum lp_inbound_action action,
	void (*done)(void *ctx, int result), void *ctx, struct lp_inbound **ret_inbound)
{
	(void)loop;
	(void)interface;
	(void)action;
	(void)done;
	(void)ctx;
	(void)ret_inbound;
	return LP_EUNSUPPORTED;
}

void lp_inbound_free(struct lp_inbound *inbound)
{
	(void)inbound;
}
