/* The data plane of a member: frames to and from the room. */
#include <string.h>

#include "base/udp_msg.h"
#include "base/wipe.h"
#include "link/link.h"
#include "member/state.h"
#include "peer/mesh.h"
#include "platform/loop/loop.h"
#include "platform/net/udp.h"
#include "proto/budget.h"
#include "quic/endpoint.h"
#include "session/session.h"

uint64_t lp_member_begin(struct lp_member *member)
{
	member->now_ns = lp_loop_now_ns(member->loop);
	return member->now_ns;
}

void lp_member_send(struct lp_member *member, const struct lp_bytes *parts, size_t n_parts)
{
	enum lp_drop drop = LP_DROP_NOT_JOINED;
	const char *route = NULL;
	if (member->mesh)
		route = lp_mesh_send(member->mesh, parts, n_parts,
			member->link && lp_link_waiting_bytes(member->link) > 0, member->now_ns, &drop);
	if (route)
		(void)0;
	else if (member->link && member->state == LP_MEMBER_JOINED)
		drop = lp_link_send(member->link, 0, parts, n_parts, member->now_ns);
	else
		lp_member_count_drops(member, drop, 1);
	if (lp_capture_is_on(member->config.capture))
		lp_member_note(member, &(struct lp_member_frame){.side = LP_CAPTURE_TUNNEL_OUT,
					       .parts = parts,
					       .n_parts = n_parts,
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
static void on_mesh_frame(void *ctx, uint16_t source, const uint8_t *frame, size_t len, uint64_t now_ns)
{
	struct lp_member *member = ctx;
	member->config.events->frame(member->config.ctx, source, frame, len, now_ns);
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

static const struct lp_mesh_events mesh_events = {
	.frame = on_mesh_frame,
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
