#include "platform/net/resolve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "platform/fake/host_state.h"
#include "platform/fake/loop/loop_fake.h"
#include "platform/fake/world_state.h"

/* The response time of the name server. */
#define ANSWER_NS (5 * LP_MS)
#define ADDRS_MAX 8

struct lp_resolve {
	struct lp_event event;
	struct lp_loop *loop;
	char host[256];
	uint16_t port;
	lp_resolve_fn done;
	void *ctx;
};

static void answer(void *ctx)
{
	struct lp_resolve *resolve = ctx;
	struct lp_addr addrs[ADDRS_MAX];
	size_t n_addrs = 0;
	if (lp_addr_parse(resolve->host, 0, &addrs[0]) == 0)
		n_addrs = 1;
	for (struct lp_fake_name *name = resolve->loop->host->world->names; name; name = name->next) {
		if (strcmp(name->name, resolve->host) == 0 && n_addrs < ADDRS_MAX)
			addrs[n_addrs++] = name->addr;
	}
	for (size_t i = 0; i < n_addrs; i++)
		addrs[i].port = resolve->port;
	resolve->done(resolve->ctx, addrs, n_addrs, n_addrs ? NULL : "no such name");
}

int lp_resolve_start(struct lp_loop *loop, const char *host, uint16_t port, lp_resolve_fn done, void *ctx,
	struct lp_resolve **ret_resolve)
{
	struct lp_resolve *resolve = calloc(1, sizeof *resolve);
	if (!resolve)
		return LP_ENOMEM;
	*resolve = (struct lp_resolve){
		.event = {.host = loop->host, .run = answer, .ctx = resolve},
		.loop = loop,
		.port = port,
		.done = done,
		.ctx = ctx,
	};
	snprintf(resolve->host, sizeof resolve->host, "%s", host);
	loop->n_attached++;
	struct lp_world *world = loop->host->world;
	lp_schedule_set(&world->schedule, &resolve->event, world->now_ns + ANSWER_NS);
	*ret_resolve = resolve;
	return 0;
}

void lp_resolve_free(struct lp_resolve *resolve)
{
	if (!resolve)
		return;
	lp_schedule_cancel(&resolve->loop->host->world->schedule, &resolve->event);
	resolve->loop->n_attached--;
	free(resolve);
}
