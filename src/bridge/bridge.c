#include "bridge/bridge.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/siphash.h"
#include "bridge/probe.h"
#include "bridge/state.h"

#define DEFAULT_MTU 1500
#define DEFAULT_AGE_NS (300 * LP_SEC)

void lp_bridge_config_init(struct lp_bridge_config *config)
{
	*config = (struct lp_bridge_config){
		.lan_mtu = DEFAULT_MTU,
		.room_mtu = DEFAULT_MTU,
		.max_members = LP_BRIDGE_MEMBERS_MAX,
		.max_macs = LP_BRIDGE_MACS_MAX,
		.mac_age_ns = DEFAULT_AGE_NS,
		.refresh_ns = LP_BRIDGE_REFRESH_NS,
		.probe_ns = LP_BRIDGE_PROBE_NS,
	};
}

int lp_bridge_new(const struct lp_bridge_config *config, uint64_t now_ns, struct lp_bridge **ret_bridge)
{
	struct lp_bridge *bridge = calloc(1, sizeof *bridge);
	if (!bridge)
		return LP_ENOMEM;
	bridge->config = *config;
	lp_bridge_members_init(&bridge->members, bridge->config.max_members);
	bridge->interface_key = lp_mac_key(config->interface_mac.octet);
	bridge->probe_due_ns = bridge->config.probe_ns == LP_NEVER ? LP_NEVER : now_ns;
	struct lp_mac foreign = {{0x02}};
	memcpy(foreign.octet + 1, config->sender, sizeof foreign.octet - 1);
	lp_reach_init(&bridge->reach, &config->interface_mac, &foreign, now_ns);
	if (lp_mac_table_init(&bridge->macs, config->hash_key, bridge->config.max_macs) < 0) {
		free(bridge);
		return LP_ENOMEM;
	}
	*ret_bridge = bridge;
	return 0;
}

void lp_bridge_free(struct lp_bridge *bridge)
{
	if (!bridge)
		return;
	lp_bridge_peers_clear(bridge);
	lp_mac_table_remove_owner(&bridge->macs, &bridge->local);
	lp_mac_table_remove_owner(&bridge->macs, &bridge->unannounced);
	assert(bridge->members.n == 0 && lp_list_is_empty(&bridge->members.list));
	lp_mac_table_done(&bridge->macs);
	free(bridge);
}

void lp_bridge_set_room_mtu(struct lp_bridge *bridge, uint16_t mtu)
{
	bridge->config.room_mtu = mtu;
}

void lp_bridge_set_room_nonce(struct lp_bridge *bridge, const uint8_t nonce[LP_BRIDGE_NONCE])
{
	memcpy(bridge->config.room_nonce, nonce, sizeof bridge->config.room_nonce);
}

bool lp_bridge_is_local(struct lp_bridge *bridge, uint64_t key, uint64_t now_ns)
{
	const struct lp_mac_entry *entry = lp_mac_table_find(&bridge->macs, key, now_ns);
	return key == bridge->interface_key ||
	       (entry && (entry->owner == &bridge->local || entry->owner == &bridge->host));
}

void lp_bridge_displace(struct lp_bridge *bridge, struct lp_bridge_member *member, uint64_t now_ns)
{
	member->displaced = true;
	bridge->counters.members_displaced++;
	lp_bridge_members_refresh(&bridge->members, member, now_ns);
	if (bridge->config.displaced)
		bridge->config.displaced(bridge->config.ctx, &member->mac);
}

/* Removes the MAC of |member| from the table if the member owns it. */
static void forget_mac(struct lp_bridge *bridge, const struct lp_bridge_member *member)
{
	uint64_t key = lp_mac_key(member->mac.octet);
	struct lp_mac_entry *entry = lp_mac_table_find(&bridge->macs, key, 0);
	if (entry && entry->owner == member)
		lp_mac_table_remove(&bridge->macs, key);
}

void lp_bridge_peer_joined(struct lp_bridge *bridge, uint16_t peer_id, const struct lp_mac *mac, uint64_t now_ns)
{
	struct lp_bridge_member *member = lp_bridge_members_find(&bridge->members, peer_id);
	if (member) {
		forget_mac(bridge, member);
		member->mac = *mac;
		lp_bridge_members_refresh(&bridge->members, member, now_ns);
	} else {
		member = lp_bridge_members_add(&bridge->members, peer_id, mac, now_ns);
	}
	if (!member) {
		bridge->counters.members_refused++;
		return;
	}
	member->displaced = false;
	member->heard_ns = now_ns;
	if (lp_bridge_is_local(bridge, lp_mac_key(mac->octet), now_ns)) {
		lp_bridge_displace(bridge, member, now_ns);
		return;
	}
	if (lp_mac_table_put(&bridge->macs, lp_mac_key(mac->octet), member, LP_NEVER, now_ns) < 0) {
		bridge->counters.members_refused++;
		lp_bridge_members_remove(&bridge->members, member);
	}
}

static void remove_member(struct lp_bridge *bridge, struct lp_bridge_member *member)
{
	forget_mac(bridge, member);
	lp_bridge_members_remove(&bridge->members, member);
}

void lp_bridge_peer_left(struct lp_bridge *bridge, uint16_t peer_id)
{
	struct lp_bridge_member *member = lp_bridge_members_find(&bridge->members, peer_id);
	if (member)
		remove_member(bridge, member);
}

void lp_bridge_peers_clear(struct lp_bridge *bridge)
{
	for (struct lp_bridge_member *member; (member = lp_bridge_members_first(&bridge->members));)
		remove_member(bridge, member);
}

static void make_probe(struct lp_bridge *bridge, uint8_t frame[LP_ETHER_FRAME_MIN])
{
	struct lp_probe probe = {.number = bridge->probe_number++};
	memcpy(probe.room_nonce, bridge->config.room_nonce, sizeof probe.room_nonce);
	memcpy(probe.sender, bridge->config.sender, sizeof probe.sender);
	lp_probe_write(&probe, &bridge->config.interface_mac, frame);
	bridge->counters.probes++;
}

enum lp_bridge_frame lp_bridge_next_frame(struct lp_bridge *bridge, uint64_t now_ns, uint8_t frame[LP_ETHER_FRAME_MIN])
{
	struct lp_bridge_member *member = lp_bridge_members_first(&bridge->members);
	if (bridge->topology_waits && now_ns >= bridge->topology_free_ns) {
		bridge->topology_waits = false;
		bridge->topology_free_ns = lp_bridge_later(now_ns, LP_BRIDGE_TOPOLOGY_NS);
		lp_bridge_members_refresh_all(&bridge->members, now_ns);
	}
	if (member && now_ns >= member->due_ns) {
		lp_refresh_write(&member->mac, frame);
		lp_bridge_members_postpone_first(&bridge->members, lp_bridge_later(now_ns, bridge->config.refresh_ns));
		bridge->counters.refreshes += !member->displaced;
		return member->displaced ? LP_BRIDGE_FRAME_OBJECTION : LP_BRIDGE_FRAME_REFRESH;
	}
	if (now_ns >= bridge->probe_due_ns) {
		bridge->probe_due_ns = lp_bridge_later(now_ns, bridge->config.probe_ns);
		make_probe(bridge, frame);
		return LP_BRIDGE_FRAME_PROBE;
	}
	return member && lp_reach_next(&bridge->reach, now_ns, frame) ? LP_BRIDGE_FRAME_QUESTION : LP_BRIDGE_FRAME_NONE;
}

uint64_t lp_bridge_deadline(const struct lp_bridge *bridge)
{
	uint64_t deadline_ns = bridge->probe_due_ns;
	const struct lp_bridge_member *first = lp_bridge_members_first(&bridge->members);
	if (first)
		deadline_ns = lp_earlier(deadline_ns, lp_earlier(first->due_ns, lp_reach_deadline(&bridge->reach)));
	if (bridge->topology_waits)
		deadline_ns = lp_earlier(deadline_ns, bridge->topology_free_ns);
	return deadline_ns;
}

size_t lp_bridge_station_count(const struct lp_bridge *bridge)
{
	return bridge->macs.n_aging;
}

const struct lp_bridge_counters *lp_bridge_counters(const struct lp_bridge *bridge)
{
	return &bridge->counters;
}

const char *lp_bridge_loop_text(enum lp_bridge_loop loop)
{
	static const char *const texts[LP_BRIDGE_LOOP_COUNT] = {
#define X(name, text) text,
		LP_BRIDGE_LOOPS(X)
#undef X
	};
	return (unsigned)loop < LP_BRIDGE_LOOP_COUNT ? texts[loop] : "unknown";
}
