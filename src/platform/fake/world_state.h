/* The simulated world, for the files of platform/fake. */
#ifndef LP_PLATFORM_FAKE_WORLD_STATE_H
#define LP_PLATFORM_FAKE_WORLD_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "platform/fake/dice.h"
#include "platform/fake/loop/schedule.h"
#include "platform/fake/world.h"

/* A name that resolves. */
struct lp_fake_name {
	struct lp_fake_name *next;
	char name[256];
	struct lp_addr addr;
};

struct lp_world {
	uint64_t now_ns;
	int64_t unix_offset_s; /* Unix time minus |now_ns| */
	struct lp_schedule schedule;
	struct lp_dice dice;
	struct lp_world_counters counters;
	struct lp_host *hosts;
	struct lp_fake_name *names;
	struct lp_node transits; /* datagrams in transit; net/internet.c */
	uint64_t n_same_time;    /* events since the time last advanced */
};

/* Runs the next event; false if there is none until |until_ns|. */
bool lp_world_step(struct lp_world *world, uint64_t until_ns);

#endif
