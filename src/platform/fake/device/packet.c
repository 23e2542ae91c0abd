#include "platform/device/packet.h"

#include "base/error.h"
#include "base/failure.h"
#include "platform/fake/current.h"
#include "platform/fake/device/port_state.h"
#include "platform/fake/host_state.h"
#include "platform/fake/loop/loop_fake.h"

/* A packet socket has no state besides its interface's port. */
static struct lp_port *port_of(struct lp_packet *packet)
{
	return (struct lp_port *)(void *)packet;
}

static const struct lp_port *const_port_of(const struct lp_packet *packet)
{
	return (const struct lp_port *)(const void *)packet;
}

int lp_packet_open(struct lp_loop *loop, const struct lp_packet_config *config, lp_packet_recv_fn recv,
	lp_packet_error_fn error, void *ctx, struct lp_failure *failure, struct lp_packet **ret_packet)
{
	struct lp_port *port = lp_host_port(loop->host, config->interface);
	if (!port->wired)
		return lp_fail(failure, LP_ENOTFOUND, "%s: no such interface", config->interface);
	if (port->loop)
		return lp_fail(failure, LP_EINUSE, "%s: in use", config->interface);
	lp_port_attach(port, loop, recv, error, ctx);
	port->offload = true;
	port->up = true;
	*ret_packet = (struct lp_packet *)(void *)port;
	return 0;
}

int lp_packet_exclude_tunnel(struct lp_packet *packet, const struct lp_addr *local, const struct lp_addr *remote)
{
	(void)packet;
	(void)local;
	(void)remote;
	return 0;
}

size_t lp_packet_send(struct lp_packet *packet, const struct lp_frame *frames, size_t n_frames)
{
	return lp_port_emit(port_of(packet), frames, n_frames);
}

size_t lp_packet_send_host(struct lp_packet *packet, const struct lp_frame *frames, size_t n_frames)
{
	(void)packet;
	(void)frames;
	(void)n_frames;
	return 0;
}

void lp_packet_info(const struct lp_packet *packet, struct lp_packet_info *ret_info)
{
	const struct lp_port *port = const_port_of(packet);
	*ret_info = (struct lp_packet_info){.mac = port->mac, .mtu = port->mtu, .wireless = port->wireless};
}

void lp_packet_counters(struct lp_packet *packet, struct lp_packet_counters *ret_counters)
{
	(void)packet;
	*ret_counters = (struct lp_packet_counters){0};
}

bool lp_packet_takes(const struct lp_packet *packet, enum lp_gso gso)
{
	return gso == LP_GSO_NONE || (const_port_of(packet)->takes >> gso & 1);
}

void lp_packet_close(struct lp_packet *packet)
{
	if (packet)
		lp_port_detach(port_of(packet));
}
