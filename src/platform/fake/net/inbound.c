#include "platform/net/inbound.h"

#include <stdlib.h>

#include "base/error.h"
#include "platform/fake/current.h"
#include "platform/fake/host_state.h"
#include "platform/fake/net/route_fake.h"
#include "platform/loop/loop.h"

struct lp_inbound {
	struct lp_timer *timer;
	struct lp_route_interface interface;
	enum lp_inbound_action action;
	void (*done)(void *ctx, int result);
	void *ctx;
};

static int act(struct lp_fake_inbound *state, enum lp_inbound_action action)
{
	if (action == LP_INBOUND_ALLOW || action == LP_INBOUND_FORBID) {
		if (action == LP_INBOUND_ALLOW && state->allow_result < 0)
			return state->allow_result;
		state->allowed = action == LP_INBOUND_ALLOW;
		return 0;
	}
	if (!state->category)
		return LP_ENOTFOUND;
	if (action == LP_INBOUND_QUERY)
		return state->category;
	if (state->category != (int)action && state->set_result < 0)
		return state->set_result;
	state->category = action;
	return 0;
}

int lp_inbound_do(const struct lp_route_interface *interface, enum lp_inbound_action action)
{
	struct lp_host *host = lp_host_current();
	(void)interface;
	int result = lp_faults_next(&host->faults);
	return result < 0 ? result : act(&lp_host_routes(host)->inbound, action);
}

static void on_timer(void *ctx, uint64_t now_ns)
{
	struct lp_inbound *inbound = ctx;
	(void)now_ns;
	inbound->done(inbound->ctx, lp_inbound_do(&inbound->interface, inbound->action));
}

int lp_inbound_start(struct lp_loop *loop, const struct lp_route_interface *interface, enum lp_inbound_action action,
	void (*done)(void *ctx, int result), void *ctx, struct lp_inbound **ret_inbound)
{
	struct lp_inbound *inbound = malloc(sizeof *inbound);
	if (!inbound)
		return LP_ENOMEM;
	*inbound = (struct lp_inbound){.interface = *interface, .action = action, .done = done, .ctx = ctx};
	int result = lp_timer_new(loop, on_timer, inbound, &inbound->timer);
	if (result < 0) {
		free(inbound);
		return result;
	}
	lp_timer_set(inbound->timer, lp_loop_now_ns(loop));
	*ret_inbound = inbound;
	return 0;
}

void lp_inbound_free(struct lp_inbound *inbound)
{
	if (!inbound)
		return;
	lp_timer_free(inbound->timer);
	free(inbound);
}
