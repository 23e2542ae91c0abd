#include "report/device_watch.h"

#include <stdio.h>

#include "obs/event.h"
#include "report/status.h"

#define TEXT_MAX 400

void lp_device_watch_init(struct lp_device_watch *watch, const struct lp_log *log, lp_device_advice_fn *advice)
{
	*watch = (struct lp_device_watch){.log = log, .advice = advice};
}

/* Logs whether the device carries frames. */
static void look_at_link(struct lp_device_watch *watch, struct lp_status *status)
{
	bool has_cable = status->role == LP_ROLE_GATEWAY;
	char advice[TEXT_MAX], text[TEXT_MAX];
	enum lp_device_trouble trouble = LP_DEVICE_TROUBLE_NONE;
	if (!status->device.enabled)
		trouble = LP_DEVICE_TROUBLE_DISABLED;
	else if (has_cable && !status->device.up)
		trouble = LP_DEVICE_TROUBLE_NO_LINK;
	if (trouble == status->trouble)
		return;
	status->trouble = trouble;
	switch (trouble) {
	case LP_DEVICE_TROUBLE_NONE:
		lp_event_interface_back(watch->log, status->device_name);
		break;
	case LP_DEVICE_TROUBLE_GONE: /* not by this look */
		break;
	case LP_DEVICE_TROUBLE_NO_LINK:
		lp_event_interface_down(watch->log, status->device_name, "no link. Is the cable in the switch?");
		break;
	case LP_DEVICE_TROUBLE_DISABLED:
		watch->advice(LP_DEVICE_PROBLEM_DOWN, status->device_name, NULL, advice, sizeof advice);
		snprintf(text, sizeof text, "the interface is down. %.300s", advice);
		lp_event_interface_down(watch->log, status->device_name, text);
		break;
	}
}

/* Logs if the room's largest frames do not fit the gateway's interface. The gateway does not follow an MTU that grows
   after its start. */
static void look_at_mtu(struct lp_device_watch *watch, const struct lp_status *status)
{
	char text[TEXT_MAX];
	unsigned mtu = status->device.mtu;
	if (watch->first_mtu == 0)
		watch->first_mtu = mtu;
	if (watch->first_mtu < mtu)
		mtu = watch->first_mtu;
	if (mtu == 0 || status->mtu == 0 || (mtu == watch->logged_mtu && status->mtu == watch->logged_room_mtu))
		return;
	watch->logged_mtu = mtu;
	watch->logged_room_mtu = status->mtu;
	if (mtu >= status->mtu)
		return;
	snprintf(text, sizeof text,
		"%.64s has MTU %u, the room %u: larger frames to the LAN are lost. Set its MTU to %u and restart the "
		"gateway, or start the relay with --room-mtu %u",
		status->device_name, mtu, status->mtu, status->mtu, mtu);
	lp_event_warned(watch->log, text);
}

/* Logs if the system sends from another MAC than the member's. */
static void look_at_mac(struct lp_device_watch *watch, const struct lp_status *status)
{
	char text[TEXT_MAX], advice[TEXT_MAX], mac[LP_MAC_TEXT_MAX];
	const struct lp_mac *now = &status->device.mac;
	bool other = !lp_mac_is_zero(now) && !lp_mac_equal(now, &status->mac);
	if (other == watch->other_mac)
		return;
	watch->other_mac = other;
	if (!other)
		return;
	watch->advice(
		LP_DEVICE_PROBLEM_MAC, status->device_name, lp_mac_format(&status->mac, mac), advice, sizeof advice);
	snprintf(text, sizeof text,
		"%.64s has another MAC than this member: its frames are dropped. %.200s, and keep other programs from "
		"changing it",
		status->device_name, advice);
	lp_event_warned(watch->log, text);
}

/* True if there is a conflict and there was none at the last look. */
static bool is_new(bool *last, const char *conflict)
{
	bool before = *last;
	*last = conflict[0];
	return *last && !before;
}

/* Logs if games send by another device what is meant for this one. */
static void look_at_conflicts(struct lp_device_watch *watch, const struct lp_status *status)
{
	char text[TEXT_MAX], advice[TEXT_MAX];
	if (is_new(&watch->network_conflict, status->network_conflict)) {
		watch->advice(LP_DEVICE_PROBLEM_NETWORK, status->device_name, NULL, advice, sizeof advice);
		lp_event_same_network(watch->log, status->device_name, status->network_conflict, advice);
	}
	if (!is_new(&watch->broadcast_conflict, status->broadcast_conflict))
		return;
	watch->advice(LP_DEVICE_PROBLEM_BROADCAST, status->device_name, NULL, advice, sizeof advice);
	snprintf(text, sizeof text, "they leave by %s. %.300s", status->broadcast_conflict, advice);
	lp_event_broadcast_astray(watch->log, status->device_name, text);
}

/* True for an address that Windows assigns itself if no DHCP server answers: 169.254.0.0/16 (RFC 3927). */
static bool is_link_local(const struct lp_addr *address)
{
	return address->family == 4 && address->ip[0] == 169 && address->ip[1] == 254;
}

/* Logs if a client gets no address although the LAN is reachable. */
static void look_at_address(struct lp_device_watch *watch, const struct lp_status *status)
{
	char text[TEXT_MAX], advice[TEXT_MAX];
	const struct lp_addr *address = &status->device.address;
	bool lan_reachable = status->gateway_present && !status->gateway_lan_down;
	if ((address->family && !is_link_local(address)) || !lan_reachable) {
		watch->n_without_address = 0;
		return;
	}
	if (watch->n_without_address > LP_DEVICE_PATIENCE || ++watch->n_without_address <= LP_DEVICE_PATIENCE)
		return;
	watch->advice(LP_DEVICE_PROBLEM_ADDRESS, status->device_name, NULL, advice, sizeof advice);
	snprintf(text, sizeof text,
		"%.64s has had no IP address of the LAN for %u s. %.160s. If nothing answers, the LAN has no DHCP server "
		"that this gateway can reach, or the server has no free addresses",
		status->device_name, LP_DEVICE_PATIENCE, advice);
	lp_event_warned(watch->log, text);
}

void lp_device_watch_gone(struct lp_device_watch *watch, struct lp_status *status)
{
	if (status->role != LP_ROLE_GATEWAY || status->trouble == LP_DEVICE_TROUBLE_GONE)
		return;
	status->trouble = LP_DEVICE_TROUBLE_GONE;
	lp_event_interface_down(watch->log, status->device_name,
		"the interface is gone. Plug the adapter in again, and it is used again");
}

void lp_device_watch_look(struct lp_device_watch *watch, struct lp_status *status)
{
	if (status->role == LP_ROLE_GATEWAY) {
		look_at_link(watch, status);
		look_at_mtu(watch, status);
		return;
	}
	look_at_mac(watch, status);
	look_at_conflicts(watch, status);
	look_at_address(watch, status);
	if (status->mtu != 0) /* the TAP comes up with the join */
		look_at_link(watch, status);
}
