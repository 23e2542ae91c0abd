#include <string.h>

#include "carrier/dcid.h"
#include "carrier/udp.h"
#include "peer/state.h"
#include "platform/net/udp.h"
#include "quic/endpoint.h"

#define BATCH_MSGS 64U
#define MAPPED_PORT 1

/* From 240.0.0.0/4 and fd00::/8, which are not used on the internet. PMTUD probes sizes by family, so the mapped
   address has the family of the relay's address. */
struct lp_addr lp_mesh_mapped(uint8_t family, uint16_t id)
{
	struct lp_addr addr = {.family = family, .port = MAPPED_PORT};
	size_t len = family == 4 ? 4 : 16;
	addr.ip[0] = family == 4 ? 240 : 0xfd;
	addr.ip[len - 2] = (uint8_t)(id >> 8);
	addr.ip[len - 1] = (uint8_t)id;
	return addr;
}

struct lp_mesh_peer *lp_mesh_of_mapped(const struct lp_mesh *mesh, const struct lp_addr *mapped)
{
	size_t len = mapped->family == 4 ? 4 : 16;
	return lp_mesh_find(mesh, (uint16_t)(mapped->ip[len - 2] << 8 | mapped->ip[len - 1]));
}

/* Sends packets of links by the routes of their peers. */
static void send_mapped(struct lp_carrier *carrier, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	static const struct lp_addr any;
	const struct lp_mesh *mesh = carrier->ctx;
	struct lp_udp_msg out[BATCH_MSGS];
	size_t n = 0;
	for (size_t i = 0; i < n_msgs; i++) {
		const struct lp_mesh_peer *peer = lp_mesh_of_mapped(mesh, &msgs[i].remote);
		if (!peer)
			continue;
		const struct lp_addr *direct = lp_route_current(&peer->route);
		out[n] = msgs[i];
		out[n].remote = direct ? *direct : *mesh->config.relay;
		out[n].local = direct ? any : *mesh->config.local;
		if (++n < BATCH_MSGS)
			continue;
		lp_udp_send(mesh->config.udp->socket, out, n);
		n = 0;
	}
	if (n)
		lp_udp_send(mesh->config.udp->socket, out, n);
}

void lp_mesh_wire_init(struct lp_mesh *mesh)
{
	lp_carrier_init(&mesh->carrier, send_mapped, NULL, mesh);
	mesh->carrier.mapped = true;
}

/* The peer whose links' source IDs begin with |prefix|, or NULL. */
static const struct lp_mesh_peer *find_prefix(const struct lp_mesh *mesh, const uint8_t *prefix)
{
	for (size_t i = 0; i < mesh->n_peers; i++)
		if (mesh->peers[i]->capable && memcmp(mesh->peers[i]->prefix, prefix, LP_LINK_PREFIX_BYTES) == 0)
			return mesh->peers[i];
	return NULL;
}

/* A packet of a handshake: it may begin a connection, and must come by the relay, which has checked the sender. */
static void receive_long(struct lp_mesh *mesh, const struct lp_udp_msg *msg)
{
	struct lp_udp_msg mapped = *msg;
	const uint8_t *prefix = lp_scid_prefix(msg->data, msg->len);
	const struct lp_mesh_peer *peer = prefix ? find_prefix(mesh, prefix) : NULL;
	if (!peer || !lp_addr_equal(&msg->remote, mesh->config.relay))
		return;
	mapped.remote = lp_mesh_mapped(mesh->config.relay->family, peer->id);
	mapped.local = lp_mesh_mapped(mesh->config.relay->family, 0);
	lp_quic_receive(mesh->endpoint, &mesh->carrier, &mapped, 1, mesh->now_ns);
}

/* A run of datagrams with our prefix. Those with a short header belong to a connection, or to none. */
static void receive_run(struct lp_mesh *mesh, const struct lp_udp_msg *run)
{
	size_t step = run->segment_bytes ? run->segment_bytes : run->len, at = 0;
	struct lp_udp_msg part = *run;
	part.remote = part.local = lp_mesh_mapped(mesh->config.relay->family, 0);
	if (!lp_addr_equal(&run->remote, mesh->config.relay))
		lp_mesh_direct_alive(mesh, &run->remote);
	while (at < run->len) {
		size_t begin = at;
		while (at < run->len && !(run->data[at] & 0x80))
			at += step;
		if (at > run->len)
			at = run->len;
		part.data = run->data + begin;
		part.len = at - begin;
		if (part.len)
			lp_quic_receive(mesh->endpoint, &mesh->carrier, &part, 1, mesh->now_ns);
		if (at == run->len)
			break;
		struct lp_udp_msg one = *run;
		one.data = run->data + at;
		one.len = run->len - at < step ? run->len - at : step;
		one.segment_bytes = 0;
		receive_long(mesh, &one);
		at += one.len;
	}
}

void lp_mesh_receive(struct lp_mesh *mesh, const struct lp_udp_msg *msgs, size_t n_msgs, uint64_t now_ns)
{
	const struct lp_mesh_events *events = mesh->config.events;
	struct lp_udp_msg rest[BATCH_MSGS];
	size_t n_rest = 0;
	mesh->now_ns = now_ns;
	if (!mesh->on) {
		events->rest(mesh->config.ctx, msgs, n_msgs);
		return;
	}
	for (size_t i = 0; i < n_msgs; i++) {
		for (size_t at = 0; at < msgs[i].len;) {
			struct lp_udp_msg run;
			const uint8_t *prefix;
			at += lp_dcid_run(&msgs[i], at, &run, &prefix);
			if (prefix && memcmp(prefix, mesh->prefix, LP_LINK_PREFIX_BYTES) == 0) {
				receive_run(mesh, &run);
				continue;
			}
			if (!prefix && lp_route_is_message(run.data, run.segment_bytes ? run.segment_bytes : run.len)) {
				for (size_t k = 0; k + LP_ROUTE_MESSAGE_BYTES <= run.len; k += LP_ROUTE_MESSAGE_BYTES)
					lp_mesh_direct_receive(mesh, &run, run.data + k);
				continue;
			}
			if (n_rest == BATCH_MSGS) {
				events->rest(mesh->config.ctx, rest, n_rest);
				n_rest = 0;
			}
			rest[n_rest++] = run;
		}
	}
	if (n_rest)
		events->rest(mesh->config.ctx, rest, n_rest);
}
