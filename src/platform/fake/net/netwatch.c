#include "platform/net/netwatch.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/units.h"
#include "platform/fake/host_state.h"
#include "platform/fake/loop/loop_fake.h"
#include "platform/fake/net/netwatch_fake.h"
#include "platform/fake/world_state.h"

/* The delay of a notification. */
#define TELL_NS (10 * LP_MS)

struct lp_netwatch {
	struct lp_netwatch *next; /* in the host's list */
	struct lp_event event;
	struct lp_loop *loop;
	lp_netwatch_fn changed;
	void *ctx;
};

static void tell(void *ctx)
{
	struct lp_netwatch *netwatch = ctx;
	netwatch->changed(netwatch->ctx);
}

void lp_netwatch_changed(struct lp_host *host)
{
	for (struct lp_netwatch *netwatch = host->netwatches; netwatch; netwatch = netwatch->next) {
		if (!lp_heap_contains(&netwatch->event.node))
			lp_schedule_set(&host->world->schedule, &netwatch->event, host->world->now_ns + TELL_NS);
	}
}

int lp_netwatch_new(struct lp_loop *loop, lp_netwatch_fn changed, void *ctx, struct lp_netwatch **ret_netwatch)
{
	struct lp_netwatch *netwatch = calloc(1, sizeof *netwatch);
	if (!netwatch)
		return LP_ENOMEM;
	*netwatch = (struct lp_netwatch){
		.next = loop->host->netwatches,
		.event = {.host = loop->host, .run = tell, .ctx = netwatch},
		.loop = loop,
		.changed = changed,
		.ctx = ctx,
	};
	loop->host->netwatches = netwatch;
	loop->n_attached++;
	*ret_netwatch = netwatch;
	return 0;
}

void lp_netwatch_free(struct lp_netwatch *netwatch)
{
	if (!netwatch)
		return;
	struct lp_host *host = netwatch->loop->host;
	struct lp_netwatch **link = &host->netwatches;
	while (*link != netwatch)
		link = &(*link)->next;
	*link = netwatch->next;
	lp_schedule_cancel(&host->world->schedule, &netwatch->event);
	netwatch->loop->n_attached--;
	free(netwatch);
}

void lp_netwatch_avoid(struct lp_netwatch *netwatch, const char *device)
{
	(void)netwatch;
	(void)device; /* routes of a simulated host never use its TAP */
}

int lp_netwatch_source(
	struct lp_netwatch *netwatch, const struct lp_addr *remote, struct lp_addr *ret_local, uint32_t *ret_interface)
{
	struct lp_addr ip = lp_host_net_ip(&netwatch->loop->host->net, remote->family);
	if (!ip.family)
		return LP_EUNREACH;
	*ret_local = ip;
	*ret_interface = 0;
	return 0;
}
