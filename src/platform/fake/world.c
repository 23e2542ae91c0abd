#include "platform/fake/world.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/units.h"
#include "platform/fake/current.h"
#include "platform/fake/device/port_state.h"
#include "platform/fake/host_state.h"
#include "platform/fake/net/route_fake.h"
#include "platform/fake/system/file_fake.h"
#include "platform/fake/world_state.h"

/* This many events at the same time mean an endless loop. */
#define CIRCLE_EVENTS 2000000

int lp_world_new(uint64_t seed, struct lp_world **ret_world)
{
	struct lp_world *world = calloc(1, sizeof *world);
	if (!world)
		return LP_ENOMEM;
	lp_list_init(&world->transits);
	world->now_ns = LP_SEC;
	world->dice.state = seed;
	/* GnuTLS checks certificates by the real calendar. */
	world->unix_offset_s = (int64_t)time(NULL) - 1;
	*ret_world = world;
	return 0;
}

void lp_world_free(struct lp_world *world)
{
	if (!world)
		return;
	struct lp_host *current = lp_host_switch(NULL);
	while (world->hosts) {
		struct lp_host *host = world->hosts;
		world->hosts = host->next;
		assert(!host->loops && !host->sockets && !host->listeners);
		lp_fake_routes_free(host);
		lp_fake_files_free(host);
		lp_fake_ports_free(host);
		if (current == host)
			current = NULL;
		free(host);
	}
	lp_host_switch(current);
	lp_world_clear_names(world);
	lp_net_clear(world);
	assert(!lp_schedule_next(&world->schedule));
	lp_schedule_done(&world->schedule);
	free(world);
}

uint64_t lp_world_now_ns(const struct lp_world *world)
{
	return world->now_ns;
}

struct lp_dice *lp_world_dice(struct lp_world *world)
{
	return &world->dice;
}

const struct lp_world_counters *lp_world_counters(const struct lp_world *world)
{
	return &world->counters;
}

/* Ends the process if the time does not advance. */
static void watch_for_circles(struct lp_world *world, uint64_t at_ns)
{
	if (at_ns > world->now_ns)
		world->n_same_time = 0;
	else if (++world->n_same_time > CIRCLE_EVENTS) {
		fprintf(stderr, "fake world: endless loop at %llu ns\n", (unsigned long long)world->now_ns);
		abort();
	}
}

bool lp_world_step(struct lp_world *world, uint64_t until_ns)
{
	struct lp_event *event = lp_schedule_next(&world->schedule);
	if (!event || event->at_ns > until_ns)
		return false;
	watch_for_circles(world, event->at_ns);
	if (event->at_ns > world->now_ns)
		world->now_ns = event->at_ns;
	if (event->host && event->host->paused_until_ns > world->now_ns) {
		lp_schedule_set(&world->schedule, event, event->host->paused_until_ns);
		return true;
	}
	lp_schedule_cancel(&world->schedule, event);
	struct lp_host *outside = lp_host_switch(event->host);
	event->run(event->ctx);
	lp_host_switch(outside);
	return true;
}

void lp_world_run_until(struct lp_world *world, uint64_t until_ns)
{
	while (lp_world_step(world, until_ns))
		;
	if (until_ns > world->now_ns)
		world->now_ns = until_ns;
}

bool lp_world_run_while(struct lp_world *world, bool (*more)(void *ctx), void *ctx, uint64_t until_ns)
{
	while (more(ctx)) {
		if (lp_world_step(world, until_ns))
			continue;
		if (until_ns > world->now_ns)
			world->now_ns = until_ns;
		return !more(ctx);
	}
	return true;
}

void lp_world_add_name(struct lp_world *world, const char *name, const struct lp_addr *addr)
{
	struct lp_fake_name *entry = calloc(1, sizeof *entry);
	if (!entry)
		abort();
	snprintf(entry->name, sizeof entry->name, "%s", name);
	entry->addr = *addr;
	struct lp_fake_name **end = &world->names;
	while (*end)
		end = &(*end)->next;
	*end = entry;
}

void lp_world_clear_names(struct lp_world *world)
{
	while (world->names) {
		struct lp_fake_name *entry = world->names;
		world->names = entry->next;
		free(entry);
	}
}
