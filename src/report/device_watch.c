#include "report/device_watch.h"

#include <stdio.h>

#include "obs/event.h"

#define TEXT_MAX 320

void lp_device_watch_init(struct lp_device_watch *watch, enum lp_role role, const char *name, const struct lp_mac *mac,
	const struct lp_log *log)
{
	*watch = (struct lp_device_watch){.role = role, .name = name, .mac = *mac, .log = log};
}

/* Whether the interface carries frames at all. A client's TAP has a link as long as the client runs. */
static void look_at_link(struct lp_device_watch *watch, const struct lp_device_facts *facts)
{
	bool cable = watch->role == LP_ROLE_GATEWAY;
	enum lp_device_trouble now = !facts->enabled         ? LP_DEVICE_DISABLED
				     : cable && !facts->link ? LP_DEVICE_NO_LINK
							     : LP_DEVICE_FINE;
	char advice[TEXT_MAX];
	if (now == watch->trouble)
		return;
	watch->trouble = now;
	if (now == LP_DEVICE_FINE) {
		lp_event_interface_back(watch->log, watch->name);
	} else if (now == LP_DEVICE_NO_LINK) {
		lp_event_interface_down(watch->log, watch->name, "no link: is the cable in the switch?");
	} else {
		snprintf(advice, sizeof advice, "the interface is down: 'sudo ip link set %.64s up'", watch->name);
		lp_event_interface_down(watch->log, watch->name, advice);
	}
}

/* Whether the room's largest frames fit the interface. One whose MTU grows later is not asked again by the gateway. */
static void look_at_mtu(struct lp_device_watch *watch, const struct lp_device_facts *facts, unsigned room_mtu)
{
	char text[TEXT_MAX];
	unsigned mtu = facts->mtu;
	if (watch->first_mtu == 0)
		watch->first_mtu = mtu;
	if (watch->first_mtu < mtu)
		mtu = watch->first_mtu;
	if (mtu == 0 || room_mtu == 0 || (mtu == watch->told_mtu && room_mtu == watch->told_room_mtu))
		return;
	watch->told_mtu = mtu;
	watch->told_room_mtu = room_mtu;
	if (mtu >= room_mtu)
		return;
	snprintf(text, sizeof text,
		"%.64s has MTU %u, the room %u: larger frames to the LAN are lost: set its MTU to %u and start the "
		"gateway again, or start the relay with --room-mtu %u",
		watch->name, mtu, room_mtu, room_mtu, mtu);
	lp_event_warned(watch->log, text);
}

/* Whether the system sends from the MAC that the room knows. */
static void look_at_mac(struct lp_device_watch *watch, const struct lp_device_facts *facts)
{
	char text[TEXT_MAX], mac[LP_MAC_TEXT_MAX];
	bool other = !lp_mac_is_zero(&facts->mac) && !lp_mac_equal(&facts->mac, &watch->mac);
	if (other == watch->other_mac)
		return;
	watch->other_mac = other;
	if (!other)
		return;
	snprintf(text, sizeof text,
		"%.64s has another MAC than this member: its frames are dropped: set it back ('sudo ip link set %.64s "
		"address %s'), and keep other programs from changing it",
		watch->name, watch->name, lp_mac_format(&watch->mac, mac));
	lp_event_warned(watch->log, text);
}

/* True if there is such an interface, and there was none the last time. */
static bool is_new(bool *told, const char *rival)
{
	bool before = *told;
	*told = rival && rival[0];
	return *told && !before;
}

/* Whether games send to other interfaces what is meant for this one. */
static void look_at_rivals(struct lp_device_watch *watch, const struct lp_device_facts *facts)
{
	char advice[TEXT_MAX];
	if (is_new(&watch->told_network, facts->network_rival))
		lp_event_same_network(watch->log, watch->name, facts->network_rival);
	if (!is_new(&watch->told_broadcast, facts->broadcast_rival))
		return;
	snprintf(advice, sizeof advice,
		"they leave by %.64s: 'sudo ip route add 255.255.255.255 dev %.64s', and for multicast 'sudo ip route "
		"add 224.0.0.0/4 dev %.64s'",
		facts->broadcast_rival, watch->name, watch->name);
	lp_event_broadcast_astray(watch->log, watch->name, advice);
}

/* Whether a client's device has got an address; asking for one is not our job, and often nobody's. */
static void look_at_address(struct lp_device_watch *watch, const struct lp_device_facts *facts)
{
	char text[TEXT_MAX];
	if (facts->has_address || !facts->lan) {
		watch->n_without_address = 0;
		return;
	}
	if (watch->n_without_address > LP_DEVICE_PATIENCE || ++watch->n_without_address <= LP_DEVICE_PATIENCE)
		return;
	snprintf(text, sizeof text,
		"%.64s has got no address from the LAN: does this computer ask for one (on Linux 'sudo dhclient "
		"%.64s'), and is there a DHCP server on the LAN that has addresses left?",
		watch->name, watch->name);
	lp_event_warned(watch->log, text);
}

void lp_device_watch_look(struct lp_device_watch *watch, const struct lp_device_facts *facts, unsigned room_mtu)
{
	if (watch->role == LP_ROLE_CLIENT) {
		look_at_mac(watch, facts);
		look_at_rivals(watch, facts);
		look_at_address(watch, facts);
		if (room_mtu != 0) /* before that it is not up */
			look_at_link(watch, facts);
		return;
	}
	look_at_link(watch, facts);
	look_at_mtu(watch, facts, room_mtu);
}

const char *lp_device_watch_trouble(const struct lp_device_watch *watch)
{
	static const char *const texts[] = {
		[LP_DEVICE_FINE] = NULL,
		[LP_DEVICE_DISABLED] = "is down",
		[LP_DEVICE_NO_LINK] = "has no link",
	};
	return texts[watch->trouble];
}
