#include "relay/status.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "carrier/tls/server.h"
#include "link/link.h"
#include "platform/loop/loop.h"
#include "platform/net/udp.h"
#include "quic/endpoint.h"
#include "quic/tls/credentials.h"
#include "relay/connection.h"
#include "relay/state.h"
#include "room/room.h"
#include "room/transit.h"

/* Copies a text. What does not fit is cut off. */
static void copy_text(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
}

/* Appends a member to the list, which has room for all. */
static void add_peer(void *ctx, struct lp_peer *peer)
{
	struct lp_relay_status *status = ctx;
	const struct lp_connection *connection = lp_peer_user(peer);
	if (!connection || !connection->link)
		return;
	struct lp_relay_status_peer *items = status->peers.items, *item = &items[status->peers.n++];
	const struct lp_link_counters *counters = lp_link_counters(connection->link);
	const uint64_t *drops = lp_peer_drops(peer);
	struct lp_quic_stats stats;
	lp_quic_stats(connection->quic, &stats);
	const struct lp_transit_counters *transit = lp_peer_transit(peer);
	*item = (struct lp_relay_status_peer){
		.peer_id = lp_peer_id(peer),
		.role = lp_peer_role(peer),
		.mac = *lp_peer_mac(peer),
		.rtt_us = stats.srtt_ns / LP_US,
		.datagram_budget = stats.datagram_budget,
		.lost_packets = stats.lost_packets,
		.frames_in = counters->frames_in,
		.frames_out = counters->frames_out,
		.bytes_in = counters->bytes_in,
		.bytes_out = counters->bytes_out,
		.link_bytes_in = transit->bytes_in,
		.link_bytes_out = transit->bytes_out,
		.lan_down = connection->lan_down,
		.over_tcp = lp_quic_carrier(connection->quic) != &connection->relay->udp.carrier,
	};
	copy_text(item->room, sizeof item->room, lp_peer_room(peer));
	copy_text(item->name, sizeof item->name, lp_peer_name(peer));
	lp_addr_format(lp_quic_remote(connection->quic), item->address);
	for (size_t i = 0; i < LP_DROP_COUNT; i++)
		item->drops[i] = drops[i] + counters->drops[i];
}

/* Adds up the drops by reason. */
static void add_drops(uint64_t to[LP_DROP_COUNT], const uint64_t drops[LP_DROP_COUNT])
{
	for (size_t i = 0; i < LP_DROP_COUNT; i++)
		to[i] += drops[i];
}

/* Adds the counters of the TCP port. */
static void add_tls(const struct lp_carrier_tls_server *server, struct lp_relay_status *status)
{
	const struct lp_carrier_tls_counters *counters = lp_carrier_tls_server_counters(server);
	status->tls_streams += lp_carrier_tls_server_count(server);
	status->tls_accepted += counters->accepted;
	status->tls_opened += counters->opened;
	status->tls_refused += counters->refused;
	status->tls_failed += counters->failed;
	status->tls_slow += counters->slow;
	status->tls_datagrams_dropped += counters->dropped;
}

int lp_relay_status_add(struct lp_relay *relay, struct lp_relay_status *status)
{
	const struct lp_relay_counters *counters = &relay->counters;
	const struct lp_quic_counters *quic = lp_quic_counters(relay->endpoint);
	struct lp_transit_totals transit;
	uint64_t drops[LP_DROP_COUNT];
	size_t n_peers = status->peers.n + lp_rooms_peer_count(relay->rooms);
	void *items = realloc(status->peers.items, (n_peers + 1) * sizeof(struct lp_relay_status_peer));
	if (!items)
		return LP_ENOMEM;
	status->peers.items = items;
	lp_rooms_each(relay->rooms, add_peer, status);
	lp_rooms_transit_totals(relay->rooms, &transit);
	lp_relay_drops(relay, drops);
	add_drops(status->drops, drops);
	copy_text(status->version, sizeof status->version, LP_VERSION);
	status->uptime_s = (lp_loop_now_ns(relay->loop) - relay->started_ns) / LP_SEC;
	status->rooms += lp_rooms_room_count(relay->rooms);
	status->connections += lp_quic_conn_count(relay->endpoint);
	status->handshakes += counters->connections;
	status->handshakes_failed += quic->handshakes_failed;
	status->joins += counters->joins;
	status->rejects += counters->rejects;
	status->joins_limited += lp_rooms_joins_limited(relay->rooms);
	status->wrong_invites += relay->invites.n_wrong;
	status->guesses_slowed += relay->invites.n_slowed;
	status->frames_in += counters->frames;
	status->frames_out += counters->targets;
	status->bytes_in += counters->bytes;
	status->udp_datagrams_in += quic->datagrams_in;
	status->udp_datagrams_out += quic->datagrams_out;
	status->udp_bytes_in += quic->bytes_in;
	status->udp_bytes_out += quic->bytes_out;
	status->udp_invalid_in += quic->invalid_in;
	status->link_datagrams += transit.datagrams;
	status->link_bytes += transit.bytes;
	status->link_foreign += transit.foreign;
	status->link_limited += transit.limited;
	status->retries_sent += quic->retries_sent;
	status->resets_sent += quic->resets_sent;
	status->connections_refused += quic->conns_refused;
	if (relay->tls)
		add_tls(relay->tls, status);
	status->target_bytes += counters->target_bytes;
	lp_histogram_merge(&status->rtt, &counters->rtt);
	lp_histogram_merge(&status->join_time, &counters->join_time);
	status->udp_overflows += lp_udp_overflows(relay->udp.socket);
	status->certificate_expires = (uint64_t)lp_tls_expiry_unix_s(relay->credentials);
	return 0;
}

char *lp_relay_status_json(const struct lp_relay_status *status)
{
	return lp_fields_json(lp_relay_status_fields, lp_relay_status_fields_n, status);
}

void lp_relay_status_done(struct lp_relay_status *status)
{
	free(status->peers.items);
	status->peers = (struct lp_list){0};
}
