#include "platform/fake/device/port.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "platform/fake/current.h"
#include "platform/fake/device/port_state.h"
#include "platform/fake/host_state.h"
#include "platform/fake/loop/loop_fake.h"
#include "platform/fake/world_state.h"

/* The length of the queue, like a TAP's txqueuelen. */
#define WAITING_MAX 1000
/* Frames per batch. */
#define BATCH_FRAMES 64
/* The time a system needs to wake a program. */
#define WAKE_NS (10 * LP_US)

struct lp_port *lp_host_port(struct lp_host *host, const char *name)
{
	for (struct lp_port *port = host->ports; port; port = port->next) {
		if (strcmp(port->name, name) == 0)
			return port;
	}
	struct lp_port *port = calloc(1, sizeof *port);
	if (!port)
		abort();
	snprintf(port->name, sizeof port->name, "%s", name);
	port->host = host;
	port->last = &port->first;
	port->next = host->ports;
	host->ports = port;
	return port;
}

void lp_port_set_wired(struct lp_port *port, const struct lp_mac *mac, unsigned mtu, bool wireless)
{
	port->wired = true;
	port->mac = *mac;
	port->mtu = mtu;
	port->wireless = wireless;
}

void lp_port_set_sink(struct lp_port *port, lp_port_sink_fn sink, void *ctx)
{
	port->sink = sink;
	port->sink_ctx = ctx;
}

void lp_port_set_takes(struct lp_port *port, unsigned gso_bits)
{
	port->takes = gso_bits;
}

/* Removes the first frame. */
static struct lp_port_waiting *waiting_take(struct lp_port *port)
{
	struct lp_port_waiting *waiting = port->first;
	port->first = waiting->next;
	if (!port->first)
		port->last = &port->first;
	port->n_waiting--;
	return waiting;
}

/* Passes one batch to the program. */
static void wake(void *ctx)
{
	struct lp_port *port = ctx;
	struct lp_port_waiting *batch[BATCH_FRAMES];
	struct lp_frame frames[BATCH_FRAMES];
	size_t n = 0;
	while (port->first && n < BATCH_FRAMES) {
		batch[n] = waiting_take(port);
		frames[n] = batch[n]->frame;
		n++;
	}
	/* before the call, which may close the port */
	lp_port_poke(port);
	if (n)
		port->recv(port->ctx, frames, n);
	for (size_t i = 0; i < n; i++)
		free(batch[i]);
}

void lp_port_poke(struct lp_port *port)
{
	if (port->loop && port->up && !port->paused && port->first && !lp_heap_contains(&port->wake.node))
		lp_schedule_set(&port->host->world->schedule, &port->wake, port->host->world->now_ns + WAKE_NS);
}

bool lp_port_put(struct lp_port *port, const struct lp_frame *frame)
{
	if (!lp_port_is_up(port) || port->n_waiting >= WAITING_MAX)
		return false;
	struct lp_port_waiting *waiting = malloc(sizeof *waiting + frame->len);
	if (!waiting)
		abort();
	waiting->next = NULL;
	waiting->frame = *frame;
	waiting->frame.data = waiting->bytes;
	memcpy(waiting->bytes, frame->data, frame->len);
	*port->last = waiting;
	port->last = &waiting->next;
	port->n_waiting++;
	lp_port_poke(port);
	return true;
}

void lp_port_attach(struct lp_port *port, struct lp_loop *loop,
	void (*recv)(void *ctx, const struct lp_frame *frames, size_t n_frames),
	void (*error)(void *ctx, const struct lp_failure *failure), void *ctx)
{
	assert(!port->loop);
	port->loop = loop;
	port->recv = recv;
	port->error = error;
	port->ctx = ctx;
	port->wake = (struct lp_event){.host = port->host, .run = wake, .ctx = port};
	port->paused = false;
	loop->n_attached++;
}

void lp_port_detach(struct lp_port *port)
{
	assert(port->loop);
	port->loop->n_attached--;
	port->loop = NULL;
	port->up = false;
	while (port->first)
		free(waiting_take(port));
	lp_schedule_cancel(&port->host->world->schedule, &port->wake);
}

size_t lp_port_emit(struct lp_port *port, const struct lp_frame *frames, size_t n_frames)
{
	if (!lp_port_is_up(port))
		return 0;
	for (size_t i = 0; i < n_frames; i++) {
		if (port->sink)
			port->sink(port->sink_ctx, &frames[i]);
	}
	return n_frames;
}

void lp_port_break(struct lp_port *port)
{
	assert(port->loop);
	struct lp_failure failure;
	lp_fail(&failure, LP_EIO, "%s: the interface is gone", port->name);
	struct lp_host *outside = lp_host_switch(port->host);
	port->error(port->ctx, &failure);
	lp_host_switch(outside);
}

bool lp_port_is_open(const struct lp_port *port)
{
	return port->loop != NULL;
}

bool lp_port_is_up(const struct lp_port *port)
{
	return port->loop && port->up;
}

unsigned lp_port_mtu(const struct lp_port *port)
{
	return port->mtu;
}

size_t lp_port_waiting(const struct lp_port *port)
{
	return port->n_waiting;
}

void lp_fake_ports_free(struct lp_host *host)
{
	while (host->ports) {
		struct lp_port *port = host->ports;
		host->ports = port->next;
		assert(!port->loop);
		free(port);
	}
}
