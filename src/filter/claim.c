#include "filter/claim.h"

#include "base/cursor.h"
#include "base/error.h"
#include "proto/be.h"

enum {
	ARP_REQUEST = 1,
	ARP_REPLY = 2,
	RARP_REQUEST = 3,
};

enum {
	ROUTER_SOLICITATION = 133,
	ROUTER_ADVERTISEMENT = 134,
	NEIGHBOUR_SOLICITATION = 135,
	NEIGHBOUR_ADVERTISEMENT = 136,
	SOLICITED = 0x40,  /* flag of a neighbour advertisement */
	SOURCE_OPTION = 1, /* hardware address of the sender, and of the target (RFC 4861 §4.6.1) */
	TARGET_OPTION = 2,
};

enum {
	DHCP_SERVER = 67,
	DHCP_CLIENT = 68,
	DHCP_REPLY = 2,
	DHCP_COOKIE = 0x63825363,
	DHCP_ACK = 5,
	OPTION_PAD = 0,
	OPTION_ROUTERS = 3,
	OPTION_NAME_SERVERS = 6,
	OPTION_TYPE = 53,
	OPTION_SERVER = 54,
	OPTION_END = 255,
};

static struct lp_addr ipv4(uint32_t ip)
{
	struct lp_addr address = {.family = 4};
	lp_be32_put(address.ip, ip);
	return address;
}

/* True for the address of a single station. */
static bool is_station_v4(uint32_t ip)
{
	return ip != 0 && ip >> 28 < 14 && ip >> 24 != 127; /* multicast and reserved addresses, loopback */
}

static bool is_station_v6(const uint8_t ip[16])
{
	static const uint8_t none[16];
	return ip[0] != 0xff && memcmp(ip, none, sizeof none) != 0;
}

/* The rest of a frame behind its Ethernet header, tags and SNAP. */
static struct lp_reader payload_of(const struct lp_view *view)
{
	size_t at = view->ether.net_offset;
	return lp_reader_init(view->frame + at, view->len - at);
}

/* Reads ARP for IPv4 over Ethernet. 1 or 0: whether it makes a claim; LP_EMALFORMED. */
static int read_arp(const struct lp_view *view, struct lp_claim *ret_claim)
{
	struct lp_reader r = payload_of(view);
	lp_reader_skip(&r, 2); /* the hardware type: some receivers accept more than Ethernet's */
	uint16_t protocol = lp_reader_u16(&r), lengths = lp_reader_u16(&r), operation = lp_reader_u16(&r);
	uint64_t sender_mac = lp_reader_uint(&r, 6);
	uint32_t sender = lp_reader_u32(&r);
	lp_reader_skip(&r, 6);
	uint32_t target = lp_reader_u32(&r);
	if (r.bad || protocol != LP_ETHER_TYPE_IPV4 || lengths != 0x0604)
		return LP_EMALFORMED;
	struct lp_claim claim = {.kind = LP_CLAIM_USE, .station = sender_mac, .address = ipv4(sender)};
	if (view->ether.type == LP_ETHER_TYPE_RARP) {
		*ret_claim = claim;
		return operation == RARP_REQUEST ? 0 : LP_EMALFORMED; /* only servers send anything else */
	}
	if (sender == 0 && operation == ARP_REQUEST) {
		claim.kind = LP_CLAIM_PROBE;
		claim.address = ipv4(target);
	} else if (operation != ARP_REQUEST && sender != target) {
		claim.kind = LP_CLAIM_REPLY;
	}
	*ret_claim = claim;
	return is_station_v4(claim.kind == LP_CLAIM_PROBE ? target : sender);
}

/* Reads the hardware address in the options of neighbour discovery; |station| stays if there is none. */
static int read_nd_options(struct lp_reader r, uint64_t *station)
{
	while (!r.bad && lp_reader_left(&r) > 0) {
		uint8_t type = lp_reader_u8(&r), units = lp_reader_u8(&r);
		bool hardware = type == SOURCE_OPTION || type == TARGET_OPTION;
		if (r.bad || units == 0 || (hardware && units != 1))
			return LP_EMALFORMED;
		if (hardware)
			*station = lp_reader_uint(&r, 6);
		else
			lp_reader_skip(&r, units * 8U - 2);
	}
	return r.bad ? LP_EMALFORMED : 0;
}

static bool is_discovery(uint8_t type)
{
	return type >= ROUTER_SOLICITATION && type <= NEIGHBOUR_ADVERTISEMENT;
}

/* Bytes of a message between its type and its options. */
static size_t fixed_len(uint8_t type)
{
	switch (type) {
	case ROUTER_SOLICITATION:
		return 7;
	case ROUTER_ADVERTISEMENT:
		return 15;
	default:
		return 23;
	}
}

/* Reads neighbour discovery. 1 or 0: whether it makes a claim; LP_EMALFORMED. */
static int read_nd(struct lp_view *view, struct lp_claim *ret_claim)
{
	static const size_t source_at = 8, flags_at = 4, target_at = 8;
	const struct lp_ip *ip = lp_view_ip(view);
	if (!ip || ip->upper != LP_IP_UPPER_FOUND || ip->protocol != LP_IP_ICMPV6 || ip->upper_len == 0)
		return 0;
	const uint8_t *message = lp_view_upper(view), *source = view->packet + source_at;
	uint8_t type = *message;
	if (!is_discovery(type))
		return 0;
	struct lp_reader r = lp_reader_init(message + 1, ip->upper_len - 1);
	struct lp_claim claim = {.kind = LP_CLAIM_USE, .station = view->src, .address = {.family = 6}};
	lp_reader_skip(&r, fixed_len(type));
	if (r.bad || ip->fragment || read_nd_options(r, &claim.station) < 0)
		return LP_EMALFORMED;
	const uint8_t *claimed = source;
	if (type == NEIGHBOUR_ADVERTISEMENT) {
		claim.kind = message[flags_at] & SOLICITED ? LP_CLAIM_REPLY : LP_CLAIM_USE;
		claimed = message + target_at;
	} else if (type == NEIGHBOUR_SOLICITATION && !is_station_v6(source)) {
		claim.kind = LP_CLAIM_PROBE;
		claimed = message + target_at;
	}
	memcpy(claim.address.ip, claimed, sizeof claim.address.ip);
	*ret_claim = claim;
	return is_station_v6(claimed);
}

static bool is_arp(const struct lp_view *view)
{
	return view->ether.type == LP_ETHER_TYPE_ARP || view->ether.type == LP_ETHER_TYPE_RARP;
}

int lp_claim_of_client(struct lp_view *view, struct lp_claim *ret_claim)
{
	int result = 0;
	struct lp_claim claim = {.station = view->src};
	if (view->fault != LP_ETHER_OK)
		return 0; /* receivers that read it as ARP are the concern of the filter against malformed frames */
	if (is_arp(view))
		result = read_arp(view, &claim);
	else if (view->ether.type == LP_ETHER_TYPE_IPV6)
		result = read_nd(view, &claim);
	if (result < 0 || claim.station != view->src)
		return LP_EMALFORMED;
	if (result > 0)
		*ret_claim = claim;
	return result;
}

/* Adds the addresses of a DHCP option. */
static size_t add_servers(struct lp_reader r, size_t len, struct lp_claim *claims, size_t n)
{
	for (; len >= 4 && n < LP_CLAIMS_MAX; len -= 4) {
		uint32_t ip = lp_reader_u32(&r);
		if (!r.bad && is_station_v4(ip))
			claims[n++] = (struct lp_claim){.kind = LP_CLAIM_SERVER, .address = ipv4(ip)};
	}
	return n;
}

/* Reads an acknowledgement of a DHCP server (RFC 2131 §2). */
static size_t read_dhcp(struct lp_reader r, struct lp_claim *claims)
{
	uint8_t operation = lp_reader_u8(&r);
	lp_reader_skip(&r, 15);
	uint32_t assigned = lp_reader_u32(&r);
	lp_reader_skip(&r, 8);
	uint64_t station = lp_reader_uint(&r, 6);
	lp_reader_skip(&r, 202);
	if (lp_reader_u32(&r) != DHCP_COOKIE || r.bad || operation != DHCP_REPLY)
		return 0;
	bool acknowledged = false;
	size_t n = 0;
	if (is_station_v4(assigned))
		claims[n++] = (struct lp_claim){LP_CLAIM_LEASE, station, ipv4(assigned)};
	while (lp_reader_left(&r) > 0) {
		uint8_t option = lp_reader_u8(&r);
		if (option == OPTION_PAD)
			continue;
		if (option == OPTION_END)
			break;
		size_t len = lp_reader_u8(&r);
		if (len > lp_reader_left(&r))
			break;
		if (option == OPTION_TYPE && len == 1)
			acknowledged = *r.at == DHCP_ACK;
		else if (option == OPTION_ROUTERS || option == OPTION_NAME_SERVERS || option == OPTION_SERVER)
			n = add_servers(r, len, claims, n);
		lp_reader_skip(&r, len);
	}
	return acknowledged ? n : 0;
}

/* The BOOTP message of a DHCP server to a client; empty if the frame has none. The LAN's servers have no reason to
   disguise theirs, so nothing is parsed for other frames. */
static struct lp_reader dhcp_reply(const struct lp_view *view)
{
	struct lp_reader r = payload_of(view);
	uint8_t first = lp_reader_u8(&r);
	lp_reader_skip(&r, 8);
	uint8_t protocol = lp_reader_u8(&r);
	if (r.bad || first >> 4 != 4 || protocol != LP_IP_UDP)
		return lp_reader_init(NULL, 0);
	lp_reader_skip(&r, (first & 15U) * 4U - 10);
	uint16_t from = lp_reader_u16(&r), to = lp_reader_u16(&r);
	lp_reader_skip(&r, 4);
	return r.bad || from != DHCP_SERVER || to != DHCP_CLIENT ? lp_reader_init(NULL, 0) : r;
}

size_t lp_claims_of_lan(struct lp_view *view, struct lp_claim ret_claims[LP_CLAIMS_MAX])
{
	static const size_t next_header_at = 6;
	size_t at = view->ether.net_offset;
	int result = 0;
	if (view->fault != LP_ETHER_OK)
		return 0;
	if (view->ether.type == LP_ETHER_TYPE_IPV4)
		return read_dhcp(dhcp_reply(view), ret_claims);
	if (view->ether.type == LP_ETHER_TYPE_ARP)
		result = read_arp(view, ret_claims);
	else if (view->ether.type == LP_ETHER_TYPE_IPV6 && view->len > at + next_header_at &&
		 view->frame[at + next_header_at] == LP_IP_ICMPV6)
		result = read_nd(view, ret_claims);
	return result > 0;
}
