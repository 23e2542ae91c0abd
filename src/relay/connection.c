#include "relay/connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/hex.h"
#include "base/units.h"
#include "base/wipe.h"
#include "capture/capture.h"
#include "link/link.h"
#include "obs/event.h"
#include "obs/framelog.h"
#include "platform/loop/loop.h"
#include "proto/budget.h"
#include "quic/peer_identity.h"
#include "relay/host.h"
#include "relay/state.h"
#include "room/room.h"
#include "room/transit.h"

/* Members send and receive `stats` in this number of phases of the interval, so that those that joined together, for
   example after a restart, do not all do so in the same second. */
#define STATS_PHASES 16U

struct lp_connection *lp_connection_new(struct lp_relay *relay, struct lp_quic_conn *quic, uint64_t now_ns)
{
	struct lp_connection *connection = calloc(1, sizeof *connection);
	if (!connection)
		return NULL;
	connection->relay = relay;
	connection->quic = quic;
	connection->hello_deadline_ns = now_ns + relay->config.hello_timeout_ns;
	connection->stats_due_ns = LP_NEVER;
	connection->reason = LP_REASON_CONNECTION;
	connection->has_key = lp_quic_peer_key_id(quic, connection->key) == 0;
	connection->has_exporter = lp_quic_export(quic, LP_ADMISSION_EXPORTER, connection->exporter,
					   sizeof connection->exporter) == 0;
	lp_ctrl_stream_init(&connection->stream);
	lp_list_insert(&relay->connections, &connection->node);
	lp_quic_set_user(quic, connection);
	return connection;
}

void lp_connection_add_drops(const struct lp_connection *connection, uint64_t *drops)
{
	if (!connection->link)
		return;
	const struct lp_link_counters *counters = lp_link_counters(connection->link);
	for (size_t i = 0; i < LP_DROP_COUNT; i++)
		drops[i] += counters->drops[i];
}

/* Removes the member from its room, which notifies the others. */
static void leave(struct lp_connection *connection)
{
	struct lp_relay *relay = connection->relay;
	struct lp_peer *peer = connection->peer;
	if (!peer)
		return;
	connection->peer = NULL;
	lp_event_peer_left(relay->log, lp_peer_room(peer), lp_peer_id(peer), lp_role_text(lp_peer_role(peer)),
		lp_peer_name(peer), lp_peer_mac(peer), lp_reason_wire(connection->reason));
	lp_rooms_leave(relay->rooms, peer, connection->reason);
}

void lp_connection_free(struct lp_connection *connection)
{
	struct lp_relay *relay = connection->relay;
	leave(connection);
	lp_connection_add_drops(connection, relay->counters.drops);
	lp_link_free(connection->link);
	lp_ctrl_stream_done(&connection->stream);
	lp_quic_set_user(connection->quic, NULL);
	lp_list_remove(&connection->node);
	free(connection);
}

/* Closes the connection, with |text| for people; the other members get |reason|. The first call decides. */
static void end(struct lp_connection *connection, enum lp_quic_app_error code, enum lp_reason reason, const char *text)
{
	if (connection->ended)
		return;
	connection->ended = true;
	connection->reason = reason;
	lp_quic_close(connection->quic, code, text);
}

void lp_connection_send(struct lp_connection *connection, const struct lp_message *message)
{
	uint8_t data[LP_MESSAGE_ENCODED_MAX];
	int len = lp_message_encode(message, data, sizeof data);
	if (len > 0 && lp_quic_send_control(connection->quic, data, (size_t)len) == LP_EFULL)
		end(connection, LP_QUIC_APP_OVERLOAD, LP_REASON_CONNECTION, "the control stream is not read");
}

void lp_connection_end(
	struct lp_connection *connection, enum lp_quic_app_error code, enum lp_reason reason, const char *text)
{
	struct lp_message message = {.type = LP_MESSAGE_DISCONNECT};
	message.disconnect.reason = reason;
	snprintf(message.disconnect.message, sizeof message.disconnect.message, "%s", text);
	lp_connection_send(connection, &message);
	end(connection, code, reason, text);
}

void lp_connection_remove(struct lp_connection *connection, enum lp_reason reason, const char *text)
{
	lp_connection_end(connection, LP_QUIC_APP_REJECTED, reason, text);
	leave(connection);
}

/* Closes a connection that violated the protocol. */
static void protocol_error(struct lp_connection *connection, const char *text)
{
	struct lp_relay *relay = connection->relay;
	lp_event_protocol_error(relay->log, lp_quic_remote(connection->quic), text);
	end(connection, LP_QUIC_APP_PROTOCOL, LP_REASON_PROTOCOL, text);
}

/* Disconnects a client whose MAC is that of a station on the gateway's LAN. */
static void displace(const struct lp_peer *peer)
{
	struct lp_connection *connection = lp_peer_user(peer);
	char text[200], mac[LP_MAC_TEXT_MAX];
	if (!connection || connection->ended)
		return;
	snprintf(text, sizeof text,
		"a station on the gateway's LAN uses %s. Remove the identity file, so that this client makes another address",
		lp_mac_format(lp_peer_mac(peer), mac));
	lp_connection_end(connection, LP_QUIC_APP_REJECTED, LP_REASON_DUPLICATE_MAC, text);
}

/* Notes a frame in the capture. */
static void note(const struct lp_connection *connection, enum lp_capture_side side, const struct lp_bytes *part,
	const char *verdict, enum lp_drop drop, uint64_t now_ns)
{
	const struct lp_peer *peer = connection->peer;
	lp_capture_note(connection->relay->config.capture,
		&(struct lp_capture_note){
			.side = side,
			.inbound = side == LP_CAPTURE_TUNNEL_IN,
			.parts = part,
			.n_parts = 1,
			.room = lp_peer_room(peer),
			.peer_id = lp_peer_id(peer),
			.peer_name = lp_peer_name(peer),
			.verdict = verdict,
			.drop = drop,
		},
		now_ns);
}

/* The same for a received frame, with the number of members that it goes to. */
static void note_verdict(const struct lp_connection *connection, const struct lp_bytes *part,
	const struct lp_verdict *verdict, uint64_t now_ns)
{
	char text[48];
	snprintf(
		text, sizeof text, "forwarded to %zu member%s", verdict->n_targets, verdict->n_targets == 1 ? "" : "s");
	note(connection, LP_CAPTURE_TUNNEL_IN, part, text, verdict->drop, now_ns);
}

/* Forwards a complete frame of this member: room/ chooses the targets, whose links seal it into their packets. */
static void on_frame(void *ctx, uint16_t source, const uint8_t *frame, size_t len, uint64_t now_ns)
{
	struct lp_connection *connection = ctx;
	struct lp_relay *relay = connection->relay;
	struct lp_bytes part = {frame, len};
	struct lp_verdict verdict;
	(void)source;
	lp_rooms_forward(relay->rooms, connection->peer, frame, len, now_ns, &verdict);
	relay->counters.frames++;
	relay->counters.bytes += len;
	relay->counters.drops[verdict.drop] += verdict.drop != LP_DROP_NONE;
	relay->counters.targets += verdict.n_targets;
	relay->counters.target_bytes += verdict.n_targets * len;
	if (verdict.displaced)
		displace(verdict.displaced);
	bool captured = lp_capture_is_on(relay->config.capture);
	if (captured)
		note_verdict(connection, &part, &verdict, now_ns);
	for (size_t i = 0; i < verdict.n_targets; i++) {
		struct lp_connection *target = lp_peer_user(verdict.targets[i]);
		if (!target || !target->link)
			continue;
		enum lp_drop drop = lp_link_send(target->link, lp_peer_id(connection->peer), &part, 1, now_ns);
		if (captured)
			note(target, LP_CAPTURE_TUNNEL_OUT, &part, "sent", drop, now_ns);
	}
	if (lp_framelog_wants(&relay->framelog, verdict.drop, now_ns))
		lp_framelog_write(relay->log,
			&(struct lp_frame_note){
				.peer_name = lp_log_wants(relay->log, LP_LEVEL_DEBUG) ? lp_peer_name(connection->peer)
										      : NULL,
				.room = lp_peer_room(connection->peer),
				.peer_id = lp_peer_id(connection->peer),
				.direction = "in",
				.frame = frame,
				.len = len,
				.drop = verdict.drop,
				.n_targets = verdict.n_targets,
			});
}

void lp_connection_datagram(struct lp_connection *connection, const uint8_t *data, size_t len, uint64_t now_ns)
{
	struct lp_relay *relay = connection->relay;
	__builtin_prefetch(connection->peer); /* used when the frame is forwarded */
	if (!connection->peer) {
		relay->counters.drops[LP_DROP_NOT_JOINED]++;
		return;
	}
	if (lp_link_receive(connection->link, data, len, now_ns) >= 0)
		return;
	if (lp_peer_malformed(connection->peer, now_ns)) {
		lp_event_malformed_limit(relay->log, lp_peer_room(connection->peer), lp_peer_id(connection->peer),
			relay->config.malformed_limit);
		lp_connection_end(
			connection, LP_QUIC_APP_MALFORMED, LP_REASON_MALFORMED, "too many malformed DATAGRAMs");
	}
}

/* IP bytes of the largest frame that is sent to this member without fragments. */
static uint16_t unfragmented_mtu(const struct lp_connection *connection)
{
	size_t mtu = lp_budget_inner_mtu(lp_quic_budget(connection->quic));
	return (uint16_t)(mtu < connection->relay->config.room_mtu ? mtu : connection->relay->config.room_mtu);
}

void lp_connection_welcome(struct lp_connection *connection, const struct lp_peer *peer)
{
	struct lp_message message = {.type = LP_MESSAGE_WELCOME};
	lp_peer_welcome(peer, &message.welcome);
	message.welcome.unfragmented_mtu = connection->sent_mtu = unfragmented_mtu(connection);
	message.welcome.stats_interval_s = (uint32_t)(connection->relay->config.stats_interval_ns / LP_SEC);
	lp_connection_send(connection, &message);
}

/* Rejects a member, with the reason. */
static void reject(struct lp_connection *connection, const struct lp_hello *hello, const struct lp_reject *why)
{
	struct lp_message message = {.type = LP_MESSAGE_REJECT, .reject = *why};
	struct lp_relay *relay = connection->relay;
	relay->counters.rejects++;
	lp_event_peer_rejected(relay->log, lp_quic_remote(connection->quic), hello->room, lp_role_text(hello->role),
		&hello->mac, lp_reject_wire(why->code), why->message);
	lp_connection_send(connection, &message);
	end(connection, LP_QUIC_APP_REJECTED, LP_REASON_CONNECTION, lp_reject_wire(why->code));
}

/* The member resumed on a new connection, which took over its membership: closes the old one. */
static void replace(struct lp_connection *old)
{
	old->peer = NULL;
	lp_connection_end(old, LP_QUIC_APP_REPLACED, LP_REASON_REPLACED,
		"the member resumed on another connection. Was it started twice, or elsewhere with a copy of its "
		"identity file?");
}

/* An IPv4 address or the first 48 bits of an IPv6 address, which one operator has. */
static uint64_t source_of(const struct lp_addr *remote)
{
	uint64_t source = remote->family;
	for (size_t i = 0; i < (remote->family == 4 ? 4U : 6U); i++)
		source = source << 8 | remote->ip[i];
	return source;
}

const struct lp_addr *lp_connection_link_address(const struct lp_connection *connection)
{
	bool by_udp = lp_quic_carrier(connection->quic) == &connection->relay->udp.carrier;
	return by_udp ? lp_quic_remote(connection->quic) : NULL;
}

/* Removes the members of a plain room. */
static void evict_plain(struct lp_relay *relay, const char *code, const char *why)
{
	LP_LIST_EACH(node, &relay->connections) {
		struct lp_connection *other = LP_LIST_ELEMENT(node, struct lp_connection, node);
		if (!other->peer || lp_peer_by_key(other->peer) || strcasecmp(lp_peer_room(other->peer), code) != 0)
			continue;
		lp_connection_remove(other, LP_REASON_CONNECTION, why);
	}
}

/* Asks the room. If there are as many rooms as there may be, one without a gateway gives way to one with a gateway. */
static int enter(struct lp_relay *relay, struct lp_join *join, uint64_t now_ns)
{
	char code[LP_ROOM_CODE_MAX + 1];
	int result = lp_rooms_join(relay->rooms, join, now_ns);
	bool full = result == LP_EFULL && join->reject.code == LP_REJECT_RELAY_FULL &&
		    lp_rooms_peer_count(relay->rooms) < relay->config.max_peers;
	const char *spare = full && join->hello->role == LP_ROLE_GATEWAY ? lp_rooms_spare(relay->rooms) : NULL;
	if (!spare)
		return result;
	snprintf(code, sizeof code, "%s", spare); /* it ends with the room */
	lp_event_room_gave_way(relay->log, code, join->hello->room);
	evict_plain(relay, code, "the relay has no space for rooms without a gateway. Start the gateway first");
	return lp_rooms_join(relay->rooms, join, now_ns);
}

/* True if another worker has the room, which |ret_reject| then states. What is not valid anyway is not redirected. */
static bool belongs_elsewhere(const struct lp_relay *relay, const struct lp_hello *hello, struct lp_reject *ret_reject)
{
	const struct lp_udp_share *worker = &relay->config.worker;
	uint8_t steer = lp_room_steer(hello->room);
	if (worker->n == 1 || steer % worker->n == worker->index || hello->version != LP_PROTOCOL_VERSION ||
		!lp_room_code_valid(hello->room))
		return false;
	ret_reject->code = LP_REJECT_REDIRECT;
	snprintf(ret_reject->message, sizeof ret_reject->message, "another worker of this relay has room %s",
		hello->room);
	lp_hex_format(&steer, 1, ret_reject->steer);
	return true;
}

/* Checks the invite of a hello, then asks the room. */
static int join(struct lp_connection *connection, struct lp_join *join, uint64_t now_ns)
{
	struct lp_relay *relay = connection->relay;
	struct lp_newcomer newcomer = {
		.remote = lp_quic_remote(connection->quic),
		.key = connection->has_key ? connection->key : NULL,
		.exporter = connection->has_exporter ? connection->exporter : NULL,
	};
	join->key = newcomer.key;
	if (belongs_elsewhere(relay, join->hello, &join->reject))
		return LP_EPERM;
	int result = lp_invites_check(&relay->invites, join->hello, &newcomer, lp_loop_unix_s(relay->loop), now_ns,
		&join->by_key, &join->reject);
	lp_wipe(connection->exporter, sizeof connection->exporter);
	if (result < 0)
		return result;
	if (join->by_key)
		evict_plain(relay, join->hello->room, "the room admits members by invite alone now");
	if (join->hello->links && (relay->config.peer_links == LP_PEER_LINKS_ON ||
					  (relay->config.peer_links == LP_PEER_LINKS_AUTO && join->by_key)))
		join->link_address = lp_connection_link_address(connection);
	return enter(relay, join, now_ns);
}

/* Admits or rejects the member. */
static void on_hello(struct lp_connection *connection, const struct lp_hello *hello, uint64_t now_ns)
{
	struct lp_relay *relay = connection->relay;
	struct lp_join request = {
		.hello = hello, .user = connection, .source = source_of(lp_quic_remote(connection->quic))};
	struct lp_link_config link = {
		.conn = connection->quic,
		.pool = relay->pool,
		.queue_max_bytes = relay->config.queue_max_bytes,
		.share = LP_QUEUE_BY_SOURCE,
		.hash_seed = relay->hash_seed,
		.frame = on_frame,
		.ctx = connection,
	};
	if (connection->link) {
		protocol_error(connection, "a second hello");
		return;
	}
	uint64_t ready_ns = connection->hello_deadline_ns - relay->config.hello_timeout_ns;
	connection->hello_deadline_ns = LP_NEVER;
	if (lp_link_new(&link, &connection->link) < 0) {
		end(connection, LP_QUIC_APP_OVERLOAD, LP_REASON_CONNECTION, "the relay is out of memory");
		return;
	}
	if (join(connection, &request, now_ns) < 0) {
		reject(connection, hello, &request.reject);
		return;
	}
	connection->peer = request.peer;
	relay->counters.joins++;
	lp_histogram_add(&relay->counters.join_time, (now_ns - ready_ns) / LP_US);
	connection->stats_due_ns = now_ns + relay->config.stats_interval_ns / STATS_PHASES *
						    (1 + relay->counters.joins % STATS_PHASES);
	if (request.replaced) {
		replace(request.replaced);
		lp_event_peer_resumed(relay->log, lp_peer_room(connection->peer), lp_peer_id(connection->peer),
			lp_role_text(hello->role), hello->name, &hello->mac, lp_quic_remote(connection->quic));
		return;
	}
	lp_event_peer_joined(relay->log, lp_peer_room(connection->peer), lp_peer_id(connection->peer),
		lp_role_text(hello->role), hello->name, &hello->mac, lp_quic_remote(connection->quic), hello->software);
}

/* The gateway of a room with keys speaks for its host. */
static void on_host_request(struct lp_connection *connection, const struct lp_host_request *request)
{
	struct lp_message message = {.type = LP_MESSAGE_HOST_REPLY};
	const struct lp_peer *peer = connection->peer;
	char code[LP_ROOM_CODE_MAX + 1];
	if (lp_peer_role(peer) != LP_ROLE_GATEWAY || !lp_peer_by_key(peer)) {
		protocol_error(connection, "a host_request of a member that is not the host of a room with keys");
		return;
	}
	snprintf(code, sizeof code, "%s", lp_peer_room(peer)); /* a host that removes itself takes the room along */
	lp_host_request(connection->relay, code, request, "host", &message.host_reply);
	lp_connection_send(connection, &message);
}

/* Processes one message. */
static void on_message(struct lp_connection *connection, const struct lp_message *message, uint64_t now_ns)
{
	if (message->type == LP_MESSAGE_HELLO) {
		on_hello(connection, &message->hello, now_ns);
		return;
	}
	if (!connection->peer) {
		protocol_error(connection, "a message before hello");
		return;
	}
	switch (message->type) {
	case LP_MESSAGE_DISCONNECT:
		end(connection, LP_QUIC_APP_OK, message->disconnect.reason, "goodbye");
		break;
	case LP_MESSAGE_STATS: /* only what is sent on to others is kept */
		connection->lan_down = message->stats.lan_down;
		connection->lan_deaf = message->stats.lan_deaf;
		connection->lan_sent_for = message->stats.lan_sent_for;
		break;
	case LP_MESSAGE_HOST_REQUEST:
		on_host_request(connection, &message->host_request);
		break;
	case LP_MESSAGE_LINK_PROOF: /* between members only */
	case LP_MESSAGE_LINK_OFFER:
	case LP_MESSAGE_UNKNOWN:
		break;
	default:
		protocol_error(connection, "a message that only a relay sends");
	}
}

void lp_connection_control(struct lp_connection *connection, const uint8_t *data, size_t len, uint64_t now_ns)
{
	if (!connection->ended &&
		!lp_bucket_take(&connection->control, &connection->relay->control, (uint32_t)len, now_ns))
		protocol_error(connection, "control-stream rate limit exceeded");
	while (len > 0 && !connection->ended) {
		const uint8_t *json;
		size_t json_len;
		struct lp_message message;
		struct lp_failure failure;
		int result = lp_ctrl_stream_read(&connection->stream, &data, &len, &json, &json_len);
		if (result == 0)
			return;
		if (result < 0) {
			protocol_error(connection, "a message length out of range");
			return;
		}
		if (lp_message_decode(json, json_len, &failure, &message) < 0) {
			protocol_error(connection, failure.text);
			return;
		}
		on_message(connection, &message, now_ns);
	}
}

/* Sets the round trips to the other members of the room. */
static void set_peer_rtts(const struct lp_connection *connection, struct lp_peer_values *rtts)
{
	const struct lp_peer *peer;
	for (size_t i = 0; rtts->n < LP_PEER_VALUES_MAX && (peer = lp_peer_neighbour(connection->peer, i)); i++) {
		const struct lp_connection *other = lp_peer_user(peer);
		struct lp_quic_stats stats;
		if (other == connection)
			continue;
		lp_quic_stats(other->quic, &stats);
		rtts->at[rtts->n].peer_id = lp_peer_id(peer);
		rtts->at[rtts->n++].value = (uint32_t)(stats.srtt_ns / LP_US);
	}
}

/* Sets what the gateway says about its LAN. */
static void set_lan(const struct lp_connection *connection, struct lp_peer *gateway, struct lp_stats_message *message)
{
	const struct lp_connection *other = lp_peer_user(gateway);
	const struct lp_peer_values *sent = &other->lan_sent_for;
	struct lp_quic_stats stats;
	lp_quic_stats(other->quic, &stats);
	message->gateway_rtt_us = stats.srtt_ns / LP_US;
	message->lan_down = other->lan_down;
	message->lan_deaf = other->lan_deaf;
	uint32_t i = lp_peer_values_find(sent, lp_peer_id(connection->peer));
	if (i < sent->n)
		message->lan_sent = sent->at[i].value;
}

/* Sends the member's figures as the relay sees them. */
static void send_stats(struct lp_connection *connection)
{
	struct lp_message message = {.type = LP_MESSAGE_STATS};
	struct lp_peer *gateway = lp_peer_gateway(connection->peer);
	const uint64_t *drops = lp_peer_drops(connection->peer);
	struct lp_quic_stats stats;
	lp_quic_stats(connection->quic, &stats);
	message.stats.counters = *lp_link_counters(connection->link);
	for (size_t i = 0; i < LP_DROP_COUNT; i++)
		message.stats.counters.drops[i] += drops[i];
	message.stats.rtt_us = stats.srtt_ns / LP_US;
	lp_histogram_add(&connection->relay->counters.rtt, message.stats.rtt_us);
	message.stats.packets_lost = stats.lost_packets;
	message.stats.link_bytes_in = lp_peer_transit(connection->peer)->bytes_in;
	message.stats.link_bytes_out = lp_peer_transit(connection->peer)->bytes_out;
	message.stats.gateway_present = gateway != NULL;
	set_peer_rtts(connection, &message.stats.peer_rtts);
	message.stats.unfragmented_mtu = connection->sent_mtu = unfragmented_mtu(connection);
	lp_addr_format(lp_quic_remote(connection->quic), message.stats.seen);
	if (gateway)
		set_lan(connection, gateway, &message.stats);
	lp_connection_send(connection, &message);
}

void lp_connection_tick(struct lp_connection *connection, uint64_t now_ns)
{
	struct lp_relay *relay = connection->relay;
	if (now_ns >= connection->hello_deadline_ns) {
		connection->hello_deadline_ns = LP_NEVER;
		lp_event_hello_timeout(relay->log, lp_quic_remote(connection->quic));
		lp_connection_end(
			connection, LP_QUIC_APP_TIMEOUT, LP_REASON_TIMEOUT, "sent no hello before the timeout");
	}
	if (connection->link)
		lp_link_expire(connection->link, now_ns);
	if (!connection->peer)
		return;
	bool due = now_ns >= connection->stats_due_ns;
	if (due)
		connection->stats_due_ns = now_ns + relay->config.stats_interval_ns;
	/* PMTUD finishes shortly after the welcome. A new limit is sent immediately, because a TCP connection keeps the
	   MSS that it started with. */
	if (due || unfragmented_mtu(connection) != connection->sent_mtu)
		send_stats(connection);
}
