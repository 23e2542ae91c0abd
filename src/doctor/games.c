#include "doctor/games.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "proto/be.h"

#define ETHER 14U
#define UDP 8U
#define SECOND_NS UINT64_C(1000000000)

#define PREFIX(text) text, sizeof(text) - 1
#define NO_PREFIX NULL, 0
/* Pages that describe several games. */
#define VALVE "https://developer.valvesoftware.com/wiki/Server_queries"
#define LIST "https://github.com/OpenSourceLAN/service-discovery-helper/blob/master/GAMES.md"
#define QUAKE3 "https://github.com/ioquake/ioq3 (code/client/cl_main.c, CL_LocalServers_f)"
#define WARCRAFT "https://bnetdocs.org"

/* The first row that matches counts, so rows with a prefix come before those without. */
static const struct lp_game_row rows[] = {
	{"Minecraft (Java Edition)", LP_GAME_SERVER, 4445, 4445, PREFIX("[MOTD]"), 0,
		"https://wiki.vg/Lan_Worlds: to 224.0.2.60 every 1.5 s"},
	{"Minecraft (Bedrock Edition)", LP_GAME_SEARCH, 19132, 19133, PREFIX("\x01"), 0,
		"https://wiki.bedrock.dev/servers/raknet-and-mcpe: unconnected ping"},
	{"Minecraft (Bedrock Edition)", LP_GAME_SERVER, 19132, 19133, PREFIX("\x1c"), 0,
		"https://wiki.bedrock.dev/servers/raknet-and-mcpe: unconnected pong"},
	{"Source or GoldSrc engine", LP_GAME_SEARCH, 27015, 27020, PREFIX("\xff\xff\xff\xffTSource Engine Query"), 0,
		VALVE},
	{"Source engine", LP_GAME_SERVER, 27015, 27020, PREFIX("\xff\xff\xff\xffI"), 0, VALVE},
	{"GoldSrc engine", LP_GAME_SERVER, 27015, 27020, PREFIX("\xff\xff\xff\xffm"), 0, VALVE},
	{"Source or GoldSrc engine", LP_GAME_ANY, 27015, 27020, PREFIX("\xff\xff\xff\xff"), 0, VALVE},
	{"Steam", LP_GAME_SERVICE, 27036, 27036, PREFIX("\xff\xff\xff\xff\x21\x4c\x5f\xa0"), 0,
		"https://codingrange.com/blog/steam-in-home-streaming-discovery-protocol"},
	{"Quake", LP_GAME_SEARCH, 26000, 26000, PREFIX("QUAKE"), 5,
		"https://github.com/id-Software/Quake (WinQuake/net_dgrm.c, CCREQ_SERVER_INFO)"},
	{"Quake II", LP_GAME_ANY, 27910, 27910, PREFIX("\xff\xff\xff\xff"), 0,
		"https://github.com/id-Software/Quake-2 (client/cl_main.c, CL_PingServers_f)"},
	{"Quake III engine", LP_GAME_SEARCH, 27960, 27969, PREFIX("\xff\xff\xff\xffgetinfo"), 0, QUAKE3},
	{"Quake III engine", LP_GAME_SERVER, 27960, 27969, PREFIX("\xff\xff\xff\xffinfoResponse"), 0, QUAKE3},
	{"Warsow", LP_GAME_SEARCH, 44400, 44409, PREFIX("\xff\xff\xff\xff"), 0, LIST},
	{"Unreal Engine 1 or 2", LP_GAME_SEARCH, 8777, 8786, PREFIX("REPORT"), 0,
		"http://www.runningwithscissors.com/postal2/portusage.php; IpDrv.UdpBeacon: ServerBeaconPort"},
	{"Unreal Tournament 2004", LP_GAME_ANY, 10777, 10777, NO_PREFIX, 0, LIST},
	{"Unreal Engine 3", LP_GAME_ANY, 14001, 14001, NO_PREFIX, 0,
		"IpDrv.OnlineSubsystemCommonImpl: LanAnnouncePort"},
	{"OpenTTD", LP_GAME_SEARCH, 3979, 3979, PREFIX("\x00"), 2,
		"https://github.com/OpenTTD/OpenTTD (src/network/core/udp.h): PACKET_UDP_CLIENT_FIND_SERVER"},
	{"OpenTTD", LP_GAME_SERVER, 3979, 3979, PREFIX("\x01"), 2,
		"https://github.com/OpenTTD/OpenTTD (src/network/core/udp.h): PACKET_UDP_SERVER_RESPONSE"},
	{"Warcraft III", LP_GAME_SEARCH, 6112, 6119, PREFIX("\xf7\x2f"), 0, WARCRAFT ": W3GS_SEARCHGAME"},
	{"Warcraft III", LP_GAME_SERVER, 6112, 6119, PREFIX("\xf7\x30"), 0, WARCRAFT ": W3GS_GAMEINFO"},
	{"Warcraft III", LP_GAME_SERVER, 6112, 6119, PREFIX("\xf7\x31"), 0, WARCRAFT ": W3GS_CREATEGAME"},
	{"Warcraft III", LP_GAME_SERVER, 6112, 6119, PREFIX("\xf7\x32"), 0, WARCRAFT ": W3GS_REFRESHGAME"},
	{"TrackMania", LP_GAME_SEARCH, 2350, 2360, NO_PREFIX, 0, LIST},
	{"ARMA", LP_GAME_SEARCH, 2302, 2470, NO_PREFIX, 0, LIST},
	{"DirectPlay 8", LP_GAME_ANY, 6073, 6073, PREFIX("\x00"), 0,
		"Microsoft MC-DPLHP, section 3.1.3: UDP port 6073; section 1.4: the first byte is 0"},
	{"DirectPlay", LP_GAME_SEARCH, 47624, 47624, PREFIX("play"), 20,
		"Microsoft MC-DPL4CS, section 2.1: UDP port 47624"},
	{"mDNS", LP_GAME_SERVICE, 5353, 5353, NO_PREFIX, 0, "RFC 6762"},
	{"SSDP (UPnP)", LP_GAME_SERVICE, 1900, 1900, NO_PREFIX, 0, "UPnP Device Architecture 2.0, section 1"},
};

size_t lp_games_n(void)
{
	return sizeof rows / sizeof rows[0];
}

const struct lp_game_row *lp_games_row(size_t i)
{
	return &rows[i];
}

/* A UDP packet in a frame. */
struct packet {
	struct lp_addr from;
	uint16_t source, destination;
	const uint8_t *data;
	size_t len;
};

/* Finds the UDP packet of a frame without tags and fragments. */
static bool read_udp(const uint8_t *frame, size_t len, struct packet *ret_packet)
{
	struct packet packet = {0};
	if (len < ETHER + 20)
		return false;
	const uint8_t *ip = frame + ETHER, *udp = NULL;
	uint16_t type = lp_be16_get(frame + 12);
	if (type == 0x0800 && ip[0] >> 4 == 4 && ip[9] == 17 && (lp_be16_get(ip + 6) & 0x3fff) == 0) {
		udp = ip + (ip[0] & 15) * 4;
		packet.from.family = 4;
		memcpy(packet.from.ip, ip + 12, 4);
	} else if (type == 0x86dd && len >= ETHER + 40 && ip[6] == 17) {
		udp = ip + 40;
		packet.from.family = 6;
		memcpy(packet.from.ip, ip + 8, 16);
	}
	if (!udp || (size_t)(udp - frame) + UDP > len)
		return false;
	size_t udp_len = lp_be16_get(udp + 4), left = len - (size_t)(udp - frame);
	packet.source = lp_be16_get(udp);
	packet.destination = lp_be16_get(udp + 2);
	packet.data = udp + UDP;
	packet.len = udp_len >= UDP && udp_len <= left ? udp_len - UDP : left - UDP;
	*ret_packet = packet;
	return true;
}

static bool in_range(const struct lp_game_row *row, uint16_t port)
{
	return port >= row->first_port && port <= row->last_port;
}

static bool matches(const struct lp_game_row *row, const struct packet *packet)
{
	bool reply = row->kind == LP_GAME_SERVER || row->kind == LP_GAME_ANY;
	if (!in_range(row, packet->destination) && !(reply && in_range(row, packet->source)))
		return false;
	return row->prefix_len == 0 ||
	       (packet->len >= (size_t)row->prefix_at + row->prefix_len &&
		       memcmp(packet->data + row->prefix_at, row->prefix, row->prefix_len) == 0);
}

/* Copies printable bytes up to |end|. */
static void copy_until(char detail[LP_GAME_DETAIL_MAX], const uint8_t *at, size_t len, const char *end)
{
	size_t n = 0;
	for (; n + 1 < LP_GAME_DETAIL_MAX && n < len && !strchr(end, at[n]) && at[n] >= ' '; n++)
		detail[n] = (char)at[n];
	detail[n] = '\0';
}

/* Finds |word| in the payload; the rest after it is in |ret_rest|. */
static const uint8_t *find(const struct packet *packet, const char *word, size_t *ret_rest)
{
	size_t len = strlen(word);
	for (size_t i = 0; i + len <= packet->len; i++) {
		if (memcmp(packet->data + i, word, len) != 0)
			continue;
		*ret_rest = packet->len - i - len;
		return packet->data + i + len;
	}
	return NULL;
}

/* The first name of a DNS message that belongs to a service, "_http._tcp". */
static void read_mdns(const struct packet *packet, char detail[LP_GAME_DETAIL_MAX])
{
	size_t at = 12, n = 0;
	while (at < packet->len && packet->data[at] > 0 && packet->data[at] < 64) {
		size_t len = packet->data[at++];
		if (len > packet->len - at || n + len + 2 > LP_GAME_DETAIL_MAX)
			break;
		if (n > 0)
			detail[n++] = '.';
		memcpy(detail + n, packet->data + at, len);
		n += len;
		at += len;
	}
	detail[n] = '\0';
}

/* What a packet says about itself. */
static void read_detail(const struct lp_game_row *row, const struct packet *packet, char detail[LP_GAME_DETAIL_MAX])
{
	size_t rest;
	const uint8_t *at = NULL;
	if (row->first_port == 4445)
		at = find(packet, "[MOTD]", &rest);
	else if (row->first_port == 1900 && !(at = find(packet, "\r\nSERVER: ", &rest)))
		at = find(packet, "\r\nST: ", &rest);
	else if (row->first_port == 5353)
		read_mdns(packet, detail);
	else if (row->kind == LP_GAME_SERVER && row->prefix_len == 5 && packet->len > 6)
		at = packet->data + 6, rest = packet->len - 6; /* after the protocol's version: the server's name */
	if (at)
		copy_until(detail, at, rest, row->first_port == 4445 ? "[" : "\r\n");
}

/* The sighting of this game from this station; a new one if there is none. NULL: the list is full. */
static struct lp_game_sighting *find_sighting(struct lp_games *games, const struct lp_game_sighting *seen)
{
	for (size_t i = 0; i < games->n; i++) {
		struct lp_game_sighting *other = &games->sightings[i];
		if (other->kind == seen->kind && other->port == seen->port && strcmp(other->name, seen->name) == 0 &&
			lp_mac_equal(&other->mac, &seen->mac) && lp_addr_equal(&other->from, &seen->from))
			return other;
	}
	if (games->n == LP_GAMES_MAX) {
		games->n_left_out++;
		return NULL;
	}
	games->sightings[games->n] = *seen;
	return &games->sightings[games->n++];
}

/* True for IPX, as Ethernet II and the three forms of 802.3 have it; |ret_sap|: it announces servers. */
static bool read_ipx(const uint8_t *frame, size_t len, bool *ret_sap)
{
	size_t at = 0;
	uint16_t type = len >= ETHER ? lp_be16_get(frame + 12) : 0;
	if (type == 0x8137)
		at = ETHER;
	else if (type >= 30 && type <= 1500 && len >= ETHER + 2 && lp_be16_get(frame + ETHER) == 0xffff)
		at = ETHER;
	else if (type >= 30 && type <= 1500 && len >= ETHER + 3 && frame[ETHER] == 0xe0 && frame[ETHER + 1] == 0xe0)
		at = ETHER + 3;
	if (at == 0 || len < at + 30)
		return false;
	*ret_sap = lp_be16_get(frame + at + 16) == 0x0452;
	return true;
}

void lp_games_add(struct lp_games *games, const uint8_t *frame, size_t len, uint64_t now_ns)
{
	struct lp_game_sighting seen = {.seen_ns = now_ns};
	struct packet packet;
	bool sap;
	if (read_udp(frame, len, &packet)) {
		for (size_t i = 0; i < lp_games_n() && !seen.name; i++) {
			if (!matches(&rows[i], &packet))
				continue;
			seen.name = rows[i].name;
			seen.kind = rows[i].kind;
			seen.from = packet.from;
			seen.port = in_range(&rows[i], packet.destination) ? packet.destination : packet.source;
			read_detail(&rows[i], &packet, seen.detail);
		}
	} else if (read_ipx(frame, len, &sap)) {
		seen.name = sap ? "IPX SAP" : "IPX";
		seen.kind = LP_GAME_ANY;
	}
	if (!seen.name)
		return;
	memcpy(seen.mac.octet, frame + 6, sizeof seen.mac.octet);
	struct lp_game_sighting *sighting = find_sighting(games, &seen);
	if (!sighting)
		return;
	sighting->seen_ns = now_ns;
	sighting->n++;
	if (seen.detail[0])
		memcpy(sighting->detail, seen.detail, sizeof seen.detail);
}

const char *lp_game_kind_text(enum lp_game_kind kind)
{
	static const char *const texts[] = {
		[LP_GAME_SERVER] = "server",
		[LP_GAME_SEARCH] = "search",
		[LP_GAME_SERVICE] = "service",
		[LP_GAME_ANY] = "game",
	};
	return texts[kind];
}

/* The address, or the MAC of a station without one. */
static const char *station(const struct lp_game_sighting *sighting, char text[LP_ADDR_TEXT_MAX])
{
	return sighting->from.family ? lp_addr_format(&sighting->from, text) : lp_mac_format(&sighting->mac, text);
}

/* Appends the sightings that are services, or those that are not. */
static void add_lines(const struct lp_games *games, bool services, uint64_t now_ns, struct lp_text *text)
{
	for (size_t i = 0; i < games->n; i++) {
		const struct lp_game_sighting *sighting = &games->sightings[i];
		char from[LP_ADDR_TEXT_MAX];
		if ((sighting->kind == LP_GAME_SERVICE) != services)
			continue;
		lp_text_addf(text, "%-28s %-8s %-40s", sighting->name, lp_game_kind_text(sighting->kind),
			station(sighting, from));
		if (sighting->port)
			lp_text_addf(text, " port %u,", sighting->port);
		lp_text_addf(text, " %" PRIu64 " s ago", (now_ns - sighting->seen_ns) / SECOND_NS);
		if (sighting->detail[0]) {
			lp_text_add(text, ": ");
			lp_text_escaped(text, sighting->detail);
		}
		lp_text_add(text, "\n");
	}
}

void lp_games_text(const struct lp_games *games, uint64_t now_ns, struct lp_text *text)
{
	if (games->n == 0)
		lp_text_add(text, "nothing has announced itself\n");
	add_lines(games, false, now_ns, text);
	add_lines(games, true, now_ns, text);
	if (games->n_left_out)
		lp_text_addf(text, "%" PRIu64 " packets of further stations were left out\n", games->n_left_out);
}

void lp_games_json(const struct lp_games *games, uint64_t now_ns, struct lp_text *json)
{
	lp_text_add(json, "[");
	for (size_t i = 0; i < games->n; i++) {
		const struct lp_game_sighting *sighting = &games->sightings[i];
		char from[LP_ADDR_TEXT_MAX], mac[LP_MAC_TEXT_MAX];
		lp_text_addf(json, "%s{\"name\":", i ? "," : "");
		lp_text_json(json, sighting->name);
		lp_text_addf(json,
			",\"kind\":\"%s\",\"address\":\"%s\",\"mac\":\"%s\",\"port\":%u,\"age_s\":%" PRIu64
			",\"packets\":%" PRIu64 ",\"detail\":",
			lp_game_kind_text(sighting->kind),
			sighting->from.family ? lp_addr_format(&sighting->from, from) : "",
			lp_mac_format(&sighting->mac, mac), sighting->port, (now_ns - sighting->seen_ns) / SECOND_NS,
			sighting->n);
		lp_text_json(json, sighting->detail);
		lp_text_add(json, "}");
	}
	lp_text_add(json, "]");
}
