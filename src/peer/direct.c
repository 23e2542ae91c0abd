/* Direct routes: offers, probes, and what the choice means for a link. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "carrier/udp.h"
#include "obs/event.h"
#include "peer/state.h"
#include "platform/net/udp.h"
#include "quic/endpoint.h"

/* Own addresses in an offer, and the one that the relay sees. */
#define OWN_MAX (LP_ROUTE_OFFERED_MAX - 1)

const char *lp_mesh_route_name(const struct lp_mesh_peer *peer)
{
	return lp_route_current(&peer->route) ? "direct" : "forwarded";
}

const char *lp_mesh_direct_word(enum lp_direct direct)
{
	return direct == LP_DIRECT_ALL ? "all" : direct == LP_DIRECT_GATEWAY ? "gateway" : "off";
}

/* What the room's host allows. */
static enum lp_direct allowed(const struct lp_mesh *mesh)
{
	if (mesh->config.role == LP_ROLE_GATEWAY)
		return mesh->config.room_direct;
	if (mesh->is_allowed_known)
		return mesh->allowed;
	return mesh->gateway && mesh->gateway->capable ? LP_DIRECT_GATEWAY : LP_DIRECT_ALL;
}

/* True if the two may exchange their addresses, as far as this member and the room's host are concerned. */
static bool may_be_direct(const struct lp_mesh_peer *peer)
{
	const struct lp_mesh_config *config = &peer->mesh->config;
	bool gateway = config->role == LP_ROLE_GATEWAY || peer->role == LP_ROLE_GATEWAY;
	enum lp_direct direct = allowed(peer->mesh);
	if (config->direct < direct)
		direct = config->direct;
	return direct == LP_DIRECT_ALL || (direct == LP_DIRECT_GATEWAY && gateway);
}

/* Sends our addresses to the peer. */
static void offer(struct lp_mesh_peer *peer)
{
	struct lp_mesh *mesh = peer->mesh;
	struct lp_message message = {.type = LP_MESSAGE_LINK_OFFER};
	struct lp_addr addrs[OWN_MAX + 1];
	struct lp_text text;
	char written[LP_ADDR_TEXT_MAX];
	size_t n = mesh->config.events->addresses(mesh->config.ctx, addrs, OWN_MAX);
	if (mesh->seen.family)
		addrs[n++] = mesh->seen;
	lp_text_init(&text, message.link_offer.addresses, sizeof message.link_offer.addresses);
	for (size_t i = 0; i < n; i++)
		lp_text_addf(&text, "%s%s", i ? " " : "", lp_addr_format(&addrs[i], written));
	lp_mesh_send_message(peer, &message);
}

void lp_mesh_direct_start(struct lp_mesh_peer *peer)
{
	if (!may_be_direct(peer))
		return;
	peer->direct = true;
	offer(peer);
}

void lp_mesh_direct_allow(struct lp_mesh *mesh, const char *word)
{
	enum lp_direct direct = LP_DIRECT_OFF; /* also for a word of a later version */
	if (word[0] == '\0' || strcmp(word, "all") == 0)
		direct = LP_DIRECT_ALL;
	else if (strcmp(word, "gateway") == 0)
		direct = LP_DIRECT_GATEWAY;
	mesh->allowed = direct;
	mesh->is_allowed_known = true;
	for (size_t i = 0; i < mesh->n_peers; i++) {
		struct lp_mesh_peer *peer = mesh->peers[i];
		if (peer->state != LP_MESH_UP || peer->direct == may_be_direct(peer))
			continue;
		if (!peer->direct) {
			lp_mesh_direct_start(peer);
			continue;
		}
		bool was_direct = lp_route_current(&peer->route) != NULL;
		peer->direct = false;
		lp_route_init(&peer->route);
		if (was_direct)
			lp_quic_path_changed(peer->conn, mesh->now_ns);
	}
}

void lp_mesh_moved(struct lp_mesh *mesh, uint64_t now_ns)
{
	mesh->now_ns = now_ns;
	for (size_t i = 0; i < mesh->n_peers; i++)
		if (mesh->peers[i]->state == LP_MESH_UP && mesh->peers[i]->direct)
			offer(mesh->peers[i]);
}

void lp_mesh_direct_offered(struct lp_mesh_peer *peer, const struct lp_link_offer *message)
{
	struct lp_mesh *mesh = peer->mesh;
	struct lp_addr addrs[LP_ROUTE_OFFERED_MAX];
	char text[sizeof message->addresses], *rest = text;
	size_t n = 0;
	if (!peer->direct)
		return;
	memcpy(text, message->addresses, sizeof text);
	while (rest && n < LP_ROUTE_OFFERED_MAX) {
		char *word = rest, *end = strchr(rest, ' ');
		rest = end ? end + 1 : NULL;
		if (end)
			*end = '\0';
		if (*word && lp_addr_parse(word, 0, &addrs[n]) == 0 && !lp_addr_equal(&addrs[n], mesh->config.relay))
			n++;
	}
	lp_route_offer(&peer->route, addrs, n, mesh->now_ns);
	mesh->check_ns = lp_earlier(mesh->check_ns, mesh->now_ns);
}

/* Sends one message outside of QUIC. */
static void send_one(struct lp_mesh_peer *peer, enum lp_route_kind kind, const struct lp_addr *to, uint64_t stamp)
{
	struct lp_mesh *mesh = peer->mesh;
	struct lp_route_message message = {.kind = kind, .stamp = stamp};
	uint8_t data[LP_ROUTE_MESSAGE_BYTES];
	memcpy(message.to, peer->prefix, sizeof message.to);
	memcpy(message.from, mesh->prefix, sizeof message.from);
	lp_route_write(&message, peer->route_key, data);
	lp_udp_send(mesh->config.udp->socket, &(struct lp_udp_msg){.data = data, .len = sizeof data, .remote = *to}, 1);
}

void lp_mesh_direct_tick(struct lp_mesh_peer *peer)
{
	struct lp_mesh *mesh = peer->mesh;
	const struct lp_addr *to;
	uint64_t stamp;
	struct lp_quic_stats stats;
	lp_quic_stats(peer->conn, &stats);
	if (lp_route_choose(&peer->route, lp_route_current(&peer->route) ? 0 : stats.srtt_ns, mesh->now_ns)) {
		const struct lp_addr *current = lp_route_current(&peer->route);
		static const struct lp_addr none;
		lp_quic_path_changed(peer->conn, mesh->now_ns);
		lp_event_link_route(
			mesh->config.log, peer->id, peer->name, lp_mesh_route_name(peer), current ? current : &none);
	}
	while ((to = lp_route_next_probe(&peer->route, mesh->now_ns, &stamp)))
		send_one(peer, LP_ROUTE_PROBE, to, stamp);
}

/* The peer with this prefix that may have a direct route, or NULL. */
static struct lp_mesh_peer *find_direct(const struct lp_mesh *mesh, const uint8_t *prefix)
{
	for (size_t i = 0; i < mesh->n_peers; i++) {
		struct lp_mesh_peer *peer = mesh->peers[i];
		if (peer->direct && peer->state == LP_MESH_UP &&
			memcmp(peer->prefix, prefix, LP_LINK_PREFIX_BYTES) == 0)
			return peer;
	}
	return NULL;
}

void lp_mesh_direct_receive(struct lp_mesh *mesh, const struct lp_udp_msg *msg, const uint8_t *data)
{
	struct lp_route_message message;
	lp_route_read(data, &message);
	if (memcmp(message.to, mesh->prefix, sizeof message.to) != 0)
		return;
	struct lp_mesh_peer *peer = find_direct(mesh, message.from);
	if (!peer || !lp_route_verify(data, peer->route_key))
		return;
	if (message.kind == LP_ROUTE_PROBE) {
		send_one(peer, LP_ROUTE_REPLY, &msg->remote, message.stamp);
		lp_route_probed(&peer->route, &msg->remote, mesh->now_ns);
	} else {
		lp_route_replied(&peer->route, &msg->remote, message.stamp, mesh->now_ns);
	}
	lp_mesh_direct_tick(peer);
}

void lp_mesh_direct_alive(struct lp_mesh *mesh, const struct lp_addr *from)
{
	struct lp_mesh_peer *peer = mesh->last_direct;
	if (!peer || !lp_route_current(&peer->route) || !lp_addr_equal(lp_route_current(&peer->route), from)) {
		peer = NULL;
		for (size_t i = 0; i < mesh->n_peers && !peer; i++) {
			const struct lp_addr *current = lp_route_current(&mesh->peers[i]->route);
			if (current && lp_addr_equal(current, from))
				peer = mesh->peers[i];
		}
		mesh->last_direct = peer;
	}
	if (peer)
		lp_route_alive(&peer->route, mesh->now_ns);
}
