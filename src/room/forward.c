#include "filter/class.h"
#include "filter/view.h"
#include "room/guard.h"
#include "room/room.h"
#include "room/state.h"

/* The drop reason of |filter| if it is on for the frames of |from|. */
static inline enum lp_drop drop_if(const struct lp_peer *from, enum lp_filter filter)
{
	bool applies = lp_filters_apply(&from->room->rooms->filters, from->role, filter);
	return applies ? lp_filter_row(filter)->drop : LP_DROP_NONE;
}

/* Learns a station on the LAN of |gateway|. */
static enum lp_drop learn(struct lp_peer *gateway, uint64_t src, uint64_t expires_ns, uint64_t now_ns)
{
	struct lp_room *room = gateway->room;
	const struct lp_rooms_config *config = &room->rooms->config;
	if (lp_mac_table_put(&room->macs, src, gateway, expires_ns, now_ns) < 0)
		return LP_DROP_MAC_LIMIT;
	uint64_t n_forgotten = room->macs.n_evicted - room->n_evicted;
	if (n_forgotten && now_ns >= room->overflow_ns) {
		room->n_evicted = room->macs.n_evicted;
		room->overflow_ns = now_ns + LP_ROOM_OVERFLOW_NS;
		if (config->events->overflowed)
			config->events->overflowed(config->ctx, gateway, n_forgotten);
	}
	return LP_DROP_NONE;
}

/* Checks a source of a client that is not its own MAC: a computer behind it, within its limit. */
static enum lp_drop check_station(struct lp_peer *from, uint64_t src, uint64_t now_ns)
{
	struct lp_room *room = from->room;
	const struct lp_mac_entry *entry = lp_mac_table_find(&room->macs, src, now_ns);
	uint64_t forgotten;
	if (from->max_stations <= 1 || (entry && entry->owner != from) || lp_mac_key_is_group(src) || src == 0)
		return drop_if(from, LP_FILTER_SPOOFED_SOURCE);
	if (!lp_stations_take(&from->stations, from->max_stations, src, now_ns, &forgotten))
		return LP_DROP_MAC_LIMIT;
	if (forgotten)
		lp_room_forget_station(from, forgotten);
	if (!entry && lp_mac_table_put(&room->macs, src, from, LP_NEVER, now_ns) < 0) {
		lp_stations_remove(&from->stations, src);
		return LP_DROP_MAC_LIMIT;
	}
	return LP_DROP_NONE;
}

/* Checks the owner of the source MAC: a client has one MAC, and few behind it; a gateway's are learned, or their expiry
   is renewed. The LAN's side wins against a computer behind a client. */
static enum lp_drop check_source(struct lp_peer *from, uint64_t src, uint64_t now_ns, struct lp_verdict *verdict)
{
	struct lp_room *room = from->room;
	uint64_t expires_ns = lp_mac_expiry(now_ns, room->rooms->config.mac_age_ns);
	if (src == from->key)
		return LP_DROP_NONE;
	if (from->role != LP_ROLE_GATEWAY)
		return check_station(from, src, now_ns);
	struct lp_mac_entry *entry = lp_mac_table_find(&room->macs, src, now_ns);
	if (entry && lp_room_is_station(entry)) {
		lp_room_forget_station(entry->owner, src);
		entry = NULL;
	}
	if (entry && entry->owner != from) {
		enum lp_drop drop = drop_if(from, LP_FILTER_SPOOFED_SOURCE);
		verdict->displaced = drop == LP_DROP_NONE ? NULL : entry->owner;
		return drop;
	}
	if (entry) {
		entry->expires_ns = expires_ns;
		return LP_DROP_NONE;
	}
	if (lp_mac_key_is_group(src) || src == 0)
		return LP_DROP_NONE; /* the filter against bad sources is off; such a MAC cannot be learned */
	return learn(from, src, expires_ns, now_ns);
}

static void add_target(struct lp_verdict *verdict, const struct lp_peer *from, struct lp_peer *to)
{
	if (to && to != from)
		verdict->targets[verdict->n_targets++] = to;
}

/* The gateway, the members of an IP multicast group, and the members that receive all groups. */
static void add_group(struct lp_peer *from, struct lp_multicast_group *group, struct lp_verdict *verdict)
{
	const struct lp_room *room = from->room;
	add_target(verdict, from, room->gateway);
	LP_LIST_EACH(node, lp_multicast_memberships(group)) {
		const struct lp_multicast_membership *membership = LP_LIST_ELEMENT(
			node, struct lp_multicast_membership, of_group);
		add_target(verdict, from, LP_LIST_ELEMENT(membership->member, struct lp_peer, multicast));
	}
	LP_LIST_EACH(node, &room->multicast.everything) {
		struct lp_multicast_member *member = LP_LIST_ELEMENT(node, struct lp_multicast_member, node);
		add_target(verdict, from, LP_LIST_ELEMENT(member, struct lp_peer, multicast));
	}
}

/* Forwards a group frame, within the limit of its class: to its IP multicast group's members, or to all. */
static enum lp_drop decide_group(
	struct lp_peer *from, struct lp_view *view, uint64_t now_ns, struct lp_verdict *verdict)
{
	struct lp_room *room = from->room;
	struct lp_multicast_group *group = NULL;
	enum lp_drop drop = lp_meter_take(&from->meter, lp_class_of_group(view), view->len, now_ns);
	if (drop != LP_DROP_NONE)
		return drop;
	bool had_everything = from->multicast.everything;
	enum lp_multicast_to to = lp_multicast_forward(
		&room->multicast, &from->multicast, from->role == LP_ROLE_GATEWAY, view, now_ns, &group);
	const struct lp_rooms_config *config = &room->rooms->config;
	if (from->multicast.everything && !had_everything && config->events->groups_overflowed)
		config->events->groups_overflowed(config->ctx, from);
	if (to == LP_MULTICAST_TO_GATEWAY || drop_if(from, LP_FILTER_ISOLATION)) {
		add_target(verdict, from, room->gateway);
	} else if (to == LP_MULTICAST_TO_GROUP) {
		add_group(from, group, verdict);
	} else {
		for (size_t i = 0; i < room->n_peers; i++)
			add_target(verdict, from, room->peers[i]);
	}
	return LP_DROP_NONE;
}

/* Forwards a unicast frame to the owner of its destination. An unknown station can only be behind the gateway; if the
   frame comes from the gateway, the station is not in the room. */
static enum lp_drop decide_unicast(
	struct lp_peer *from, struct lp_view *view, uint64_t now_ns, struct lp_verdict *verdict)
{
	struct lp_room *room = from->room;
	struct lp_mac_entry *entry = lp_mac_table_find(&room->macs, view->dst, now_ns);
	struct lp_peer *to = entry ? entry->owner : room->gateway;
	enum lp_drop drop;
	if (!to || to == from)
		return LP_DROP_UNKNOWN_UNICAST;
	if (to->role == LP_ROLE_CLIENT && (drop = drop_if(from, LP_FILTER_ISOLATION)) != LP_DROP_NONE)
		return drop;
	enum lp_limit limit = entry ? LP_LIMIT_TOTAL : LP_LIMIT_UNKNOWN;
	if (from->role == LP_ROLE_CLIENT && lp_class_is_dhcp(view))
		limit = LP_LIMIT_DHCP;
	drop = lp_meter_take(&from->meter, limit, view->len, now_ns);
	if (drop == LP_DROP_NONE)
		verdict->targets[verdict->n_targets++] = to;
	return drop;
}

void lp_rooms_forward(struct lp_rooms *rooms, struct lp_peer *from, const uint8_t *frame, size_t len, uint64_t now_ns,
	struct lp_verdict *ret_verdict)
{
	struct lp_view view;
	*ret_verdict = (struct lp_verdict){.targets = rooms->targets};
	lp_view_init(&view, frame, len);
	enum lp_drop drop = lp_filters_check(&rooms->filters, from->role, &view);
	if (drop == LP_DROP_NONE)
		drop = check_source(from, view.src, now_ns, ret_verdict);
	if (drop == LP_DROP_NONE && lp_filters_apply(&rooms->filters, LP_ROLE_CLIENT, LP_FILTER_ADDRESS_GUARD))
		drop = lp_guard_check(from, &view, now_ns);
	if (drop == LP_DROP_NONE && lp_view_to_group(&view))
		drop = decide_group(from, &view, now_ns, ret_verdict);
	else if (drop == LP_DROP_NONE)
		drop = decide_unicast(from, &view, now_ns, ret_verdict);
	if (!lp_output_take(&rooms->output, rooms, from, len, ret_verdict->n_targets, now_ns)) {
		drop = LP_DROP_LIMIT_OUTPUT;
		ret_verdict->n_targets = 0;
	}
	if (drop != LP_DROP_NONE) /* the counters are not in the cache: don't touch them for each frame */
		from->drops[drop]++;
	ret_verdict->drop = drop;
}
