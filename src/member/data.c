/* The data plane of a member: frames to and from the room. */
#include <string.h>

#include "base/udp_msg.h"
#include "base/wipe.h"
#include "link/link.h"
#include "member/state.h"
#include "peer/mesh.h"
#include "platform/loop/loop.h"
#include "platform/net/netwatch.h"
#include "platform/net/udp.h"
#include "proto/budget.h"
#include "quic/endpoint.h"
#include "session/session.h"

uint64_t lp_member_begin(struct lp_member *member)
{
	member->now_ns = lp_loop_now_ns(member->loop);
	return member->now_ns;
}

static enum lp_mesh_relay relay_state(const struct lp_member *member)
{
	if (!member->link || member->state != LP_MEMBER_JOINED)
		return LP_MESH_RELAY_AWAY;
	return lp_link_waiting_bytes(member->link) ? LP_MESH_RELAY_WAITS : LP_MESH_RELAY_READY;
}

void lp_member_send(struct lp_member *member, const struct lp_bytes *parts, size_t n_parts)
{
	enum lp_drop drop = LP_DROP_NOT_JOINED;
	const char *route = NULL;
	if (member->mesh)
		route = lp_mesh_send(member->mesh, parts, n_parts, relay_state(member), member->now_ns, &drop);
	if (!route && relay_state(member) == LP_MESH_RELAY_AWAY)
		lp_member_count_drops(member, drop, 1);
	else if (!route)
		drop = lp_link_send(member->link, 0, parts, n_parts, member->now_ns);
	if (lp_capture_is_on(member->config.capture))
		lp_member_note(member, &(struct lp_member_frame){.side = LP_CAPTURE_TUNNEL_OUT,
					       .parts = parts,
					       .n_parts = n_parts,
					       .route = route,
					       .verdict = "sent",
					       .drop = drop});
}

/* Notifies the owner, which paused, that frames can be sent again by the relay and by all links. */
static void notify_relieved(struct lp_member *member)
{
	if (!lp_member_congested(member) && member->config.events->relieved)
		member->config.events->relieved(member->config.ctx);
}

bool lp_member_congested(struct lp_member *member)
{
	if (member->link && lp_link_congested(member->link))
		member->was_congested = true;
	return member->was_congested || (member->mesh && lp_mesh_congested(member->mesh));
}

bool lp_member_has_links(const struct lp_member *member)
{
	return member->mesh && lp_mesh_has_links(member->mesh);
}

uint16_t lp_member_unfragmented_mtu(const struct lp_member *member)
{
	const struct lp_welcome *welcome = lp_session_welcome(member->session);
	if (!member->conn || !welcome)
		return 0;
	size_t mtu = lp_budget_inner_mtu(lp_quic_budget(member->conn));
	/* TCP's segment size applies in both directions, and the relay may have a smaller budget towards us. */
	uint16_t relay_mtu = member->has_relay_stats ? member->relay_stats.unfragmented_mtu : welcome->unfragmented_mtu;
	if (relay_mtu != 0 && relay_mtu < mtu)
		mtu = relay_mtu;
	/* Of a gateway's many links, each other end takes care of its own. */
	if (member->mesh && member->config.role == LP_ROLE_CLIENT &&
		lp_mesh_inner_mtu(member->mesh, member->now_ns) < mtu)
		mtu = lp_mesh_inner_mtu(member->mesh, member->now_ns);
	return (uint16_t)(mtu < welcome->mtu ? mtu : welcome->mtu);
}

void lp_member_count_drops(struct lp_member *member, enum lp_drop drop, uint64_t n)
{
	struct lp_link_counters *counters = member->link ? lp_link_counters(member->link) : &member->counters;
	counters->drops[drop] += n;
}

static void on_link_frame(void *ctx, uint16_t source, const uint8_t *frame, size_t len, uint64_t now_ns)
{
	struct lp_member *member = ctx;
	if (member->mesh)
		lp_mesh_relayed(member->mesh, source, frame, len, now_ns);
	member->config.events->frame(member->config.ctx, source, frame, len, now_ns);
}

int lp_member_link_open(struct lp_member *member)
{
	struct lp_link_config link = {
		.conn = member->conn,
		.pool = member->pool,
		.queue_max_bytes = member->config.queue_max_bytes,
		.hash_seed = member->hash_seed,
		.share = member->config.role == LP_ROLE_GATEWAY ? LP_QUEUE_BY_STATION : LP_QUEUE_ONE,
		.frame = on_link_frame,
		.ctx = member,
	};
	int result = lp_link_new(&link, &member->link);
	if (result < 0)
		return result;
	*lp_link_counters(member->link) = member->counters;
	member->was_congested = false;
	return 0;
}

void lp_member_link_close(struct lp_member *member)
{
	if (!member->link)
		return;
	member->counters = *lp_link_counters(member->link);
	lp_link_free(member->link);
	member->link = NULL;
}

void lp_member_link_receive(struct lp_member *member, const uint8_t *data, size_t len)
{
	if (member->link && member->state == LP_MEMBER_JOINED)
		lp_link_receive(member->link, data, len, member->now_ns);
}

void lp_member_link_writable(struct lp_member *member)
{
	if (!member->link)
		return;
	lp_link_writable(member->link, member->now_ns);
	if (!member->was_congested || lp_link_congested(member->link))
		return;
	member->was_congested = false;
	notify_relieved(member);
}

/* A frame from a peer, by its link. */
static void on_mesh_frame(
	void *ctx, uint16_t source, const char *route, const uint8_t *frame, size_t len, uint64_t now_ns)
{
	struct lp_member *member = ctx;
	member->frame_route = route;
	member->config.events->frame(member->config.ctx, source, frame, len, now_ns);
	member->frame_route = NULL;
}

/* A frame from a peer's link that was dropped. */
static void on_mesh_dropped(void *ctx, uint16_t source, const char *route, const uint8_t *frame, size_t len,
	enum lp_drop drop, uint64_t now_ns)
{
	struct lp_member *member = ctx;
	if (!member->config.events->dropped)
		return;
	member->frame_route = route;
	member->config.events->dropped(member->config.ctx, source, frame, len, drop, now_ns);
	member->frame_route = NULL;
}

static void on_mesh_relieved(void *ctx)
{
	notify_relieved(ctx);
}

/* Datagrams of the connection to the relay. */
static void on_mesh_rest(void *ctx, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	struct lp_member *member = ctx;
	lp_quic_receive(member->endpoint, &member->udp.carrier, msgs, n_msgs, member->now_ns);
}

/* Adds the address by which |to| is reached, with the socket's port. */
static size_t add_source(struct lp_member *member, const struct lp_addr *to, struct lp_addr *addrs, size_t n)
{
	struct lp_addr source, bound;
	uint32_t interface;
	if (lp_netwatch_source(member->netwatch, to, &source, &interface) < 0)
		return n;
	lp_udp_local(member->udp.socket, &bound);
	source.port = bound.port;
	for (size_t i = 0; i < n; i++)
		if (lp_addr_equal(&addrs[i], &source))
			return n;
	addrs[n] = source;
	return n + 1;
}

/* The computer's addresses: those from which it would send to the internet, by both families. */
static size_t on_mesh_addresses(void *ctx, struct lp_addr *ret_addrs, size_t max)
{
	static const struct lp_addr outside[] = {
		{.family = 6, .ip = {0x20, 0x01, 0x04, 0x88}, .port = 443}, /* any global address: nothing is sent */
		{.family = 4, .ip = {193, 0, 0, 1}, .port = 443},
	};
	struct lp_member *member = ctx;
	size_t n = add_source(member, &member->remote, ret_addrs, 0);
	for (size_t i = 0; i < sizeof outside / sizeof outside[0] && n < max; i++)
		n = add_source(member, &outside[i], ret_addrs, n);
	return n;
}

static const struct lp_mesh_events mesh_events = {
	.addresses = on_mesh_addresses,
	.frame = on_mesh_frame,
	.dropped = on_mesh_dropped,
	.relieved = on_mesh_relieved,
	.rest = on_mesh_rest,
};

int lp_member_mesh_open(struct lp_member *member)
{
	const struct lp_member_config *config = &member->config;
	struct lp_mesh_config mesh = {
		.role = config->role,
		.mac = config->mac,
		.tls = config->peer_tls,
		.udp = &member->udp,
		.local = &member->local,
		.relay = &member->remote,
		.pool = member->pool,
		.queue_max_bytes = config->queue_max_bytes,
		.hash_seed = member->hash_seed,
		.direct = config->direct,
		.room_direct = config->room_direct,
		.idle_timeout_ns = config->idle_timeout_ns,
		.keep_alive_ns = config->keep_alive_ns,
		.max_udp_payload = lp_udp_path_payload(member->udp.socket, NULL),
		.log = config->log,
		.events = &mesh_events,
		.ctx = member,
	};
	memcpy(mesh.key, config->key, sizeof mesh.key);
	memcpy(mesh.peer_secret, config->peer_secret, sizeof mesh.peer_secret);
	int result = config->peer_tls ? lp_mesh_new(&mesh, &member->mesh) : 0;
	lp_wipe(mesh.peer_secret, sizeof mesh.peer_secret);
	return result;
}
