#include "relay/status.h"

#include <jansson.h>

#include "base/addr.h"
#include "base/units.h"
#include "link/link.h"
#include "obs/drop.h"
#include "platform/loop/loop.h"
#include "quic/endpoint.h"
#include "relay/connection.h"
#include "relay/state.h"
#include "room/room.h"

/* A counter as JSON, which has signed numbers only. */
static json_t *count(uint64_t n)
{
	return json_integer(n > INT64_MAX ? INT64_MAX : (json_int_t)n);
}

/* The drops that happened, by reason; |more| are added, NULL for none. */
static json_t *drops_json(const uint64_t *drops, const uint64_t *more)
{
	json_t *object = json_object();
	for (int i = LP_DROP_NONE + 1; i < LP_DROP_COUNT; i++) {
		uint64_t n = drops[i] + (more ? more[i] : 0);
		if (n > 0)
			json_object_set_new(object, lp_drop_wire(i), count(n));
	}
	return object;
}

/* One member. */
static json_t *peer_json(const struct lp_connection *connection)
{
	const struct lp_peer *peer = connection->peer;
	const struct lp_link_counters *counters = lp_link_counters(connection->link);
	char mac[LP_MAC_TEXT_MAX], addr[LP_ADDR_TEXT_MAX];
	struct lp_quic_stats stats;
	json_t *object = json_object();
	lp_quic_stats(connection->quic, &stats);
	json_object_set_new(object, "peer_id", json_integer(lp_peer_id(peer)));
	json_object_set_new(object, "room", json_string(lp_peer_room(peer)));
	json_object_set_new(object, "role", json_string(lp_role_text(lp_peer_role(peer))));
	json_object_set_new(object, "name", json_string(lp_peer_name(peer)));
	json_object_set_new(object, "mac", json_string(lp_mac_format(lp_peer_mac(peer), mac)));
	json_object_set_new(object, "address", json_string(lp_addr_format(lp_quic_remote(connection->quic), addr)));
	json_object_set_new(object, "rtt_us", count(stats.srtt_ns / LP_US));
	json_object_set_new(object, "datagram_budget", count(stats.datagram_budget));
	json_object_set_new(object, "lost_packets", count(stats.lost_packets));
	json_object_set_new(object, "frames_in", count(counters->frames_in));
	json_object_set_new(object, "frames_out", count(counters->frames_out));
	json_object_set_new(object, "bytes_in", count(counters->bytes_in));
	json_object_set_new(object, "bytes_out", count(counters->bytes_out));
	json_object_set_new(object, "drops", drops_json(lp_peer_drops(peer), counters->drops));
	if (lp_peer_role(peer) == LP_ROLE_GATEWAY)
		json_object_set_new(object, "lan_down", json_boolean(connection->lan_down));
	return object;
}

/* Puts a peer's row into the list. */
static void add_peer(void *ctx, struct lp_peer *peer)
{
	const struct lp_connection *connection = lp_peer_user(peer);
	if (connection && connection->link)
		json_array_append_new(ctx, peer_json(connection));
}

char *lp_relay_status_json(struct lp_relay *relay)
{
	const struct lp_relay_counters *counters = &relay->counters;
	const struct lp_quic_counters *quic = lp_quic_counters(relay->endpoint);
	json_t *root = json_object(), *peers = json_array();
	uint64_t drops[LP_DROP_COUNT];
	lp_relay_drops(relay, drops);
	lp_rooms_each(relay->rooms, add_peer, peers);
	json_object_set_new(root, "version", json_string(LP_VERSION));
	json_object_set_new(root, "uptime_s", count((lp_loop_now_ns(relay->loop) - relay->started_ns) / LP_SEC));
	json_object_set_new(root, "rooms", count(lp_rooms_room_count(relay->rooms)));
	json_object_set_new(root, "connections", count(lp_quic_conn_count(relay->endpoint)));
	json_object_set_new(root, "joins", count(counters->joins));
	json_object_set_new(root, "rejects", count(counters->rejects));
	json_object_set_new(root, "joins_limited", count(lp_rooms_joins_limited(relay->rooms)));
	json_object_set_new(root, "frames_in", count(counters->frames));
	json_object_set_new(root, "frames_out", count(counters->targets));
	json_object_set_new(root, "bytes_in", count(counters->bytes));
	json_object_set_new(root, "udp_datagrams_in", count(quic->datagrams_in));
	json_object_set_new(root, "udp_datagrams_out", count(quic->datagrams_out));
	json_object_set_new(root, "udp_invalid_in", count(quic->invalid_in));
	json_object_set_new(root, "retries_sent", count(quic->retries_sent));
	json_object_set_new(root, "connections_refused", count(quic->conns_refused));
	json_object_set_new(root, "drops", drops_json(drops, NULL));
	json_object_set_new(root, "peers", peers);
	char *text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	return text;
}
