#include "peer/mesh.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/hex.h"
#include "base/wipe.h"
#include "link/link.h"
#include "obs/event.h"
#include "peer/state.h"
#include "platform/system/random.h"
#include "proto/budget.h"
#include "quic/endpoint.h"
#include "quic/peer_identity.h"

#define TICK_NS LP_SEC
#define ROUTE_EXPORTER "EXPORTER-lanparty-route"
/* Packets in flight and nothing received for this time and two round trips: frames go through the relay. */
#define SILENT_NS (200 * LP_MS)
/* A link that is silent for this time and eight round trips is given up. */
#define DEAD_NS (3 * LP_SEC)
/* After a join, time for the relay to announce the peers again. */
#define SWEEP_NS (5 * LP_SEC)
/* Bytes of a link's control stream, per second and at one time. */
#define CONTROL_PER_S 1024U
#define CONTROL_BURST 8192U
#define PEERS_FIRST 8U

/* The only writer of a link's state. */
static void enter_state(struct lp_mesh_peer *peer, enum lp_mesh_state state)
{
	struct lp_mesh *mesh = peer->mesh;
	mesh->n_links -= peer->state != LP_MESH_NONE;
	mesh->n_connecting -= peer->state == LP_MESH_CONNECTING;
	mesh->n_links += state != LP_MESH_NONE;
	mesh->n_connecting += state == LP_MESH_CONNECTING;
	peer->state = state;
	peer->since_ns = mesh->now_ns;
}

/* Ends the link. |why| is for the log; NULL: nothing to log. Afterwards the connection is not the peer's any more. */
static void drop_link(struct lp_mesh_peer *peer, const char *why)
{
	struct lp_mesh *mesh = peer->mesh;
	bool was_up = peer->state == LP_MESH_UP;
	if (peer->state == LP_MESH_NONE)
		return;
	if (peer->link)
		lp_mesh_add_counters(&mesh->counters, lp_link_counters(peer->link));
	lp_link_free(peer->link);
	peer->link = NULL;
	lp_ctrl_stream_done(&peer->stream);
	if (peer->conn)
		lp_quic_set_user(peer->conn, NULL);
	peer->conn = NULL;
	peer->direct = false;
	lp_route_init(&peer->route);
	if (mesh->last_direct == peer)
		mesh->last_direct = NULL;
	enter_state(peer, LP_MESH_NONE);
	if (why)
		lp_event_link_down(mesh->config.log, peer->id, peer->name, why);
	if (was_up) {
		peer->n_failed = 0;
	} else {
		uint64_t wait_ns = LP_MESH_RETRY_FIRST_NS << (peer->n_failed < 6 ? peer->n_failed : 6);
		peer->retry_ns = mesh->now_ns + wait_ns;
		peer->n_failed++;
	}
	if (peer->was_congested && mesh->config.events->relieved) {
		peer->was_congested = false;
		mesh->config.events->relieved(mesh->config.ctx);
	}
}

/* Closes the link from this end. */
static void close_link(struct lp_mesh_peer *peer, enum lp_quic_app_error code, const char *why)
{
	struct lp_quic_conn *conn = peer->conn;
	drop_link(peer, why);
	if (conn)
		lp_quic_close(conn, code, why);
}

void lp_mesh_want(struct lp_mesh_peer *peer)
{
	struct lp_mesh *mesh = peer->mesh;
	if (!peer->capable || peer->state != LP_MESH_NONE)
		return;
	peer->wanted = true;
	peer->used_ns = mesh->now_ns;
	if (mesh->id > peer->id || mesh->now_ns < peer->retry_ns || mesh->n_links >= LP_MESH_LINKS_MAX ||
		mesh->n_connecting >= LP_MESH_HANDSHAKES_MAX)
		return;
	uint8_t family = mesh->config.relay->family;
	struct lp_quic_target target = {
		.carrier = &mesh->carrier,
		.local = lp_mesh_mapped(family, 0),
		.remote = lp_mesh_mapped(family, peer->id),
		.server_name = "",
		.first_dcid = {.len = LP_LINK_PREFIX_BYTES},
	};
	memcpy(target.first_dcid.bytes, peer->prefix, LP_LINK_PREFIX_BYTES);
	if (lp_quic_connect(mesh->endpoint, &target, mesh->now_ns, &peer->conn) < 0)
		return;
	lp_quic_set_user(peer->conn, peer);
	enter_state(peer, LP_MESH_CONNECTING);
}

void lp_mesh_send_message(struct lp_mesh_peer *peer, const struct lp_message *message)
{
	uint8_t data[LP_MESSAGE_ENCODED_MAX];
	int len = lp_message_encode(message, data, sizeof data);
	if (len > 0)
		(void)lp_quic_send_control(peer->conn, data, (size_t)len);
}

/* Sends our proof, and computes the one that the peer must send. */
static int prove(struct lp_mesh_peer *peer)
{
	const struct lp_mesh_config *config = &peer->mesh->config;
	struct lp_message message = {.type = LP_MESSAGE_LINK_PROOF};
	uint8_t exporter[LP_EXPORTER_BYTES], proof[LP_PROOF_BYTES];
	int result = lp_quic_export(peer->conn, LP_PEER_EXPORTER, exporter, sizeof exporter);
	if (result == 0)
		result = lp_invite_peer_proof(config->peer_secret, exporter, config->key, peer->key, proof);
	if (result == 0)
		result = lp_invite_peer_proof(config->peer_secret, exporter, peer->key, config->key, peer->expected);
	if (result == 0)
		result = lp_quic_export(peer->conn, ROUTE_EXPORTER, peer->route_key, sizeof peer->route_key);
	lp_wipe(exporter, sizeof exporter);
	if (result < 0)
		return result;
	lp_hex_format(proof, sizeof proof, message.link_proof.proof);
	if (config->role == LP_ROLE_GATEWAY)
		snprintf(message.link_proof.direct, sizeof message.link_proof.direct, "%s",
			lp_mesh_direct_word(config->room_direct));
	lp_mesh_send_message(peer, &message);
	return 0;
}

/* The peer that may have begun the connection |conn|; NULL: none may. */
static struct lp_mesh_peer *acceptable(const struct lp_mesh *mesh, const struct lp_quic_conn *conn)
{
	struct lp_mesh_peer *peer = lp_mesh_of_mapped(mesh, lp_quic_remote(conn));
	bool full = peer && peer->state == LP_MESH_NONE && mesh->n_links >= LP_MESH_LINKS_MAX;
	return peer && peer->capable && peer->id < mesh->id && !full ? peer : NULL;
}

/* The handshake is complete. */
static void on_ready(void *ctx, struct lp_quic_conn *conn)
{
	struct lp_mesh *mesh = ctx;
	uint8_t key[LP_TLS_KEY_ID];
	struct lp_mesh_peer *peer = lp_quic_accepted(conn) ? acceptable(mesh, conn) : lp_quic_user(conn);
	if (!peer || lp_quic_peer_key_id(conn, key) < 0 || memcmp(key, peer->key, sizeof key) != 0) {
		if (peer)
			lp_event_link_refused(mesh->config.log, peer->id, peer->name,
				"the other end has another key than the relay announced");
		lp_quic_close(conn, LP_QUIC_APP_REJECTED, "not a link that is expected");
		return;
	}
	if (lp_quic_accepted(conn)) {
		/* It lost its end of the link. */
		close_link(peer, LP_QUIC_APP_REPLACED, "the peer has made another link");
		peer->conn = conn;
		lp_quic_set_user(conn, peer);
	}
	enter_state(peer, LP_MESH_PROVING);
	lp_ctrl_stream_init(&peer->stream);
	if (prove(peer) < 0)
		close_link(peer, LP_QUIC_APP_OVERLOAD, "the peer secret could not be proven");
}

/* Starts to carry frames. */
static void start_link(struct lp_mesh_peer *peer)
{
	struct lp_mesh *mesh = peer->mesh;
	struct lp_link_config link = {
		.conn = peer->conn,
		.pool = mesh->config.pool,
		.queue_max_bytes = mesh->config.queue_max_bytes,
		.hash_seed = mesh->config.hash_seed,
		.frame = lp_mesh_on_frame,
		.ctx = peer,
	};
	if (lp_link_new(&link, &peer->link) < 0) {
		close_link(peer, LP_QUIC_APP_OVERLOAD, "out of memory");
		return;
	}
	enter_state(peer, LP_MESH_UP);
	peer->used_ns = mesh->now_ns;
	peer->switched = peer->silent = false;
	peer->waiting_ns = 0;
	peer->probed_ns = mesh->now_ns;
	lp_meter_init(&peer->meter, &mesh->meter_limits[peer->role == LP_ROLE_GATEWAY]);
	lp_event_link_up(mesh->config.log, peer->id, peer->name, "forwarded");
	lp_mesh_direct_start(peer);
}

static void on_proof(struct lp_mesh_peer *peer, const struct lp_link_proof *message)
{
	uint8_t proof[LP_PROOF_BYTES];
	if (peer->state != LP_MESH_PROVING)
		return;
	if (lp_hex_parse(message->proof, proof, sizeof proof) < 0 || !lp_invite_proof_equal(proof, peer->expected)) {
		lp_event_link_refused(peer->mesh->config.log, peer->id, peer->name,
			"it does not have the room's peer secret. Is its invite of another host?");
		close_link(peer, LP_QUIC_APP_REJECTED, "wrong proof of the peer secret");
		return;
	}
	if (peer->role == LP_ROLE_GATEWAY)
		lp_mesh_direct_allow(peer->mesh, message->direct);
	start_link(peer);
}

static void on_message(struct lp_mesh_peer *peer, const struct lp_message *message)
{
	switch (message->type) {
	case LP_MESSAGE_LINK_PROOF:
		on_proof(peer, &message->link_proof);
		break;
	case LP_MESSAGE_LINK_OFFER:
		if (peer->state == LP_MESH_UP)
			lp_mesh_direct_offered(peer, &message->link_offer);
		break;
	default: /* of a later version */
		break;
	}
}

static void on_control(void *ctx, struct lp_quic_conn *conn, const uint8_t *data, size_t len)
{
	struct lp_mesh *mesh = ctx;
	struct lp_mesh_peer *peer = lp_quic_user(conn);
	if (peer && !lp_bucket_take(&peer->control, &mesh->control_limit, (uint32_t)len, mesh->now_ns))
		close_link(peer, LP_QUIC_APP_PROTOCOL, "too much on the control stream");
	while (peer && peer->conn == conn && len > 0) {
		const uint8_t *json;
		size_t json_len;
		struct lp_message message;
		struct lp_failure failure;
		int result = lp_ctrl_stream_read(&peer->stream, &data, &len, &json, &json_len);
		if (result == 0)
			return;
		if (result < 0 || lp_message_decode(json, json_len, &failure, &message) < 0) {
			close_link(peer, LP_QUIC_APP_PROTOCOL, "the peer broke the protocol");
			return;
		}
		on_message(peer, &message);
	}
}

static void on_datagram(void *ctx, struct lp_quic_conn *conn, const uint8_t *data, size_t len)
{
	struct lp_mesh *mesh = ctx;
	struct lp_mesh_peer *peer = lp_quic_user(conn);
	if (peer && peer->link)
		(void)lp_link_receive(peer->link, data, len, mesh->now_ns);
	else
		mesh->counters.drops[LP_DROP_NOT_JOINED]++;
}

static void on_writable(void *ctx, struct lp_quic_conn *conn)
{
	struct lp_mesh *mesh = ctx;
	struct lp_mesh_peer *peer = lp_quic_user(conn);
	if (!peer || !peer->link)
		return;
	lp_link_writable(peer->link, mesh->now_ns);
	if (!peer->was_congested || lp_link_congested(peer->link))
		return;
	peer->was_congested = false;
	if (mesh->config.events->relieved)
		mesh->config.events->relieved(mesh->config.ctx);
}

static void on_closed(void *ctx, struct lp_quic_conn *conn, const struct lp_quic_close *why)
{
	struct lp_mesh_peer *peer = lp_quic_user(conn);
	(void)ctx;
	if (peer)
		drop_link(peer, why->reason[0] ? why->reason : "nothing was received any more");
}

static void on_random(void *ctx, uint8_t *data, size_t len)
{
	(void)ctx;
	lp_random_fill(data, len);
}

static const struct lp_quic_events quic_events = {
	.ready = on_ready,
	.control = on_control,
	.datagram = on_datagram,
	.writable = on_writable,
	.closed = on_closed,
};

int lp_mesh_new(const struct lp_mesh_config *config, struct lp_mesh **ret_mesh)
{
	struct lp_mesh *mesh = calloc(1, sizeof *mesh);
	if (!mesh)
		return LP_ENOMEM;
	struct lp_quic_config quic = {
		.server_tls = config->tls,
		.client_tls = config->tls,
		.events = &quic_events,
		.ctx = mesh,
		.random = on_random,
		.idle_timeout_ns = config->idle_timeout_ns,
		.keep_alive_ns = config->keep_alive_ns,
		.max_udp_payload = config->max_udp_payload,
		.max_conns = 2 * LP_MESH_LINKS_MAX,
		.max_handshakes = LP_MESH_LINKS_MAX,
	};
	struct lp_limits limits;
	uint8_t hash_key[LP_SIPHASH_KEY];
	mesh->config = *config;
	mesh->tick_ns = mesh->check_ns = mesh->sweep_ns = LP_NEVER;
	lp_mesh_wire_init(mesh);
	lp_limits_init(&limits);
	lp_meter_limits_init(&mesh->meter_limits[0], &limits, LP_ROLE_CLIENT);
	lp_meter_limits_init(&mesh->meter_limits[1], &limits, LP_ROLE_GATEWAY);
	lp_ratelimit_init(&mesh->control_limit, CONTROL_PER_S, CONTROL_BURST);
	lp_random_fill(quic.secret, sizeof quic.secret);
	lp_random_fill(hash_key, sizeof hash_key);
	int result = lp_mac_table_init(&mesh->macs, hash_key, 0);
	if (result == 0)
		result = lp_quic_endpoint_new(&quic, &mesh->endpoint);
	if (result < 0) {
		lp_mesh_free(mesh);
		return result;
	}
	*ret_mesh = mesh;
	return 0;
}

/* The index of a peer, or where it would be inserted. */
static size_t index_of(const struct lp_mesh *mesh, uint16_t id)
{
	size_t low = 0, high = mesh->n_peers;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (mesh->peers[middle]->id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct lp_mesh_peer *lp_mesh_find(const struct lp_mesh *mesh, uint16_t id)
{
	size_t index = index_of(mesh, id);
	return index < mesh->n_peers && mesh->peers[index]->id == id ? mesh->peers[index] : NULL;
}

/* Adds a peer; NULL: there are too many, or memory is short. */
static struct lp_mesh_peer *add_peer(struct lp_mesh *mesh, uint16_t id)
{
	if (mesh->n_peers == mesh->size_peers) {
		size_t size = mesh->size_peers ? 2 * mesh->size_peers : PEERS_FIRST;
		struct lp_mesh_peer **peers = NULL;
		if (mesh->n_peers < LP_MESH_PEERS_MAX)
			peers = realloc(mesh->peers, size * sizeof(struct lp_mesh_peer *));
		if (!peers)
			return NULL;
		mesh->peers = peers;
		mesh->size_peers = size;
	}
	struct lp_mesh_peer *peer = calloc(1, sizeof *peer);
	if (!peer)
		return NULL;
	size_t index = index_of(mesh, id);
	memmove(&mesh->peers[index + 1], &mesh->peers[index], (mesh->n_peers - index) * sizeof(struct lp_mesh_peer *));
	mesh->peers[index] = peer;
	mesh->n_peers++;
	peer->mesh = mesh;
	peer->id = id;
	lp_route_init(&peer->route);
	return peer;
}

/* Forgets the peer at |index|. */
static void remove_peer(struct lp_mesh *mesh, size_t index)
{
	struct lp_mesh_peer *peer = mesh->peers[index];
	close_link(peer, LP_QUIC_APP_OK, "the peer left the room");
	if (mesh->gateway == peer)
		mesh->gateway = NULL;
	lp_mac_table_remove_owner(&mesh->macs, peer);
	mesh->n_peers--;
	memmove(&mesh->peers[index], &mesh->peers[index + 1], (mesh->n_peers - index) * sizeof(struct lp_mesh_peer *));
	lp_wipe(peer, sizeof *peer);
	free(peer);
}

void lp_mesh_leave(struct lp_mesh *mesh)
{
	while (mesh->n_peers)
		remove_peer(mesh, mesh->n_peers - 1);
	mesh->on = mesh->is_allowed_known = false;
	mesh->tick_ns = mesh->check_ns = mesh->sweep_ns = LP_NEVER;
}

void lp_mesh_free(struct lp_mesh *mesh)
{
	if (!mesh)
		return;
	if (mesh->endpoint)
		lp_mesh_leave(mesh);
	lp_quic_endpoint_free(mesh->endpoint);
	lp_mac_table_done(&mesh->macs);
	free(mesh->peers);
	lp_wipe(mesh->config.peer_secret, sizeof mesh->config.peer_secret);
	free(mesh);
}

void lp_mesh_joined(struct lp_mesh *mesh, const struct lp_welcome *welcome, uint64_t now_ns)
{
	struct lp_quic_cid_prefix prefix = {.len = LP_LINK_PREFIX_BYTES};
	mesh->now_ns = now_ns;
	bool on = lp_hex_parse(welcome->link, prefix.bytes, LP_LINK_PREFIX_BYTES) == 0;
	bool same = on && mesh->on && mesh->id == welcome->peer_id &&
		    memcmp(prefix.bytes, mesh->prefix, LP_LINK_PREFIX_BYTES) == 0;
	if (!same)
		lp_mesh_leave(mesh);
	if (!on)
		return;
	mesh->on = true;
	mesh->id = welcome->peer_id;
	memcpy(mesh->prefix, prefix.bytes, LP_LINK_PREFIX_BYTES);
	lp_quic_set_cid_prefix(mesh->endpoint, &prefix);
	lp_filters_init(&mesh->filters, lp_filters_default(), welcome->mtu);
	for (size_t i = 0; i < mesh->n_peers; i++)
		mesh->peers[i]->present = false;
	if (lp_addr_parse(welcome->seen, 0, &mesh->seen) < 0)
		mesh->seen.family = 0;
	lp_mesh_moved(mesh, now_ns);
	mesh->tick_ns = now_ns + TICK_NS;
	mesh->sweep_ns = now_ns + SWEEP_NS;
}

/* Takes over what the relay announced of a peer. True if it is the same member as before. */
static bool update(struct lp_mesh_peer *peer, const struct lp_peer_event *event)
{
	struct lp_mesh *mesh = peer->mesh;
	uint8_t key[LP_MEMBER_KEY_BYTES], prefix[LP_LINK_PREFIX_BYTES];
	bool capable = lp_hex_parse(event->key, key, sizeof key) == 0 &&
		       lp_hex_parse(event->link, prefix, sizeof prefix) == 0;
	bool same = capable && peer->capable && memcmp(key, peer->key, sizeof key) == 0 &&
		    memcmp(prefix, peer->prefix, sizeof prefix) == 0 && lp_mac_equal(&event->mac, &peer->mac);
	memcpy(peer->name, event->name, sizeof peer->name);
	peer->present = true;
	if (same)
		return true;
	close_link(peer, LP_QUIC_APP_OK, "the peer has changed");
	lp_mac_table_remove_owner(&mesh->macs, peer);
	peer->role = event->role;
	peer->mac = event->mac;
	peer->capable = capable;
	peer->retry_ns = 0;
	peer->n_failed = 0;
	if (capable) {
		memcpy(peer->key, key, sizeof key);
		memcpy(peer->prefix, prefix, sizeof prefix);
	}
	(void)lp_mac_table_put(&mesh->macs, lp_mac_key(peer->mac.octet), peer, LP_NEVER, mesh->now_ns);
	return false;
}

void lp_mesh_peer(struct lp_mesh *mesh, const struct lp_peer_event *event, bool joined, uint64_t now_ns)
{
	mesh->now_ns = now_ns;
	if (!mesh->on)
		return;
	struct lp_mesh_peer *peer = lp_mesh_find(mesh, event->peer_id);
	if (!joined) {
		if (peer)
			remove_peer(mesh, index_of(mesh, event->peer_id));
		return;
	}
	if (!peer)
		peer = add_peer(mesh, event->peer_id);
	if (!peer)
		return;
	bool same = update(peer, event);
	if (peer->role == LP_ROLE_GATEWAY)
		mesh->gateway = peer;
	else if (mesh->gateway == peer)
		mesh->gateway = NULL;
	if (!same && (peer->role == LP_ROLE_GATEWAY || mesh->config.role == LP_ROLE_GATEWAY))
		lp_mesh_want(peer);
}

void lp_mesh_flush(struct lp_mesh *mesh, uint64_t now_ns)
{
	mesh->now_ns = now_ns;
	lp_quic_flush(mesh->endpoint, now_ns);
}

uint64_t lp_mesh_deadline(const struct lp_mesh *mesh)
{
	uint64_t deadline_ns = lp_earlier(mesh->tick_ns, mesh->check_ns);
	return lp_earlier(lp_earlier(deadline_ns, mesh->sweep_ns), lp_quic_deadline(mesh->endpoint));
}

/* Detects a link on which nothing is received. True if packets are in flight. */
static bool check_silence(struct lp_mesh_peer *peer)
{
	struct lp_mesh *mesh = peer->mesh;
	struct lp_quic_stats stats;
	lp_quic_stats(peer->conn, &stats);
	if (stats.in_flight_bytes == 0)
		peer->waiting_ns = 0;
	else if (stats.last_rx_ns >= peer->waiting_ns)
		peer->waiting_ns = mesh->now_ns;
	uint64_t waited_ns = peer->waiting_ns ? mesh->now_ns - peer->waiting_ns : 0;
	peer->silent = waited_ns > SILENT_NS + 2 * stats.srtt_ns;
	if (peer->silent)
		lp_route_fail(&peer->route, mesh->now_ns);
	if (waited_ns > DEAD_NS + 8 * stats.srtt_ns) {
		struct lp_quic_conn *conn = peer->conn;
		drop_link(peer, "nothing was received any more");
		lp_quic_abandon(conn);
		return false;
	}
	return stats.in_flight_bytes > 0;
}

static void check_all(struct lp_mesh *mesh)
{
	bool busy = false;
	for (size_t i = 0; i < mesh->n_peers; i++) {
		struct lp_mesh_peer *peer = mesh->peers[i];
		if (peer->state != LP_MESH_UP)
			continue;
		if (peer->direct)
			lp_mesh_direct_tick(peer);
		if (check_silence(peer) || (peer->direct && lp_route_is_busy(&peer->route, mesh->now_ns)))
			busy = true;
	}
	mesh->check_ns = busy ? mesh->now_ns + LP_MESH_CHECK_NS : LP_NEVER;
}

/* Handles the timeouts of one link, once per second. */
static void tick(struct lp_mesh_peer *peer)
{
	struct lp_mesh *mesh = peer->mesh;
	bool late = peer->state != LP_MESH_NONE && peer->state != LP_MESH_UP &&
		    mesh->now_ns - peer->since_ns > LP_MESH_HANDSHAKE_NS;
	if (late) {
		struct lp_quic_conn *conn = peer->conn;
		drop_link(peer, NULL);
		lp_quic_abandon(conn);
	}
	bool idle = mesh->now_ns - peer->used_ns > LP_MESH_IDLE_NS;
	if (idle)
		peer->wanted = false;
	if (peer->state == LP_MESH_UP && idle) {
		close_link(peer, LP_QUIC_APP_OK, "no frames for a minute");
	} else if (peer->state == LP_MESH_UP) {
		lp_link_expire(peer->link, mesh->now_ns);
		if (peer->direct && mesh->check_ns == LP_NEVER)
			lp_mesh_direct_tick(peer);
	} else if (peer->state == LP_MESH_NONE && peer->wanted) {
		uint64_t used_ns = peer->used_ns;
		lp_mesh_want(peer);
		peer->used_ns = used_ns;
	}
}

/* Forgets the peers that the relay did not announce again after a new join. */
static void sweep(struct lp_mesh *mesh)
{
	for (size_t i = mesh->n_peers; i-- > 0;)
		if (!mesh->peers[i]->present)
			remove_peer(mesh, i);
	mesh->sweep_ns = LP_NEVER;
}

void lp_mesh_expire(struct lp_mesh *mesh, uint64_t now_ns)
{
	mesh->now_ns = now_ns;
	lp_quic_expire(mesh->endpoint, now_ns);
	if (now_ns >= mesh->check_ns)
		check_all(mesh);
	if (now_ns >= mesh->sweep_ns)
		sweep(mesh);
	if (now_ns < mesh->tick_ns)
		return;
	for (size_t i = 0; i < mesh->n_peers; i++)
		tick(mesh->peers[i]);
	mesh->tick_ns = now_ns + TICK_NS;
}
