#include "platform/device/tap.h"

#include "base/error.h"
#include "base/failure.h"
#include "platform/fake/current.h"
#include "platform/fake/device/port_state.h"
#include "platform/fake/host_state.h"
#include "platform/fake/loop/loop_fake.h"
#include "platform/fake/world_state.h"

/* A TAP has no state besides its port. */
static struct lp_port *port_of(struct lp_tap *tap)
{
	return (struct lp_port *)(void *)tap;
}

static const struct lp_port *const_port_of(const struct lp_tap *tap)
{
	return (const struct lp_port *)(const void *)tap;
}

int lp_tap_open(struct lp_loop *loop, const struct lp_tap_config *config, lp_tap_recv_fn recv, lp_tap_error_fn error,
	void *ctx, struct lp_failure *failure, struct lp_tap **ret_tap)
{
	struct lp_port *port = lp_host_port(loop->host, config->name ? config->name : "tap");
	if (port->loop || port->wired)
		return lp_fail(failure, LP_EINUSE, "%s: there is an interface of that name", port->name);
	lp_port_attach(port, loop, recv, error, ctx);
	port->mac = config->mac;
	port->offload = config->offload;
	*ret_tap = (struct lp_tap *)(void *)port;
	return 0;
}

int lp_tap_up(struct lp_tap *tap, unsigned mtu, struct lp_failure *failure)
{
	int result = lp_tap_set_mtu(tap, mtu, failure);
	if (result == 0)
		port_of(tap)->up = true;
	return result;
}

int lp_tap_set_mtu(struct lp_tap *tap, unsigned mtu, struct lp_failure *failure)
{
	struct lp_port *port = port_of(tap);
	if (mtu < 68 || mtu > 65535)
		return lp_fail(failure, LP_ERANGE, "%s: an MTU of %u is not possible", port->name, mtu);
	port->mtu = mtu;
	return 0;
}

void lp_tap_replug(struct lp_tap *tap)
{
	(void)tap;
}

void lp_tap_pause(struct lp_tap *tap)
{
	struct lp_port *port = port_of(tap);
	port->paused = true;
	lp_schedule_cancel(&port->host->world->schedule, &port->wake);
}

void lp_tap_resume(struct lp_tap *tap)
{
	struct lp_port *port = port_of(tap);
	port->paused = false;
	lp_port_poke(port);
}

size_t lp_tap_send(struct lp_tap *tap, const struct lp_frame *frames, size_t n_frames)
{
	return lp_port_emit(port_of(tap), frames, n_frames);
}

void lp_tap_close(struct lp_tap *tap)
{
	if (tap)
		lp_port_detach(port_of(tap));
}

const char *lp_tap_name(const struct lp_tap *tap)
{
	return const_port_of(tap)->name;
}

const char *lp_tap_id(const struct lp_tap *tap)
{
	return const_port_of(tap)->name;
}

const struct lp_mac *lp_tap_mac(const struct lp_tap *tap)
{
	return &const_port_of(tap)->mac;
}

bool lp_tap_details(const struct lp_tap *tap, struct lp_tap_details *ret_details)
{
	(void)tap;
	(void)ret_details;
	return false;
}

bool lp_tap_takes(const struct lp_tap *tap, enum lp_gso gso)
{
	const struct lp_port *port = const_port_of(tap);
	return gso == LP_GSO_NONE || (port->offload && (port->takes >> gso & 1));
}
