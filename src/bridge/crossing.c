/* The decision whether a frame crosses the bridge. */
#include <string.h>

#include "bridge/bridge.h"
#include "bridge/probe.h"
#include "bridge/state.h"
#include "proto/ip.h"
#include "proto/switch_control.h"

/* The shortest interval between reports of one kind of loop. */
#define REPORT_EVERY_NS (10 * LP_SEC)
/* This many frames from the wrong side within the time are reported as a loop; fewer may be late frames. */
#define STRAYS_MAX 8
#define STRAYS_WITHIN_NS LP_SEC

/* Counts a loop, and reports it unless its kind was reported recently. */
static void report_loop(struct lp_bridge *bridge, enum lp_bridge_loop loop, uint64_t now_ns)
{
	bridge->counters.loops[loop]++;
	if (now_ns < bridge->report_ns[loop])
		return;
	bridge->report_ns[loop] = lp_bridge_later(now_ns, REPORT_EVERY_NS);
	if (bridge->config.loop)
		bridge->config.loop(bridge->config.ctx, loop);
}

/* Counts a frame from the wrong side; many in a short time are a loop. */
static void count_stray(
	struct lp_bridge *bridge, struct lp_bridge_strays *strays, enum lp_bridge_loop loop, uint64_t now_ns)
{
	if (now_ns - strays->since_ns >= STRAYS_WITHIN_NS)
		*strays = (struct lp_bridge_strays){.since_ns = now_ns};
	if (++strays->n >= STRAYS_MAX) {
		strays->n = 0;
		report_loop(bridge, loop, now_ns);
	}
}

/* True for a probe, which never crosses. Reports a loop if the probe should not have arrived here. */
static bool take_probe(struct lp_bridge *bridge, const uint8_t *frame, size_t len, const struct lp_ether *ether,
	bool from_lan, uint64_t now_ns)
{
	struct lp_probe probe;
	if (!lp_probe_read(frame, len, ether, &probe))
		return false;
	if (memcmp(probe.room_nonce, bridge->config.room_nonce, sizeof probe.room_nonce) != 0)
		return true; /* a gateway of another room may be on the same LAN */
	bool own = memcmp(probe.sender, bridge->config.sender, sizeof probe.sender) == 0;
	if (!own)
		report_loop(bridge, LP_BRIDGE_LOOP_OTHER_GATEWAY, now_ns);
	else
		report_loop(bridge, from_lan ? LP_BRIDGE_LOOP_LAN : LP_BRIDGE_LOOP_TUNNEL, now_ns);
	return true;
}

/* The LAN's switches forget their MACs: refreshes all members, now or when the shortest interval has passed. */
static void note_topology_change(struct lp_bridge *bridge, uint64_t now_ns)
{
	bridge->counters.topology_changes++;
	if (now_ns < bridge->topology_free_ns) {
		bridge->topology_waits = true;
		return;
	}
	bridge->topology_free_ns = lp_bridge_later(now_ns, LP_BRIDGE_TOPOLOGY_NS);
	lp_bridge_members_refresh_all(&bridge->members, now_ns);
}

/* True if the frame, or a segment of the super-frame, carries more than |mtu| IP bytes. */
static bool is_oversize(const struct lp_frame *frame, const struct lp_ether *ether, size_t mtu)
{
	const struct lp_offload *offload = &frame->offload;
	size_t header_len = LP_ETHER_HEADER + ether->n_tags * (size_t)LP_ETHER_TAG;
	if (offload->gso == LP_GSO_NONE)
		return frame->len > header_len + mtu;
	size_t inner_len = offload->hdr_len > header_len ? offload->hdr_len - header_len
							 : LP_IPV4_HEADER + LP_UDP_HEADER;
	return inner_len + offload->gso_size > mtu;
}

/* Checks for both directions: impossible sources, and switch control. */
static enum lp_drop check(const struct lp_ether *ether, uint64_t dst, uint64_t src)
{
	if (lp_mac_key_is_group(src) || src == 0 || src == dst)
		return LP_DROP_BAD_SOURCE;
	return lp_switch_control(ether, dst) ? LP_DROP_SWITCH_CONTROL : LP_DROP_NONE;
}

/* True if a MAC is on the gateway's side: on the LAN or the gateway's own computer. */
static bool is_local(const struct lp_bridge *bridge, const struct lp_mac_entry *entry)
{
	return entry->owner == &bridge->local || entry->owner == &bridge->host;
}

/* Adds |src| to the table, which may forget others for it. */
static void learn(struct lp_bridge *bridge, uint64_t src, void *owner, uint64_t expires_ns, uint64_t now_ns)
{
	(void)lp_mac_table_put(&bridge->macs, src, owner, expires_ns, now_ns); /* counted in the table */
	bridge->counters.macs_refused = bridge->macs.n_evicted + bridge->macs.n_refused;
}

/* True if |entry| belongs to a member that has sent nothing to the LAN for long enough that a frame with its source
   cannot be an echo. */
static bool is_quiet_member(const struct lp_bridge *bridge, const struct lp_mac_entry *entry, uint64_t now_ns)
{
	if (is_local(bridge, entry))
		return false;
	if (entry->owner == &bridge->unannounced)
		return entry->expires_ns <= lp_bridge_later(now_ns, bridge->config.mac_age_ns - LP_BRIDGE_QUIET_NS);
	const struct lp_bridge_member *member = entry->owner;
	return now_ns >= lp_bridge_later(member->heard_ns, LP_BRIDGE_QUIET_NS);
}

/* Learns that |src| is local. A drop reason if it is remote: a frame from the tunnel came back, or two stations have
   the same MAC. */
static enum lp_drop learn_local(struct lp_bridge *bridge, uint64_t src, bool from_host, uint64_t now_ns)
{
	void *owner = from_host ? &bridge->host : &bridge->local;
	uint64_t expires_ns = lp_mac_expiry(now_ns, bridge->config.mac_age_ns);
	if (src == bridge->interface_key)
		return LP_DROP_NONE;
	struct lp_mac_entry *entry = lp_mac_table_find(&bridge->macs, src, now_ns);
	if (entry && is_quiet_member(bridge, entry, now_ns) && entry->owner == &bridge->unannounced) {
		entry->owner = owner;
		entry->expires_ns = expires_ns;
		return LP_DROP_NONE;
	}
	if (entry && is_quiet_member(bridge, entry, now_ns)) {
		struct lp_bridge_member *member = entry->owner;
		lp_mac_table_remove(&bridge->macs, src); /* permanent so far */
		learn(bridge, src, owner, expires_ns, now_ns);
		lp_bridge_displace(bridge, member, now_ns);
		return LP_DROP_NONE;
	}
	if (entry && !is_local(bridge, entry)) {
		count_stray(bridge, &bridge->remote_on_lan, LP_BRIDGE_LOOP_REMOTE_ON_LAN, now_ns);
		return LP_DROP_SPOOFED_SOURCE;
	}
	if (entry) {
		entry->owner = owner;
		entry->expires_ns = expires_ns;
	} else {
		learn(bridge, src, owner, expires_ns, now_ns);
	}
	return LP_DROP_NONE;
}

/* True if |dst| is remote. */
static bool is_remote(struct lp_bridge *bridge, uint64_t dst, uint64_t now_ns)
{
	struct lp_mac_entry *entry = lp_mac_table_find(&bridge->macs, dst, now_ns);
	return entry && !is_local(bridge, entry);
}

/* Notes what a frame from the wire says about the interface. */
static void note_reach(
	struct lp_bridge *bridge, const struct lp_frame *frame, const struct lp_ether *ether, bool remote)
{
	lp_reach_from_lan(&bridge->reach, frame->data, frame->len, ether, remote);
	bool deaf = bridge->reach.state == LP_REACH_DEAF;
	if (deaf == bridge->deaf)
		return;
	bridge->deaf = deaf;
	if (bridge->config.deaf)
		bridge->config.deaf(bridge->config.ctx, deaf);
}

/* lp_bridge_from_lan() without its counters. */
static enum lp_drop judge_lan(struct lp_bridge *bridge, const struct lp_frame *frame, uint64_t now_ns)
{
	struct lp_ether ether;
	enum lp_drop drop;
	if (lp_ether_parse(frame->data, frame->len, &ether) != LP_ETHER_OK)
		return LP_DROP_MALFORMED_FRAME;
	uint64_t dst = lp_mac_key(ether.dst.octet), src = lp_mac_key(ether.src.octet);
	if ((drop = check(&ether, dst, src)) != LP_DROP_NONE) {
		if (drop == LP_DROP_SWITCH_CONTROL && lp_switch_control_topology_change(frame->data, &ether))
			note_topology_change(bridge, now_ns);
		return drop;
	}
	if (take_probe(bridge, frame->data, frame->len, &ether, true, now_ns))
		return LP_DROP_SWITCH_CONTROL;
	if ((drop = learn_local(bridge, src, frame->from_host, now_ns)) != LP_DROP_NONE)
		return drop;
	bool remote = !lp_mac_key_is_group(dst) && is_remote(bridge, dst, now_ns);
	if (!frame->from_host && bridge->reach.state != LP_REACH_OPEN)
		note_reach(bridge, frame, &ether, remote);
	if (!lp_mac_key_is_group(dst) && !remote)
		return LP_DROP_UNKNOWN_UNICAST;
	return is_oversize(frame, &ether, bridge->config.room_mtu) ? LP_DROP_OVERSIZE : LP_DROP_NONE;
}

enum lp_drop lp_bridge_from_lan(struct lp_bridge *bridge, const struct lp_frame *frame, uint64_t now_ns)
{
	enum lp_drop drop = judge_lan(bridge, frame, now_ns);
	bridge->counters.lan_drops[drop] += drop != LP_DROP_NONE;
	return drop;
}

/* Learns that |src| is remote. A drop reason if it is local: a loop, or a spoofed source. */
static enum lp_drop learn_remote(struct lp_bridge *bridge, uint64_t src, uint64_t now_ns)
{
	struct lp_mac_entry *entry = lp_mac_table_find(&bridge->macs, src, now_ns);
	if (src == bridge->interface_key || (entry && is_local(bridge, entry))) {
		count_stray(bridge, &bridge->local_in_tunnel, LP_BRIDGE_LOOP_LOCAL_IN_TUNNEL, now_ns);
		return LP_DROP_SPOOFED_SOURCE;
	}
	/* A computer behind a client; or `peer_joined` arrives after the member's first frame. Without this entry, the
	   reply would not leave the LAN. */
	uint64_t expires_ns = lp_mac_expiry(now_ns, bridge->config.mac_age_ns);
	if (!entry)
		learn(bridge, src, &bridge->unannounced, expires_ns, now_ns);
	else if (entry->owner == &bridge->unannounced)
		entry->expires_ns = expires_ns;
	else
		((struct lp_bridge_member *)entry->owner)->heard_ns = now_ns;
	return LP_DROP_NONE;
}

/* lp_bridge_from_tunnel() without its counters. */
static enum lp_drop judge_tunnel(struct lp_bridge *bridge, const uint8_t *frame, size_t len, uint64_t now_ns)
{
	struct lp_ether ether;
	enum lp_drop drop;
	if (lp_ether_parse(frame, len, &ether) != LP_ETHER_OK)
		return LP_DROP_MALFORMED_FRAME;
	uint64_t dst = lp_mac_key(ether.dst.octet), src = lp_mac_key(ether.src.octet);
	if ((drop = check(&ether, dst, src)) != LP_DROP_NONE)
		return drop;
	if (take_probe(bridge, frame, len, &ether, false, now_ns))
		return LP_DROP_SWITCH_CONTROL;
	if ((drop = learn_remote(bridge, src, now_ns)) != LP_DROP_NONE)
		return drop;
	if (bridge->reach.state != LP_REACH_OPEN)
		lp_reach_from_tunnel(&bridge->reach, frame, len, &ether);
	return is_oversize(&(struct lp_frame){.len = len}, &ether, bridge->config.lan_mtu) ? LP_DROP_OVERSIZE
											   : LP_DROP_NONE;
}

enum lp_drop lp_bridge_from_tunnel(struct lp_bridge *bridge, const uint8_t *frame, size_t len, uint64_t now_ns)
{
	enum lp_drop drop = judge_tunnel(bridge, frame, len, now_ns);
	bridge->counters.tunnel_drops[drop] += drop != LP_DROP_NONE;
	return drop;
}

unsigned lp_bridge_sides(struct lp_bridge *bridge, const uint8_t *frame, uint64_t now_ns)
{
	uint64_t dst = lp_mac_key(frame);
	if (lp_mac_key_is_group(dst))
		return LP_BRIDGE_WIRE | LP_BRIDGE_HOST;
	if (dst == bridge->interface_key)
		return LP_BRIDGE_HOST;
	const struct lp_mac_entry *entry = lp_mac_table_find(&bridge->macs, dst, now_ns);
	if (!entry)
		return LP_BRIDGE_WIRE | LP_BRIDGE_HOST;
	return entry->owner == &bridge->host ? LP_BRIDGE_HOST : LP_BRIDGE_WIRE;
}
