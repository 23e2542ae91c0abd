#include "bridge/reach.h"

#include <string.h>

#include "proto/be.h"

/* An ARP message for IPv4 over Ethernet (RFC 826). */
enum {
	ARP_OPERATION = 6,
	ARP_SENDER_MAC = 8,
	ARP_SENDER_IP = 14,
	ARP_TARGET_IP = 24,
	ARP_LEN = 28,
	ARP_REQUEST = 1,
	ARP_REPLY = 2,
};

static const uint8_t arp_start[] = {0, 1, 8, 0, 6, 4};
static const uint8_t no_ip[4];

/* The ARP message in a frame, or NULL. */
static const uint8_t *arp_of(const uint8_t *frame, size_t len, const struct lp_ether *ether)
{
	if (ether->type != LP_ETHER_TYPE_ARP || ether->llc != LP_LLC_NONE || ether->n_tags > 0 ||
		len < (size_t)ether->net_offset + ARP_LEN)
		return NULL;
	const uint8_t *arp = frame + ether->net_offset;
	return memcmp(arp, arp_start, sizeof arp_start) == 0 ? arp : NULL;
}

/* Adds a station to ask. The newest ones are kept. */
static void add_station(struct lp_reach *reach, const uint8_t ip[4])
{
	if (reach->state == LP_REACH_OPEN || memcmp(ip, no_ip, sizeof no_ip) == 0)
		return;
	for (unsigned i = 0; i < reach->n_stations && i < LP_REACH_STATIONS; i++) {
		if (memcmp(reach->stations[i], ip, sizeof reach->stations[i]) == 0)
			return;
	}
	memcpy(reach->stations[reach->n_stations++ % LP_REACH_STATIONS], ip, sizeof reach->stations[0]);
	if (reach->n_stations >= 2 * LP_REACH_STATIONS)
		reach->n_stations -= LP_REACH_STATIONS;
}

void lp_reach_init(struct lp_reach *reach, const struct lp_mac *own, const struct lp_mac *foreign, uint64_t now_ns)
{
	*reach = (struct lp_reach){.own = *own, .foreign = *foreign, .due_ns = now_ns};
}

void lp_reach_from_lan(
	struct lp_reach *reach, const uint8_t *frame, size_t len, const struct lp_ether *ether, bool to_member)
{
	if (to_member || lp_mac_equal(&ether->dst, &reach->foreign)) {
		reach->state = LP_REACH_OPEN;
		reach->n_replies = 0;
		return;
	}
	if (reach->state == LP_REACH_OPEN)
		return;
	const uint8_t *arp = arp_of(frame, len, ether);
	if (!arp)
		return;
	add_station(reach, arp + ARP_SENDER_IP);
	if (arp[ARP_OPERATION + 1] != ARP_REPLY || !lp_mac_equal(&ether->dst, &reach->own) ||
		++reach->n_replies < LP_REACH_REPLIES)
		return;
	reach->state = LP_REACH_DEAF;
}

void lp_reach_from_tunnel(struct lp_reach *reach, const uint8_t *frame, size_t len, const struct lp_ether *ether)
{
	const uint8_t *arp = reach->state == LP_REACH_OPEN ? NULL : arp_of(frame, len, ether);
	/* Not what a member asks before it takes an address (RFC 5227): that is not a station's. */
	if (arp && arp[ARP_OPERATION + 1] == ARP_REQUEST && memcmp(arp + ARP_SENDER_IP, no_ip, sizeof no_ip) != 0)
		add_station(reach, arp + ARP_TARGET_IP);
}

uint64_t lp_reach_deadline(const struct lp_reach *reach)
{
	return reach->state == LP_REACH_OPEN || reach->n_stations == 0 ? LP_NEVER : reach->due_ns;
}

bool lp_reach_next(struct lp_reach *reach, uint64_t now_ns, uint8_t frame[LP_ETHER_FRAME_MIN])
{
	if (lp_reach_deadline(reach) > now_ns)
		return false;
	const struct lp_mac *src = reach->second ? &reach->foreign : &reach->own;
	unsigned n = reach->n_stations < LP_REACH_STATIONS ? reach->n_stations : LP_REACH_STATIONS;
	uint8_t *arp = frame + LP_ETHER_HEADER;
	memset(frame, 0, LP_ETHER_FRAME_MIN);
	memset(frame, 0xff, sizeof src->octet);
	memcpy(frame + sizeof src->octet, src->octet, sizeof src->octet);
	lp_be16_put(frame + 12, LP_ETHER_TYPE_ARP);
	memcpy(arp, arp_start, sizeof arp_start);
	lp_be16_put(arp + ARP_OPERATION, ARP_REQUEST);
	memcpy(arp + ARP_SENDER_MAC, src->octet, sizeof src->octet);
	memcpy(arp + ARP_TARGET_IP, reach->stations[reach->next_station % n], 4);
	if (reach->second) {
		reach->next_station++;
		reach->due_ns = now_ns + (reach->state == LP_REACH_DEAF ? LP_REACH_ASK_AGAIN_NS : LP_REACH_ASK_NS);
	}
	reach->second = !reach->second;
	return true;
}
