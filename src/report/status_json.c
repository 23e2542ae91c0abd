#include "report/status_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/text.h"
#include "base/units.h"
#include "ctrl/schema.h"
#include "obs/counters.h"
#include "report/latency.h"
#include "report/status.h"

#define AT(member) offsetof(struct lp_status_document, member), sizeof(((struct lp_status_document *)0)->member)
#define NUMBER(member, text_) \
	{ \
#member, LP_FIELD_UINT, false, AT(member), .max = INT64_MAX, .text = text_ \
	}
/* A number that earlier versions did not have. */
#define LATER_NUMBER(member, text_) \
	{ \
#member, LP_FIELD_UINT, true, AT(member), .max = INT64_MAX, .text = text_ \
	}
#define STRING(member, text_) \
	{ \
#member, LP_FIELD_TEXT, false, AT(member), \
			.max = sizeof(((struct lp_status_document *)0)->member) - 1, .text = text_ \
	}
#define FLAG(member, text_) \
	{ \
#member, LP_FIELD_BOOL, false, AT(member), .text = text_ \
	}

#define MEMBER_AT(member) offsetof(struct lp_status_member, member), sizeof(((struct lp_status_member *)0)->member)

static const struct lp_field member_fields[] = {
	{"role", LP_FIELD_WORD, false, MEMBER_AT(role), .words = &lp_role_words, .text = "client or gateway"},
	{"name", LP_FIELD_TEXT, false, MEMBER_AT(name), .max = LP_NAME_MAX, .text = "its name; may be empty"},
	{"mac", LP_FIELD_MAC, false, MEMBER_AT(mac), .text = "its MAC address"},
	{"route", LP_FIELD_TEXT, false, MEMBER_AT(route), .max = 15, .text = "by which its frames come"},
	{"rtt_us", LP_FIELD_UINT, false, MEMBER_AT(rtt_us), .max = INT64_MAX,
		.text = "estimated round trip to it, microseconds; 0: unknown"},
	{"packets_lost", LP_FIELD_UINT, true, MEMBER_AT(packets_lost), .max = INT64_MAX,
		.text = "packets lost on the peer link to it"},
	{"bytes_in", LP_FIELD_UINT, true, MEMBER_AT(bytes_in), .max = INT64_MAX,
		.text = "bytes of the frames received by that link"},
	{"bytes_out", LP_FIELD_UINT, true, MEMBER_AT(bytes_out), .max = INT64_MAX,
		.text = "bytes of the frames sent by it"},
};

static const struct lp_field fields[] = {
	STRING(version, "the program's version"),
	{"role", LP_FIELD_WORD, false, AT(role), .words = &lp_role_words, .text = "client or gateway"},
	STRING(summary, "the situation in two or three words"),
	STRING(text, "the status line"),
	STRING(state, "resolving, connecting, joining, joined, waiting or ended"),
	STRING(reason, "why the last connection or attempt ended; may be empty"),
	NUMBER(retry_in_ms, "time to the next attempt; 0: none is due"),
	NUMBER(reconnects, "connections after the first"),
	STRING(transport, "udp or tcp; empty without a connection"),
	STRING(relay, "the relay as the user wrote it"),
	STRING(relay_address, "its address"),
	STRING(local_address, "the tunnel's own address"),
	{"seen_address", LP_FIELD_TEXT, true, AT(seen_address), .max = LP_ADDR_TEXT_MAX - 1,
		.text = "that address as the relay sees it"},
	LATER_NUMBER(seen_changes, "times that the relay saw another address though ours was the same"),
	{"sends_singly", LP_FIELD_BOOL, true, AT(sends_singly),
		.text = "whether packets are sent one by one, because this system loses those that it sends together"},
	NUMBER(rtt_us, "smoothed round trip to the relay, microseconds; 0: unknown"),
	NUMBER(jitter_us, "its variation"),
	NUMBER(loss_up_ppm, "packets lost towards the relay, parts per million"),
	NUMBER(loss_down_ppm, "packets lost from the relay, parts per million"),
	NUMBER(packets_lost, "packets lost on this connection"),
	NUMBER(datagram_budget, "bytes of the largest DATAGRAM that the path carries"),
	STRING(room, "room code"),
	NUMBER(peers, "other members of the room"),
	NUMBER(mtu, "the room's MTU; 0 unless joined"),
	NUMBER(unfragmented_mtu, "IP bytes that travel without fragments; 0 unless joined"),
	LATER_NUMBER(unfragmented_mtu_up, "the same towards the relay alone"),
	LATER_NUMBER(unfragmented_mtu_down, "the same from the relay alone"),
	LATER_NUMBER(lan_sent, "broadcasts of this member that the gateway sent to its LAN; 0: none, or unknown"),
	FLAG(gateway_present, "whether a gateway is in the room"),
	FLAG(gateway_lan_down, "whether the gateway's interface has no link"),
	STRING(gateway_name, "the gateway's name; may be empty"),
	NUMBER(gateway_rtt_us, "round trip between relay and gateway, microseconds; 0: unknown"),
	NUMBER(lan_rtt_us, "estimated round trip to the gateway; 0: unknown"),
	STRING(device, "name of the TAP, or of the gateway's interface"),
	STRING(device_address, "its IP address; may be empty"),
	STRING(device_trouble, "why it carries no frames; may be empty"),
	{"mac", LP_FIELD_MAC, false, AT(mac), .text = "the member's MAC address"},
	FLAG(device_up, "whether it carries frames"),
	{"network_conflict", LP_FIELD_TEXT, true, AT(network_conflict), .max = 63,
		.text = "another device in the same IPv4 network"},
	{"broadcast_conflict", LP_FIELD_TEXT, true, AT(broadcast_conflict), .max = 63,
		.text = "the device by which broadcasts leave instead"},
	LATER_NUMBER(lan_stations, "a gateway: MACs that are known on its LAN"),
	LATER_NUMBER(lan_stations_max, "a gateway: how many it keeps"),
	{"dhcp_server", LP_FIELD_TEXT, true, AT(dhcp_server), .max = LP_ADDR_TEXT_MAX - 1,
		.text = "a gateway: the DHCP server on its LAN that replied last"},
	LATER_NUMBER(
		tunnel_overflows, "datagrams of the tunnel that the system dropped because the program was too slow"),
	NUMBER(frames_in, "frames received from the room"),
	NUMBER(frames_out, "frames sent to the room"),
	NUMBER(bytes_in, "bytes of those received"),
	NUMBER(bytes_out, "bytes of those sent"),
	NUMBER(down_bps, "bits received per second"),
	NUMBER(up_bps, "bits sent per second"),
	{"drops", LP_FIELD_DROPS, false, AT(drops), .max = INT64_MAX, .text = "frames dropped here, by reason"},
	{"relay_drops", LP_FIELD_DROPS, false, AT(relay_drops), .max = INT64_MAX,
		.text = "frames dropped at the relay, by reason"},
	{"members", LP_FIELD_LIST, true, AT(members), .max = LP_STATUS_MEMBERS_MAX, .fields = member_fields,
		.n_fields = sizeof member_fields / sizeof member_fields[0],
		.item_size = sizeof(struct lp_status_member), .text = "other members of the room"},
};

#define N_FIELDS (sizeof fields / sizeof fields[0])
#define COPY(to, from) snprintf((to), sizeof(to), "%.*s", (int)(sizeof(to) - 1), (from))

/* Sets the session and the path. */
static void set_session(struct lp_status_document *document, const struct lp_status *status, uint64_t now_ns)
{
	document->role = status->role;
	COPY(document->version, LP_VERSION);
	COPY(document->summary, lp_summary_text(status->summary));
	COPY(document->text, status->text);
	COPY(document->state, lp_member_state_text(status->state));
	COPY(document->reason, status->reason);
	COPY(document->relay, status->relay);
	COPY(document->room, status->room);
	COPY(document->gateway_name, status->gateway_name);
	if (status->remote.family)
		lp_addr_format(&status->remote, document->relay_address);
	if (status->state == LP_MEMBER_JOINED)
		COPY(document->transport, status->over_tcp ? "tcp" : "udp");
	if (status->local.family)
		lp_addr_format(&status->local, document->local_address);
	if (status->state == LP_MEMBER_WAITING && status->retry_at_ns > now_ns)
		document->retry_in_ms = (status->retry_at_ns - now_ns) / LP_MS;
	COPY(document->seen_address, status->seen);
	document->seen_changes = status->seen_changes;
	document->sends_singly = status->singly;
	document->unfragmented_mtu_up = status->unfragmented_mtu_up;
	document->reconnects = status->reconnects;
	document->rtt_us = status->rtt_ns / LP_US;
	document->jitter_us = lp_latency_jitter_us(&status->latency);
	document->loss_up_ppm = status->loss_up.ppm;
	document->loss_down_ppm = status->loss_down.ppm;
	document->packets_lost = status->packets_lost;
	document->datagram_budget = status->budget_bytes;
	document->peers = status->n_peers;
	document->mtu = status->mtu;
	document->unfragmented_mtu = status->unfragmented_mtu;
	document->gateway_present = status->gateway_present;
	document->gateway_lan_down = status->gateway_lan_down;
	if (!status->has_relay_stats)
		return;
	document->unfragmented_mtu_down = status->relay_stats.unfragmented_mtu;
	document->lan_sent = status->relay_stats.lan_sent;
	document->gateway_rtt_us = status->relay_stats.gateway_rtt_us;
	document->lan_rtt_us = lp_latency_gateway_us(document->rtt_us, document->gateway_rtt_us);
	memcpy(document->relay_drops, status->relay_stats.counters.drops, sizeof document->relay_drops);
}

/* Sets the device and the counters. */
static void set_device(struct lp_status_document *document, const struct lp_status *status)
{
	COPY(document->device, status->device_name);
	COPY(document->device_trouble, lp_device_trouble_text(status->trouble));
	if (status->device.address.family)
		lp_addr_format(&status->device.address, document->device_address);
	document->mac = status->mac;
	document->device_up = status->device.up;
	COPY(document->network_conflict, status->network_conflict);
	COPY(document->broadcast_conflict, status->broadcast_conflict);
	document->lan_stations = status->lan_stations;
	document->lan_stations_max = status->lan_stations_max;
	if (status->dhcp_server.family)
		lp_addr_format(&status->dhcp_server, document->dhcp_server);
	document->tunnel_overflows = status->bounds.tunnel_overflows;
	document->frames_in = status->counters.frames_in;
	document->frames_out = status->counters.frames_out;
	document->bytes_in = status->counters.bytes_in;
	document->bytes_out = status->counters.bytes_out;
	document->down_bps = status->rates.down_bps;
	document->up_bps = status->rates.up_bps;
	memcpy(document->drops, status->counters.drops, sizeof document->drops);
}

void lp_status_document_fill(const struct lp_status *status, uint64_t now_ns, struct lp_status_document *ret_document)
{
	*ret_document = (struct lp_status_document){.members = {(void *)(uintptr_t)status->members, status->n_members}};
	set_session(ret_document, status, now_ns);
	set_device(ret_document, status);
}

int lp_status_document_read(
	const char *json, size_t len, struct lp_failure *failure, struct lp_status_document *ret_document)
{
	struct lp_failure why = {0};
	*ret_document = (struct lp_status_document){0};
	int result = lp_fields_read("status", fields, N_FIELDS, json, len, &why, ret_document);
	if (result == 0)
		return 0;
	free(ret_document->members.items);
	return lp_fail(failure, result, "%s. Is this the status socket of a member of this version?", why.text);
}

char *lp_status_json(const struct lp_status *status, uint64_t now_ns)
{
	struct lp_status_document document;
	lp_status_document_fill(status, now_ns, &document);
	return lp_fields_json(fields, N_FIELDS, &document);
}

/* Appends "relay      203.0.113.10:443, RTT 12.3 ms, …". */
static void add_path(struct lp_text *page, const struct lp_status_document *document)
{
	lp_text_add(page, "relay      ");
	lp_text_escaped(page, document->relay);
	if (document->rtt_us == 0) {
		lp_text_add(page, "\n");
		return;
	}
	if (strcmp(document->transport, "tcp") == 0)
		lp_text_add(page, ", over TCP (a lost packet delays those behind it)");
	lp_text_addf(page, ", RTT %.1f ms, jitter %.1f ms, loss %.1f %% up, %.1f %% down\n",
		(double)document->rtt_us / 1000.0, (double)document->jitter_us / 1000.0,
		(double)document->loss_up_ppm / 10000.0, (double)document->loss_down_ppm / 10000.0);
}

static const struct lp_status_member *find_gateway(const struct lp_status_document *document)
{
	const struct lp_status_member *members = document->members.items;
	for (size_t i = 0; i < document->members.n; i++)
		if (members[i].role == LP_ROLE_GATEWAY)
			return &members[i];
	return NULL;
}

/* Appends how a member is reached. */
static void add_route(struct lp_text *page, const struct lp_status_member *member)
{
	lp_text_addf(page, ", route %s", member->route);
	if (member->rtt_us)
		lp_text_addf(page, ", RTT %.1f ms", (double)member->rtt_us / 1000.0);
	if (member->packets_lost)
		lp_text_addf(page, ", %" PRIu64 " packets lost", member->packets_lost);
	if (member->bytes_in == 0 && member->bytes_out == 0)
		return;
	lp_text_add(page, ", received ");
	lp_text_bytes(page, member->bytes_in);
	lp_text_add(page, ", sent ");
	lp_text_bytes(page, member->bytes_out);
}

/* Appends the room and its gateway. */
static void add_room(struct lp_text *page, const struct lp_status_document *document)
{
	lp_text_add(page, "room       ");
	lp_text_escaped(page, document->room);
	if (document->mtu)
		lp_text_addf(page, ", %" PRIu64 " other members, MTU %" PRIu64 ", without fragments up to %" PRIu64,
			document->peers, document->mtu, document->unfragmented_mtu);
	lp_text_add(page, "\n");
	if (document->role == LP_ROLE_GATEWAY || !document->gateway_present)
		return;
	lp_text_add(page, "gateway    ");
	lp_text_escaped(page, document->gateway_name[0] ? document->gateway_name : "(without a name)");
	const struct lp_status_member *gateway = find_gateway(document);
	if (gateway && strcmp(gateway->route, "relay") != 0)
		add_route(page, gateway);
	else if (document->lan_rtt_us)
		lp_text_addf(page, ", estimated RTT %.1f ms", (double)document->lan_rtt_us / 1000.0);
	lp_text_add(page, document->gateway_lan_down ? ", no link to its LAN\n" : "\n");
}

/* Appends the players, one per line. */
static void add_players(struct lp_text *page, const struct lp_status_document *document)
{
	const struct lp_status_member *members = document->members.items;
	for (size_t i = 0; i < document->members.n; i++) {
		if (members[i].role != LP_ROLE_CLIENT)
			continue;
		lp_text_add(page, "player     ");
		lp_text_escaped(page, members[i].name[0] ? members[i].name : "(without a name)");
		add_route(page, &members[i]);
		lp_text_add(page, "\n");
	}
}

/* Appends the device. */
static void add_device(struct lp_text *page, const struct lp_status_document *document)
{
	char mac[LP_MAC_TEXT_MAX];
	lp_text_add(page, "device     ");
	lp_text_escaped(page, document->device);
	lp_text_addf(page, ", %s", lp_mac_format(&document->mac, mac));
	lp_text_add(page, document->device_address[0] ? ", " : "");
	lp_text_escaped(page, document->device_address);
	lp_text_add(page, document->device_trouble[0] ? ", " : document->device_up ? "" : ", down");
	lp_text_escaped(page, document->device_trouble);
	lp_text_add(page, "\n");
}

/* Appends one direction of the traffic. */
static void add_traffic(struct lp_text *page, const char *name, uint64_t frames, uint64_t bytes, uint64_t bps)
{
	lp_text_addf(page, "%-10s %" PRIu64 " frames, ", name, frames);
	lp_text_bytes(page, bytes);
	lp_text_addf(page, ", now %.1f Mbit/s\n", (double)bps / 1e6);
}

/* Appends what was dropped, one reason per line. */
static void add_drops(struct lp_text *page, const char *where, const uint64_t *drops)
{
	for (enum lp_drop i = LP_DROP_NONE + 1; i < LP_DROP_COUNT; i++)
		if (drops[i] > 0)
			lp_text_addf(page, "dropped    %s %" PRIu64 " %s\n", lp_drop_wire(i), drops[i], where);
}

int lp_status_page(const char *json, size_t len, struct lp_text *page, struct lp_failure *failure)
{
	struct lp_status_document document;
	int result = lp_status_document_read(json, len, failure, &document);
	if (result < 0)
		return result;
	lp_text_escaped(page, document.text[0] ? document.text : document.summary);
	lp_text_add(page, "\n");
	add_path(page, &document);
	add_room(page, &document);
	add_players(page, &document);
	free(document.members.items);
	add_device(page, &document);
	add_traffic(page, "received", document.frames_in, document.bytes_in, document.down_bps);
	add_traffic(page, "sent", document.frames_out, document.bytes_out, document.up_bps);
	add_drops(page, "here", document.drops);
	add_drops(page, "at the relay", document.relay_drops);
	return 0;
}
