/* A loop of the simulated world, for the files of platform/fake. */
#ifndef LP_PLATFORM_FAKE_LOOP_LOOP_FAKE_H
#define LP_PLATFORM_FAKE_LOOP_LOOP_FAKE_H

#include <stdbool.h>
#include <stddef.h>

#include "platform/loop/loop.h"

struct lp_host;

struct lp_loop {
	struct lp_loop *next; /* in the host's list */
	struct lp_host *host;
	size_t n_attached; /* timers, sockets, devices */
	bool stopped;
	lp_signal_fn on_signal;
	void *signal_ctx;
};

#endif
