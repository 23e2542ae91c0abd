#include "gateway/gateway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/hex.h"
#include "base/units.h"
#include "bridge/bridge.h"
#include "ctrl/message.h"
#include "member/offload.h"
#include "obs/event.h"
#include "platform/device/packet.h"
#include "platform/loop/loop.h"
#include "platform/system/random.h"
#include "proto/too_big.h"

/* ICMP replies per second (RFC 4443 §2.4 (f)). */
#define TOO_BIG_PER_S 50

/* Follows the interface's name. */
#define WIRELESS \
	"is Wi-Fi, which does not carry the frames of other computers, so remote players will not reach the LAN. Use a " \
	"wired interface"

struct lp_gateway {
	struct lp_gateway_config config;
	struct lp_loop *loop;
	struct lp_packet *packet;
	struct lp_packet_info info;
	struct lp_member *member;
	struct lp_offloader *offloader; /* between the wire and the tunnel */
	struct lp_offloader *host;      /* from the tunnel to this computer; NULL: out of reach */
	struct lp_bridge *bridge;
	struct lp_timer *timer; /* the bridge's deadline */
	struct lp_framelog framelog;
	uint64_t now_ns;  /* of the batch under way */
	uint16_t tcp_mtu; /* of the batch under way: IP bytes that TCP should keep to */
	struct lp_ratelimit too_big_limit;
	struct lp_bucket too_big;   /* ICMP replies to packets that are too large for the room */
	size_t stations_max;        /* of the bridge */
	struct lp_addr dhcp_server; /* of the last DHCP reply from the LAN; family 0: none yet */
	uint16_t room_mtu;          /* 0: not joined yet */
	uint16_t warned_mtu;        /* of the room, when it was warned of the LAN's larger MTU; 0: not yet */
	bool joined;
};

/* Writes a line of the frame log if it is enabled for this frame. |peer_id|: the sender; 0 for frames of the LAN. */
static void log_frame(struct lp_gateway *gateway, const char *direction, uint16_t peer_id, const uint8_t *frame,
	size_t len, enum lp_drop drop)
{
	struct lp_frame_note note = {
		.room = gateway->config.member.room,
		.peer_id = peer_id,
		.direction = direction,
		.frame = frame,
		.len = len,
		.drop = drop,
		.n_targets = drop == LP_DROP_NONE,
	};
	if (!lp_framelog_wants(&gateway->framelog, drop, gateway->now_ns))
		return;
	if (peer_id && lp_log_wants(gateway->config.member.log, LP_LEVEL_DEBUG))
		note.peer_name = lp_member_peer_name(gateway->member, peer_id);
	lp_framelog_write(gateway->config.member.log, &note);
}

/* Notes a frame in the capture. */
static void note(struct lp_gateway *gateway, enum lp_capture_side side, bool inbound, uint16_t source,
	const uint8_t *frame, size_t len, enum lp_drop drop)
{
	struct lp_bytes part = {frame, len};
	if (lp_capture_is_on(gateway->config.member.capture))
		lp_member_note(gateway->member, &(struct lp_member_frame){.side = side,
							.inbound = inbound,
							.source = source,
							.parts = &part,
							.n_parts = 1,
							.drop = drop});
}

/* A frame of the LAN, after segmentation. */
static void to_tunnel(void *ctx, const struct lp_bytes *parts, size_t n_parts)
{
	struct lp_gateway *gateway = ctx;
	lp_member_send(gateway->member, parts, n_parts);
}

/* Replies to a packet of the LAN that is too large for the room, as a router would. */
static void reply_too_big(struct lp_gateway *gateway, const struct lp_frame *frame)
{
	uint8_t data[LP_TOO_BIG_MAX];
	struct lp_frame reply = {.data = data};
	reply.len = lp_too_big_reply(frame->data, frame->len, gateway->room_mtu, data);
	if (reply.len == 0 || !lp_bucket_take(&gateway->too_big, &gateway->too_big_limit, 1, gateway->now_ns))
		return;
	if (frame->from_host)
		(void)lp_packet_send_host(gateway->packet, &reply, 1);
	else
		(void)lp_packet_send(gateway->packet, &reply, 1);
}

/* Notes the sender of a DHCP reply (RFC 2131 §4.1): IPv4 without options, UDP from port 67 to 68. */
static void note_dhcp(struct lp_gateway *gateway, const uint8_t *frame, size_t len)
{
	static const uint8_t ports[4] = {0, 67, 0, 68};
	if (len < 42 || frame[12] != 8 || frame[13] != 0 || frame[14] != 0x45 || frame[23] != 17 ||
		memcmp(frame + 34, ports, sizeof ports) != 0)
		return;
	gateway->dhcp_server = (struct lp_addr){.family = 4};
	memcpy(gateway->dhcp_server.ip, frame + 26, 4);
}

static void from_lan(struct lp_gateway *gateway, const struct lp_frame *frame)
{
	note_dhcp(gateway, frame->data, frame->len);
	enum lp_drop drop = lp_bridge_from_lan(gateway->bridge, frame, gateway->now_ns);
	if (drop == LP_DROP_NONE &&
		lp_offloader_split(gateway->offloader, frame, gateway->tcp_mtu, to_tunnel, gateway) < 0)
		drop = LP_DROP_OFFLOAD;
	if (drop == LP_DROP_UNKNOWN_UNICAST)
		return; /* between two stations of the LAN, or to this host: not a loss for the room */
	if (drop == LP_DROP_OVERSIZE)
		reply_too_big(gateway, frame);
	if (drop != LP_DROP_NONE)
		lp_member_count_drops(gateway->member, drop, 1);
	log_frame(gateway, "in", 0, frame->data, frame->len, drop);
	note(gateway, LP_CAPTURE_LAN, true, 0, frame->data, frame->len, drop);
}

static void arm(struct lp_gateway *gateway)
{
	lp_timer_set(gateway->timer, lp_bridge_deadline(gateway->bridge));
}

/* A batch of frames from the LAN. */
static void on_packets(void *ctx, const struct lp_frame *frames, size_t n_frames)
{
	struct lp_gateway *gateway = ctx;
	if (!gateway->joined && !lp_member_has_links(gateway->member))
		return;
	gateway->now_ns = lp_member_begin(gateway->member);
	gateway->tcp_mtu = lp_member_unfragmented_mtu(gateway->member);
	for (size_t i = 0; i < n_frames; i++)
		from_lan(gateway, &frames[i]);
	lp_member_flush(gateway->member);
	arm(gateway); /* a topology change may have moved the deadline */
}

static void on_packet_error(void *ctx, const struct lp_failure *failure)
{
	struct lp_gateway *gateway = ctx;
	lp_member_fail(gateway->member, failure);
}

/* Counts and notes frames of which the first |n_sent| were sent to the LAN. */
static void sent(struct lp_gateway *gateway, const struct lp_frame *frames, size_t n_frames, size_t n_sent)
{
	if (n_sent < n_frames)
		lp_member_count_drops(gateway->member, LP_DROP_DEVICE, n_frames - n_sent);
	for (size_t i = 0; i < n_frames; i++)
		note(gateway, LP_CAPTURE_LAN, false, 0, frames[i].data, frames[i].len,
			i < n_sent ? LP_DROP_NONE : LP_DROP_DEVICE);
}

/* The adapter was plugged in again. */
static void on_packet_back(void *ctx)
{
	struct lp_gateway *gateway = ctx;
	lp_packet_info(gateway->packet, &gateway->info);
	lp_event_interface_up(
		gateway->config.member.log, gateway->config.interface, &gateway->info.mac, gateway->info.mtu);
}

/* Frames for the wire, after coalescing. */
static void to_wire(void *ctx, const struct lp_frame *frames, size_t n_frames)
{
	struct lp_gateway *gateway = ctx;
	sent(gateway, frames, n_frames, lp_packet_send(gateway->packet, frames, n_frames));
}

/* Frames for this computer, after coalescing. */
static void to_host(void *ctx, const struct lp_frame *frames, size_t n_frames)
{
	struct lp_gateway *gateway = ctx;
	sent(gateway, frames, n_frames, lp_packet_send_host(gateway->packet, frames, n_frames));
}

/* Adds a frame from the room to those for the wire, for this computer or for both. False if it is too long. */
static bool to_lan(struct lp_gateway *gateway, const uint8_t *frame, size_t len)
{
	uint16_t tcp_mtu = lp_member_unfragmented_mtu(gateway->member);
	unsigned sides = gateway->host ? lp_bridge_sides(gateway->bridge, frame, gateway->now_ns) : LP_BRIDGE_WIRE;
	bool fits = true;
	if (sides & LP_BRIDGE_HOST)
		fits = lp_offloader_merge(gateway->host, frame, len, tcp_mtu);
	if (sides & LP_BRIDGE_WIRE)
		fits = lp_offloader_merge(gateway->offloader, frame, len, tcp_mtu);
	return fits;
}

static void on_frame(void *ctx, uint16_t source, const uint8_t *frame, size_t len, uint64_t now_ns)
{
	struct lp_gateway *gateway = ctx;
	gateway->now_ns = now_ns;
	enum lp_drop drop = lp_bridge_from_tunnel(gateway->bridge, frame, len, now_ns);
	if (drop == LP_DROP_NONE && !to_lan(gateway, frame, len))
		drop = LP_DROP_OVERSIZE;
	if (drop != LP_DROP_NONE)
		lp_member_count_drops(gateway->member, drop, 1);
	else if (frame[0] & 1)
		lp_member_note_lan_sent(gateway->member, source);
	log_frame(gateway, "out", source, frame, len, drop);
	note(gateway, LP_CAPTURE_TUNNEL_IN, true, source, frame, len, drop);
}

/* A frame that a peer link dropped. */
static void on_dropped(void *ctx, uint16_t source, const uint8_t *frame, size_t len, enum lp_drop drop, uint64_t now_ns)
{
	struct lp_gateway *gateway = ctx;
	gateway->now_ns = now_ns;
	log_frame(gateway, "out", source, frame, len, drop);
	note(gateway, LP_CAPTURE_TUNNEL_IN, true, source, frame, len, drop);
}

static void on_batch_end(void *ctx)
{
	struct lp_gateway *gateway = ctx;
	lp_offloader_deliver(gateway->offloader);
	if (gateway->host)
		lp_offloader_deliver(gateway->host);
}

static void on_loop(void *ctx, enum lp_bridge_loop loop)
{
	struct lp_gateway *gateway = ctx;
	lp_event_loop_detected(gateway->config.member.log, lp_bridge_loop_text(loop));
}

static void on_displaced(void *ctx, const struct lp_mac *mac)
{
	struct lp_gateway *gateway = ctx;
	lp_event_member_displaced(gateway->config.member.log, mac);
}

static void on_deaf(void *ctx, bool deaf)
{
	struct lp_gateway *gateway = ctx;
	if (deaf)
		lp_event_lan_deaf(gateway->config.member.log, gateway->config.interface);
	else
		lp_event_interface_back(gateway->config.member.log, gateway->config.interface);
	lp_member_set_lan_deaf(gateway->member, deaf);
}

/* Sends a probe to the room, too, or an objection to a member. A probe detects a member that is bridged to our LAN,
   because from that LAN only the member's own frames return through the tunnel. */
static void send_to_room(struct lp_gateway *gateway, const struct lp_frame *frame)
{
	lp_member_begin(gateway->member);
	lp_member_send(gateway->member, &(struct lp_bytes){frame->data, frame->len}, 1);
	lp_member_flush(gateway->member);
}

/* Sends the bridge's own frames. */
static void on_timer(void *ctx, uint64_t now_ns)
{
	struct lp_gateway *gateway = ctx;
	uint8_t data[LP_ETHER_FRAME_MIN];
	struct lp_frame frame = {.data = data, .len = sizeof data};
	enum lp_bridge_frame kind;
	gateway->now_ns = now_ns;
	while (lp_bridge_deadline(gateway->bridge) <= now_ns &&
		(kind = lp_bridge_next_frame(gateway->bridge, now_ns, data)) != LP_BRIDGE_FRAME_NONE) {
		if (kind != LP_BRIDGE_FRAME_OBJECTION)
			to_wire(gateway, &frame, 1);
		if ((kind == LP_BRIDGE_FRAME_PROBE || kind == LP_BRIDGE_FRAME_OBJECTION) && gateway->joined)
			send_to_room(gateway, &frame);
	}
	arm(gateway);
}

/* Warns if the LAN can send frames that are too long for the room: ping and TCP work, because TCP's segments are
   limited, but long UDP packets are lost without a trace on the sender. */
static void check_mtu(struct lp_gateway *gateway, uint16_t room_mtu)
{
	char text[400];
	if (gateway->info.mtu <= room_mtu || gateway->warned_mtu == room_mtu)
		return;
	gateway->warned_mtu = room_mtu;
	snprintf(text, sizeof text,
		"the MTU of %s is %u, that of the room %u. Larger packets to remote players are dropped, with an ICMP error "
		"to the sender where IP allows one. Set the MTU of the LAN's computers to %u",
		gateway->config.interface, gateway->info.mtu, room_mtu, room_mtu);
	lp_event_warned(gateway->config.member.log, text);
}

static void on_joined(void *ctx, const struct lp_welcome *welcome)
{
	struct lp_gateway *gateway = ctx;
	uint8_t nonce[LP_BRIDGE_NONCE];
	gateway->joined = true;
	lp_bridge_peers_clear(gateway->bridge); /* the relay announces them again, perhaps with other ids */
	lp_bridge_set_room_mtu(gateway->bridge, welcome->mtu);
	gateway->room_mtu = welcome->mtu;
	if (lp_hex_parse(welcome->probe, nonce, sizeof nonce) == 0)
		lp_bridge_set_room_nonce(gateway->bridge, nonce);
	check_mtu(gateway, welcome->mtu);
	arm(gateway);
	if (gateway->config.joined)
		gateway->config.joined(gateway->config.ctx, welcome);
}

static void on_lost(void *ctx)
{
	struct lp_gateway *gateway = ctx;
	gateway->joined = false;
	if (!lp_member_has_links(gateway->member))
		lp_bridge_peers_clear(gateway->bridge);
}

static void on_peer(void *ctx, const struct lp_peer_event *peer, bool joined, bool known)
{
	struct lp_gateway *gateway = ctx;
	(void)known;
	if (joined)
		lp_bridge_peer_joined(gateway->bridge, peer->peer_id, &peer->mac, lp_loop_now_ns(gateway->loop));
	else
		lp_bridge_peer_left(gateway->bridge, peer->peer_id);
	/* Frames are sent from the timer, because this is an event of the connection that they use. */
	arm(gateway);
}

/* The tunnel's own packets must not be captured. */
static void on_path(void *ctx, const struct lp_addr *local, const struct lp_addr *remote)
{
	struct lp_gateway *gateway = ctx;
	lp_packet_exclude_tunnel(gateway->packet, local, remote);
}

static void on_changed(void *ctx)
{
	struct lp_gateway *gateway = ctx;
	if (gateway->config.changed)
		gateway->config.changed(gateway->config.ctx);
}

static void on_ended(void *ctx, const struct lp_failure *failure)
{
	struct lp_gateway *gateway = ctx;
	gateway->config.ended(gateway->config.ctx, failure);
}

static void on_host_reply(void *ctx, const struct lp_host_reply *reply)
{
	struct lp_gateway *gateway = ctx;
	if (gateway->config.host_reply)
		gateway->config.host_reply(gateway->config.ctx, reply);
}

static const struct lp_member_events member_events = {
	.joined = on_joined,
	.lost = on_lost,
	.frame = on_frame,
	.dropped = on_dropped,
	.batch_end = on_batch_end,
	.peer = on_peer,
	.path = on_path,
	.changed = on_changed,
	.host_reply = on_host_reply,
	.ended = on_ended,
};

/* Logs the interface, and what does not work on it. */
static void describe_interface(const struct lp_gateway *gateway)
{
	const struct lp_log *log = gateway->config.member.log;
	const char *name = gateway->config.interface;
	char text[400];
	lp_event_interface_up(log, name, &gateway->info.mac, gateway->info.mtu);
	if (gateway->info.wireless) {
		snprintf(text, sizeof text, "%s " WIRELESS, name);
		lp_event_warned(log, text);
	}
	if (gateway->info.host_failure[0]) {
		snprintf(text, sizeof text,
			"remote players cannot reach this computer itself, its DHCP server or game server: %s. Start the "
			"gateway with sudo, or run the servers on another computer",
			gateway->info.host_failure);
		lp_event_warned(log, text);
	}
	if (gateway->info.bridge[0] && !gateway->info.host) {
		snprintf(text, sizeof text,
			"interface %s is a port of the bridge %s: frames that stay inside the bridge are not captured. Pass "
			"--interface %s",
			name, gateway->info.bridge, gateway->info.bridge);
		lp_event_warned(log, text);
	}
}

/* Creates the bridge and the offloader. */
static int new_parts(struct lp_gateway *gateway)
{
	const struct lp_gateway_config *config = &gateway->config;
	struct lp_bridge_config bridge;
	struct lp_offloader_config offloader = {
		.takes_tso4 = config->offload && lp_packet_takes(gateway->packet, LP_GSO_TCP4),
		.takes_tso6 = config->offload && lp_packet_takes(gateway->packet, LP_GSO_TCP6),
		.takes_uso = config->offload && lp_packet_takes(gateway->packet, LP_GSO_UDP),
		.clamp_mss = config->clamp_mss,
		.send = to_wire,
		.ctx = gateway,
	};
	lp_bridge_config_init(&bridge);
	bridge.interface_mac = gateway->info.mac;
	bridge.lan_mtu = (uint16_t)gateway->info.mtu;
	bridge.loop = on_loop;
	bridge.displaced = on_displaced;
	bridge.deaf = on_deaf;
	bridge.ctx = gateway;
	int result = lp_offloader_new(&offloader, &gateway->offloader);
	if (result < 0)
		return result;
	if (gateway->info.host) {
		offloader.takes_tso4 = offloader.takes_tso6 = config->offload;
		offloader.takes_uso = false; /* a host takes it apart for each socket that has not asked for it */
		offloader.send = to_host;
		if ((result = lp_offloader_new(&offloader, &gateway->host)) < 0)
			return result;
	}
	lp_random_fill(bridge.hash_key, sizeof bridge.hash_key);
	lp_random_fill(bridge.sender, sizeof bridge.sender);
	lp_random_fill(bridge.room_nonce, sizeof bridge.room_nonce);
	gateway->stations_max = bridge.max_macs;
	return lp_bridge_new(&bridge, lp_loop_now_ns(gateway->loop), &gateway->bridge);
}

int lp_gateway_new(struct lp_loop *loop, const struct lp_gateway_config *config, struct lp_failure *failure,
	struct lp_gateway **ret_gateway)
{
	struct lp_packet_config packet = {.interface = config->interface, .back = on_packet_back, .host = true};
	struct lp_gateway *gateway = calloc(1, sizeof *gateway);
	int result = LP_ENOMEM;
	if (!gateway)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	gateway->config = *config;
	gateway->loop = loop;
	gateway->config.member.role = LP_ROLE_GATEWAY;
	gateway->config.member.events = &member_events;
	gateway->config.member.ctx = gateway;
	lp_ratelimit_init(&gateway->too_big_limit, TOO_BIG_PER_S, TOO_BIG_PER_S);
	lp_framelog_init(&gateway->framelog, &config->framelog);
	result = lp_packet_open(loop, &packet, on_packets, on_packet_error, gateway, failure, &gateway->packet);
	if (result < 0)
		goto fail;
	lp_packet_info(gateway->packet, &gateway->info);
	if (gateway->info.wireless && !config->force) {
		result = lp_fail(failure, LP_EINVAL, "%s " WIRELESS ", or pass --force to try", config->interface);
		goto fail;
	}
	gateway->config.member.mac = gateway->info.mac;
	if ((result = new_parts(gateway)) < 0 ||
		(result = lp_timer_new(loop, on_timer, gateway, &gateway->timer)) < 0) {
		lp_fail(failure, result, "cannot start the gateway: %s", lp_error_text(result));
		goto fail;
	}
	describe_interface(gateway);
	if (config->opened)
		config->opened(config->ctx);
	if ((result = lp_member_new(loop, &gateway->config.member, failure, &gateway->member)) < 0)
		goto fail;
	*ret_gateway = gateway;
	return 0;
fail:
	lp_gateway_free(gateway);
	return result;
}

void lp_gateway_free(struct lp_gateway *gateway)
{
	if (!gateway)
		return;
	lp_member_free(gateway->member);
	lp_bridge_free(gateway->bridge);
	lp_offloader_free(gateway->offloader);
	lp_offloader_free(gateway->host);
	lp_timer_free(gateway->timer);
	lp_packet_close(gateway->packet);
	free(gateway);
}

void lp_gateway_stop(struct lp_gateway *gateway)
{
	lp_member_stop(gateway->member, LP_REASON_GOODBYE);
}

const struct lp_mac *lp_gateway_mac(const struct lp_gateway *gateway)
{
	return &gateway->info.mac;
}

void lp_gateway_count(struct lp_gateway *gateway, struct lp_bound_counters *counters)
{
	const struct lp_bridge_counters *bridge = lp_bridge_counters(gateway->bridge);
	struct lp_packet_counters packet;
	lp_packet_counters(gateway->packet, &packet);
	counters->members_refused = bridge->members_refused;
	counters->macs_refused = bridge->macs_refused;
	counters->overflows = packet.overflows;
	counters->unusable = packet.unusable;
}

size_t lp_gateway_stations(const struct lp_gateway *gateway)
{
	return lp_bridge_station_count(gateway->bridge);
}

size_t lp_gateway_stations_max(const struct lp_gateway *gateway)
{
	return gateway->stations_max;
}

const struct lp_addr *lp_gateway_dhcp_server(const struct lp_gateway *gateway)
{
	return &gateway->dhcp_server;
}

struct lp_member *lp_gateway_member(struct lp_gateway *gateway)
{
	return gateway->member;
}
