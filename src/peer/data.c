/* Frames to peers, and the checks of frames from them, which the relay would make. */
#include "filter/claim.h"
#include "filter/class.h"
#include "filter/view.h"
#include "link/link.h"
#include "peer/state.h"
#include "proto/budget.h"
#include "quic/endpoint.h"

#define PROBE_NS LP_SEC /* between two probes of a link that the peer seems not to have */
#define IP_TCP 6
#define IP_UDP 17
#define IP_ICMPV6 58
/* PMTUD needs a few round trips before the budget of a new link says something. */
#define SETTLED_NS (2 * LP_SEC)

void lp_mesh_add_counters(struct lp_link_counters *to, const struct lp_link_counters *from)
{
	to->frames_in += from->frames_in;
	to->frames_out += from->frames_out;
	to->bytes_in += from->bytes_in;
	to->bytes_out += from->bytes_out;
	for (size_t i = 0; i < LP_DROP_COUNT; i++)
		to->drops[i] += from->drops[i];
}

void lp_mesh_count(const struct lp_mesh *mesh, struct lp_link_counters *counters)
{
	lp_mesh_add_counters(counters, &mesh->counters);
	for (size_t i = 0; i < mesh->n_peers; i++)
		if (mesh->peers[i]->link)
			lp_mesh_add_counters(counters, lp_link_counters(mesh->peers[i]->link));
}

bool lp_mesh_link(const struct lp_mesh *mesh, uint16_t id, struct lp_mesh_link *ret_link)
{
	const struct lp_mesh_peer *peer = lp_mesh_find(mesh, id);
	struct lp_quic_stats stats;
	if (!peer || !peer->link || peer->silent)
		return false;
	lp_quic_stats(peer->conn, &stats);
	*ret_link = (struct lp_mesh_link){
		.route = lp_mesh_route_name(peer),
		.rtt_ns = stats.srtt_ns,
		.packets_lost = stats.lost_packets,
		.bytes_in = lp_link_counters(peer->link)->bytes_in,
		.bytes_out = lp_link_counters(peer->link)->bytes_out,
	};
	return true;
}

/* True for a port of DHCP or DHCPv6. */
static bool is_dhcp_port(const uint8_t *port)
{
	unsigned number = (unsigned)port[0] << 8 | port[1];
	return number == 67 || number == 68 || number == 546 || number == 547;
}

/* True for frames that must pass through the relay: ARP, neighbour discovery and DHCP, from which it learns the owners
   of IP addresses, and everything except plain IP. */
static bool belongs_to_relay(const struct lp_bytes *part)
{
	const uint8_t *frame = part->data;
	unsigned type = (unsigned)frame[12] << 8 | frame[13];
	if (type == LP_ETHER_TYPE_IPV4) {
		size_t upper = LP_ETHER_HEADER + (size_t)(frame[14] & 15) * 4;
		if (part->len < LP_ETHER_HEADER + 20 || part->len < upper + 4)
			return true;
		bool first = !(frame[20] & 0x1f) && !frame[21]; /* a later fragment has no ports */
		return first && frame[23] == IP_UDP && (is_dhcp_port(frame + upper) || is_dhcp_port(frame + upper + 2));
	}
	if (type == LP_ETHER_TYPE_IPV6) {
		if (part->len < LP_ETHER_HEADER + 44)
			return true;
		const uint8_t *upper = frame + LP_ETHER_HEADER + 40;
		if (frame[20] == IP_TCP)
			return false;
		if (frame[20] == IP_UDP)
			return is_dhcp_port(upper) || is_dhcp_port(upper + 2);
		return frame[20] != IP_ICMPV6 || (upper[0] >= 133 && upper[0] <= 137);
	}
	return true;
}

/* The member that a unicast frame is for; NULL: it is a group frame, or for no member that is known. */
static struct lp_mesh_peer *target_of(struct lp_mesh *mesh, const struct lp_bytes *parts, size_t n_parts)
{
	if (n_parts == 0 || parts[0].len < LP_ETHER_HEADER || parts[0].data[0] & 1)
		return NULL;
	struct lp_mac_entry *entry = lp_mac_table_find(&mesh->macs, lp_mac_key(parts[0].data), mesh->now_ns);
	return entry ? entry->owner : mesh->gateway;
}

/* Packets are sent by the link: silence from now on means that it does not work. */
static void await_packets(struct lp_mesh_peer *peer)
{
	struct lp_mesh *mesh = peer->mesh;
	if (peer->waiting_ns == 0)
		peer->waiting_ns = mesh->now_ns;
	if (mesh->check_ns == LP_NEVER)
		mesh->check_ns = mesh->now_ns + LP_MESH_CHECK_NS;
}

const char *lp_mesh_send(struct lp_mesh *mesh, const struct lp_bytes *parts, size_t n_parts, enum lp_mesh_relay relay,
	uint64_t now_ns, enum lp_drop *ret_drop)
{
	mesh->now_ns = now_ns;
	struct lp_mesh_peer *peer = mesh->on ? target_of(mesh, parts, n_parts) : NULL;
	if (!peer)
		return NULL;
	if (peer->state != LP_MESH_UP) {
		lp_mesh_want(peer);
		return NULL;
	}
	if (peer->silent || (!peer->switched && relay == LP_MESH_RELAY_WAITS) ||
		(relay != LP_MESH_RELAY_AWAY && belongs_to_relay(parts)))
		return NULL;
	peer->switched = true;
	peer->used_ns = now_ns;
	lp_route_used(&peer->route, now_ns);
	await_packets(peer);
	*ret_drop = lp_link_send(peer->link, 0, parts, n_parts, now_ns);
	return lp_mesh_route_name(peer);
}

/* True if the relay has let the peer claim this IP address, and no other member since. */
static bool may_claim(const struct lp_mesh_peer *peer, const struct lp_addr *address)
{
	for (size_t i = 0; i < LP_MESH_CLAIMS; i++)
		if (peer->claims[i].family && lp_addr_equal(&peer->claims[i], address))
			return true;
	return false;
}

/* Forgets the claims of others for the IP address that |peer| uses now: the relay refuses them, too. */
static void forget_claims(const struct lp_mesh_peer *peer, const struct lp_claim *claim)
{
	const struct lp_mesh *mesh = peer->mesh;
	if (claim->kind != LP_CLAIM_USE)
		return;
	for (size_t i = 0; i < mesh->n_peers; i++) {
		struct lp_mesh_peer *other = mesh->peers[i];
		if (other == peer || claim->station == lp_mac_key(other->mac.octet)) /* the LAN repeats its own claim */
			continue;
		for (size_t j = 0; j < LP_MESH_CLAIMS; j++)
			if (other->claims[j].family && lp_addr_equal(&other->claims[j], &claim->address))
				other->claims[j].family = 0;
	}
}

/* Remembers the IP address that a member claims in a frame that the relay let pass. */
static void note_claim(struct lp_mesh_peer *peer, const uint8_t *frame, size_t len)
{
	unsigned type = (unsigned)frame[12] << 8 | frame[13];
	bool client = peer->role == LP_ROLE_CLIENT;
	bool discovery = type == LP_ETHER_TYPE_IPV6 && (client || (len > 20 && frame[20] == IP_ICMPV6));
	struct lp_view view;
	struct lp_claim claims[LP_CLAIMS_MAX];
	if (type != LP_ETHER_TYPE_ARP && !discovery)
		return;
	lp_view_init(&view, frame, len);
	size_t n = client ? lp_claim_of_client(&view, claims) > 0 : lp_claims_of_lan(&view, claims);
	for (size_t i = 0; i < n; i++)
		forget_claims(peer, &claims[i]);
	if (client && n > 0 && !may_claim(peer, &claims[0].address))
		peer->claims[peer->next_claim++ % LP_MESH_CLAIMS] = claims[0].address;
}

void lp_mesh_relayed(struct lp_mesh *mesh, uint16_t source, const uint8_t *frame, size_t len, uint64_t now_ns)
{
	mesh->now_ns = now_ns;
	if (!mesh->on || len < LP_ETHER_HEADER)
		return;
	struct lp_mesh_peer *peer = lp_mesh_find(mesh, source);
	if (peer)
		note_claim(peer, frame, len);
	if (!peer || frame[0] & 1)
		return;
	if (peer->state == LP_MESH_NONE)
		lp_mesh_want(peer);
	if (peer->state != LP_MESH_UP || now_ns - peer->probed_ns < PROBE_NS)
		return;
	/* The peer does not use the link; it may have lost its end. A packet of padding shows. */
	peer->probed_ns = now_ns;
	await_packets(peer);
	(void)lp_quic_send_datagram(peer->conn, &(struct lp_bytes){(const uint8_t[]){0}, 1}, 1, now_ns);
}

bool lp_mesh_has_links(const struct lp_mesh *mesh)
{
	for (size_t i = 0; i < mesh->n_peers && mesh->n_links; i++)
		if (mesh->peers[i]->state == LP_MESH_UP)
			return true;
	return false;
}

bool lp_mesh_congested(struct lp_mesh *mesh)
{
	bool congested = false;
	if (mesh->n_links == 0)
		return false;
	for (size_t i = 0; i < mesh->n_peers; i++) {
		struct lp_mesh_peer *peer = mesh->peers[i];
		if (peer->link && lp_link_congested(peer->link))
			peer->was_congested = true;
		congested = congested || peer->was_congested;
	}
	return congested;
}

uint16_t lp_mesh_inner_mtu(const struct lp_mesh *mesh, uint64_t now_ns)
{
	size_t mtu = UINT16_MAX;
	for (size_t i = 0; i < mesh->n_peers && mesh->n_links; i++) {
		const struct lp_mesh_peer *peer = mesh->peers[i];
		if (!peer->link || now_ns - peer->since_ns < SETTLED_NS)
			continue;
		size_t inner = lp_budget_inner_mtu(lp_quic_budget(peer->conn));
		mtu = inner < mtu ? inner : mtu;
	}
	return (uint16_t)mtu;
}

/* Checks whether the peer may send with this source MAC: a client with its own, the gateway with any of its LAN. */
static bool is_spoofed(const struct lp_mesh_peer *peer, uint64_t src)
{
	struct lp_mesh *mesh = peer->mesh;
	if (src == lp_mac_key(peer->mac.octet))
		return false;
	if (peer->role != LP_ROLE_GATEWAY)
		return true;
	struct lp_mac_entry *entry = lp_mac_table_find(&mesh->macs, src, mesh->now_ns);
	return (entry && entry->owner != peer) || src == lp_mac_key(mesh->config.mac.octet);
}

/* True if a frame is not for this member: a group, or another member. */
static bool is_misrouted(struct lp_mesh *mesh, const struct lp_view *view)
{
	if (lp_view_to_group(view))
		return true;
	if (mesh->config.role == LP_ROLE_CLIENT)
		return view->dst != lp_mac_key(mesh->config.mac.octet);
	return lp_mac_table_find(&mesh->macs, view->dst, mesh->now_ns) != NULL;
}

/* The drop reason of a frame from |peer|, or NONE. */
static enum lp_drop check(struct lp_mesh_peer *peer, const uint8_t *frame, size_t len)
{
	struct lp_mesh *mesh = peer->mesh;
	struct lp_view view;
	struct lp_claim claim;
	lp_view_init(&view, frame, len);
	enum lp_drop drop = lp_filters_check(&mesh->filters, peer->role, &view);
	if (drop != LP_DROP_NONE)
		return drop;
	if (is_spoofed(peer, view.src))
		return LP_DROP_SPOOFED_SOURCE;
	if (is_misrouted(mesh, &view))
		return LP_DROP_MISROUTED;
	int claims = peer->role == LP_ROLE_CLIENT ? lp_claim_of_client(&view, &claim) : 0;
	if (claims < 0 || (claims > 0 && !may_claim(peer, &claim.address)))
		return LP_DROP_MISROUTED;
	bool dhcp = peer->role == LP_ROLE_CLIENT && lp_class_is_dhcp(&view);
	return lp_meter_take(&peer->meter, dhcp ? LP_LIMIT_DHCP : LP_LIMIT_TOTAL, len, mesh->now_ns);
}

void lp_mesh_on_frame(void *ctx, uint16_t source, const uint8_t *frame, size_t len, uint64_t now_ns)
{
	struct lp_mesh_peer *peer = ctx;
	struct lp_mesh *mesh = peer->mesh;
	(void)source;
	enum lp_drop drop = check(peer, frame, len);
	if (drop != LP_DROP_NONE) {
		lp_link_counters(peer->link)->drops[drop]++;
		mesh->config.events->dropped(
			mesh->config.ctx, peer->id, lp_mesh_route_name(peer), frame, len, drop, now_ns);
		return;
	}
	peer->used_ns = now_ns;
	mesh->config.events->frame(mesh->config.ctx, peer->id, lp_mesh_route_name(peer), frame, len, now_ns);
}
