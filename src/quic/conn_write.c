#include <assert.h>

#include "base/error.h"
#include "base/units.h"
#include "quic/batch.h"
#include "quic/conn.h"
#include "quic/endpoint_state.h"
#include "quic/path.h"
#include "quic/settings.h"

#define TAG_BYTES 16          /* of all AEADs of TLS 1.3 */
#define PACKET_NUMBER_BYTES 4 /* at most */
#define USEFUL_ROOM 70        /* less than this is not worth waiting for another frame: 64 bytes and their header */
#define PROBE_TRIES 8
#define PROBING_NS (3 * LP_SEC) /* so long an answer to a probe of the path's MTU is awaited */
#define SHORT_PACKET 200        /* no packet that the library fills or pads is that short */
#define PARTS_MAX 4

/* lp_bytes are handed to the library as they are: it only reads them. */
static_assert(sizeof(struct lp_bytes) == sizeof(ngtcp2_vec), "layout of ngtcp2_vec");
static_assert(offsetof(struct lp_bytes, len) == offsetof(ngtcp2_vec, len), "layout of ngtcp2_vec");

/* Bytes that a DATAGRAM frame takes: type, length, data (RFC 9221 §4). */
static size_t frame_bytes(size_t len)
{
	return len + 1 + (len < 64 ? 1 : len < 16384 ? 2 : 4);
}

/* Where a packet of at most |max| bytes may be written. */
static uint8_t *packet_room(struct lp_quic_conn *conn, size_t max)
{
	uint8_t *room = conn->batch ? lp_batch_room(conn->batch, max) : NULL;
	if (room)
		return room;
	if (conn->batch) {
		lp_endpoint_hand_in(conn->endpoint, conn->batch);
		conn->batch = NULL;
		lp_endpoint_send(conn->endpoint);
	}
	conn->batch = lp_endpoint_borrow(conn->endpoint);
	return conn->batch ? lp_batch_room(conn->batch, max) : NULL;
}

/* A packet of |len| bytes was written: it joins the batch with its path. */
static void commit(struct lp_quic_conn *conn, size_t len)
{
	struct lp_addr local, remote;
	struct lp_quic_counters *counters = &conn->endpoint->counters;
	counters->datagrams_out++;
	counters->bytes_out += len;
	conn->sent_large = conn->sent_large || len >= LP_CONN_LARGE;
	if (ngtcp2_path_eq(&conn->endpoint->tx_path.path, &conn->shown.path)) {
		lp_batch_commit(conn->batch, len, conn->tx_info.ecn, conn->carrier, &conn->local, &conn->remote);
		return;
	}
	const ngtcp2_path *path = &conn->endpoint->tx_path.path;
	lp_path_get(path, &local, &remote);
	lp_batch_commit(conn->batch, len, conn->tx_info.ecn, lp_path_carrier(path), &local, &remote);
}

/* The same for one that takes along what the library had to say: acknowledgements, and frames that were lost. Of the
   control stream there may be more. */
static void commit_answer(struct lp_quic_conn *conn, size_t len)
{
	commit(conn, len);
	if (conn->control.acked == conn->control.queued)
		conn->n_to_answer = 0;
}

/* Calls the library to write a packet, with up to |len| bytes of the control stream. */
static ngtcp2_ssize write_stream(struct lp_quic_conn *conn, uint8_t *dest, size_t dest_len, const struct lp_bytes *data,
	ngtcp2_ssize *ret_taken, uint64_t now_ns)
{
	const ngtcp2_vec *vec = (const ngtcp2_vec *)(const void *)data;
	conn->in_library = true;
	ngtcp2_ssize n = ngtcp2_conn_writev_stream(conn->library, &conn->endpoint->tx_path.path, &conn->tx_info, dest,
		dest_len, ret_taken, NGTCP2_WRITE_STREAM_FLAG_NONE, data ? conn->control_id : -1, vec, data ? 1 : 0,
		now_ns);
	conn->in_library = false;
	return n;
}

void lp_conn_finish_packet(struct lp_quic_conn *conn)
{
	if (!conn->packet_open)
		return;
	conn->packet_open = false;
	ngtcp2_ssize n = write_stream(conn, conn->packet, conn->packet_max, NULL, NULL, conn->packet_ns);
	if (n > 0)
		commit_answer(conn, (size_t)n);
	else if (n < 0)
		lp_conn_fail(conn, (int)n);
}

/* Opens the control stream if it is ours to open and there is something to say. */
static void open_control(struct lp_quic_conn *conn)
{
	if (conn->server || conn->state != LP_CONN_READY || conn->control_id >= 0 || conn->control.queued == 0)
		return;
	int64_t id;
	if (ngtcp2_conn_open_bidi_stream(conn->library, &id, NULL) == 0)
		conn->control_id = id;
}

/* True if the library's error only says that the control stream cannot go on. */
static bool stream_stopped(struct lp_quic_conn *conn, ngtcp2_ssize n)
{
	if (n == NGTCP2_ERR_STREAM_SHUT_WR || n == NGTCP2_ERR_STREAM_NOT_FOUND)
		conn->control_closed = true;
	return n == NGTCP2_ERR_STREAM_DATA_BLOCKED || conn->control_closed;
}

/* Writes one packet; returns its length, or 0 if there is nothing more to write or nothing may be written.
   |control| tells whether the control stream may go in, and is unset when it is stopped by the peer. */
static size_t write_one(struct lp_quic_conn *conn, bool *control)
{
	struct lp_bytes data = {0};
	ngtcp2_ssize taken = -1;
	/* Room for the library's probes of the path, unless we know better. */
	size_t max = conn->mtu.cap < conn->mtu.path_max ? conn->packet_max
							: lp_settings_max_payload(&conn->endpoint->config);
	uint8_t *dest = packet_room(conn, max);
	if (!dest) {
		conn->wants_write = true;
		return 0;
	}
	if (*control && conn->control_id >= 0 && !conn->control_closed)
		data.len = lp_control_next(&conn->control, &data.data);
	ngtcp2_ssize n = write_stream(conn, dest, max, data.len ? &data : NULL, &taken, lp_conn_now(conn));
	if (n < 0 && data.len && stream_stopped(conn, n)) {
		*control = false;
		n = write_stream(conn, dest, max, NULL, &taken, lp_conn_now(conn));
	}
	if (taken > 0)
		lp_control_sent(&conn->control, (size_t)taken);
	if (n < 0) {
		lp_conn_fail(conn, (int)n);
		return 0;
	}
	if ((size_t)n > conn->packet_max)
		conn->probing_until_ns = conn->endpoint->now_ns + PROBING_NS;
	if (n > 0)
		commit(conn, (size_t)n);
	return (size_t)n;
}

void lp_conn_write(struct lp_quic_conn *conn)
{
	bool control = true;
	lp_conn_finish_packet(conn);
	conn->wants_write = false;
	conn->n_to_answer = 0;
	conn->changed = true;
	while (conn->state <= LP_CONN_READY) {
		open_control(conn);
		size_t n = write_one(conn, &control);
		/* A short packet has taken all that waited, so the library need not be asked again; unless it was a
		   probe, of which there may be two. */
		if (n == 0 || (n <= SHORT_PACKET && conn->state == LP_CONN_READY && !conn->expired &&
				      lp_control_next(&conn->control, &(const uint8_t *){NULL}) == 0))
			break;
	}
	conn->expired = false;
}

void lp_conn_write_probe(struct lp_quic_conn *conn, size_t size)
{
	static const uint8_t padding[LP_BATCH_BYTES];
	lp_conn_finish_packet(conn);
	if (size == 0 || conn->state != LP_CONN_READY)
		return;
	size_t header = 1 + ngtcp2_conn_get_dcid(conn->library)->datalen;
	size_t number = 1;
	for (int i = 0; i < PROBE_TRIES && number <= PACKET_NUMBER_BYTES; i++) {
		uint8_t *dest = packet_room(conn, size);
		struct lp_bytes data = {.data = padding, .len = size - header - number - TAG_BYTES - 3};
		if (data.len > 16383)
			data.len -= 2;
		int accepted = 0;
		if (!dest)
			return;
		conn->in_library = true;
		ngtcp2_ssize n = ngtcp2_conn_writev_datagram(conn->library, &conn->endpoint->tx_path.path,
			&conn->tx_info, dest, size, &accepted, NGTCP2_WRITE_DATAGRAM_FLAG_NONE,
			lp_dgram_id(LP_DGRAM_PROBE, size), (const ngtcp2_vec *)(const void *)&data, 1,
			lp_conn_now(conn));
		conn->in_library = false;
		if (n < 0) {
			lp_conn_fail(conn, (int)n);
			return;
		}
		if (n > 0)
			commit(conn, (size_t)n);
		else
			number++; /* it may be that the packet's number is longer */
		if (accepted) {
			lp_pmtud_probe_sent(&conn->mtu);
			return;
		}
	}
}

void lp_conn_write_padding(struct lp_quic_conn *conn)
{
	static const uint8_t zero;
	struct lp_bytes data = {.data = &zero, .len = 1};
	uint8_t *dest = packet_room(conn, conn->packet_max);
	if (!dest)
		return;
	conn->in_library = true;
	ngtcp2_ssize n = ngtcp2_conn_writev_datagram(conn->library, &conn->endpoint->tx_path.path, &conn->tx_info, dest,
		conn->packet_max, NULL, NGTCP2_WRITE_DATAGRAM_FLAG_NONE,
		lp_dgram_id(LP_DGRAM_SMALL, conn->endpoint->now_ns), (const ngtcp2_vec *)(const void *)&data, 1,
		lp_conn_now(conn));
	conn->in_library = false;
	if (n > 0)
		commit(conn, (size_t)n);
	else if (n < 0)
		lp_conn_fail(conn, (int)n);
}

bool lp_conn_update_budget(struct lp_quic_conn *conn)
{
	const ngtcp2_path *path = ngtcp2_conn_get_path(conn->library);
	bool other_path = !ngtcp2_path_eq(path, &conn->shown.path);
	if (other_path) {
		lp_path_get(path, &conn->local, &conn->remote);
		conn->carrier = lp_path_carrier(path);
		lp_path_set(&conn->shown, conn->carrier, &conn->local, &conn->remote);
	}
	lp_pmtud_path(&conn->mtu, ngtcp2_conn_get_path_max_tx_udp_payload_size(conn->library), other_path,
		conn->endpoint->now_ns);
	conn->packet_max = lp_pmtud_cap(&conn->mtu);

	const ngtcp2_transport_params *peer = ngtcp2_conn_get_remote_transport_params(conn->library);
	size_t budget = 0;
	if (peer && conn->state == LP_CONN_READY && peer->max_datagram_frame_size > 5) {
		budget = conn->packet_max - 1 - ngtcp2_conn_get_dcid(conn->library)->datalen - PACKET_NUMBER_BYTES -
			 TAG_BYTES - 3;
		if (budget > 16383)
			budget -= 2;
		if (budget > peer->max_datagram_frame_size - 5)
			budget = (size_t)peer->max_datagram_frame_size - 5;
	}
	if (budget == conn->budget)
		return false;
	conn->budget = budget;
	return true;
}

/* Adds a DATAGRAM of |len| bytes to the open packet, or to a new one. 1 if it was taken, 0 if a packet was finished
   without it, or an error. |ahead|: whatever the window by delay says. */
static int write_datagram(
	struct lp_quic_conn *conn, const struct lp_bytes *parts, size_t n_parts, size_t len, bool ahead)
{
	if (!conn->packet_open) {
		if (!ahead && !lp_conn_window_open(conn))
			return LP_EAGAIN;
		conn->packet = packet_room(conn, conn->packet_max);
		if (!conn->packet)
			return LP_ENOMEM;
		conn->packet_ns = lp_conn_now(conn);
		conn->packet_used = 1 + LP_QUIC_CID_LEN + PACKET_NUMBER_BYTES;
	}
	size_t used = conn->packet_used + frame_bytes(len);
	bool more = used + TAG_BYTES + USEFUL_ROOM <= conn->packet_max;
	enum lp_dgram kind = used + TAG_BYTES > LP_MTU_BASE ? LP_DGRAM_LARGE : LP_DGRAM_SMALL;
	int accepted = 0;
	conn->in_library = true;
	ngtcp2_ssize n = ngtcp2_conn_writev_datagram(conn->library, &conn->endpoint->tx_path.path, &conn->tx_info,
		conn->packet, conn->packet_max, &accepted,
		more ? NGTCP2_WRITE_DATAGRAM_FLAG_MORE : NGTCP2_WRITE_DATAGRAM_FLAG_NONE,
		lp_dgram_id(kind, conn->endpoint->now_ns), (const ngtcp2_vec *)(const void *)parts, n_parts,
		conn->packet_ns);
	conn->in_library = false;
	if (accepted && kind == LP_DGRAM_LARGE)
		lp_pmtud_sent(&conn->mtu, conn->endpoint->now_ns);
	if (n == NGTCP2_ERR_WRITE_MORE) {
		conn->packet_open = true;
		conn->packet_used = used;
		return 1;
	}
	conn->packet_open = false;
	if (n < 0) {
		lp_conn_fail(conn, (int)n);
		return LP_ECLOSED;
	}
	if (n == 0)
		return LP_EAGAIN;
	commit_answer(conn, (size_t)n);
	return accepted;
}

/* What the two functions below have in common. */
static int send_datagram(
	struct lp_quic_conn *conn, const struct lp_bytes *parts, size_t n_parts, uint64_t now_ns, bool ahead)
{
	struct lp_bytes filled[PARTS_MAX];
	size_t len = 0, n_filled = 0;
	assert(n_parts <= PARTS_MAX);
	if (conn->state > LP_CONN_READY || conn->close_wanted)
		return LP_ECLOSED;
	for (size_t i = 0; i < n_parts; i++) {
		if (parts[i].len) /* the library refuses empty ones */
			filled[n_filled++] = parts[i];
		len += parts[i].len;
	}
	/* Before the handshake is complete, and from inside its own events, a connection cannot be written to. */
	if (conn->state == LP_CONN_HANDSHAKE || conn->in_library) {
		conn->blocked = true;
		lp_endpoint_mark(conn->endpoint, conn);
		return LP_EAGAIN;
	}
	if (len > conn->budget)
		return LP_ETOOBIG;
	if (now_ns > conn->endpoint->now_ns)
		conn->endpoint->now_ns = now_ns;
	lp_endpoint_mark(conn->endpoint, conn);
	int rv = 0;
	/* Each round that does not take it finishes a packet of something else: few are possible. */
	for (int i = 0; i < 8 && rv == 0; i++)
		rv = write_datagram(conn, filled, n_filled, len, ahead);
	if (rv == 0 || rv == LP_ENOMEM)
		rv = LP_EAGAIN;
	if (rv == LP_EAGAIN && !conn->blocked) {
		conn->blocked = true;
		lp_pto_begin(&conn->stall, conn->endpoint->now_ns);
	}
	return rv < 0 ? rv : 0;
}

int lp_quic_send_datagram(struct lp_quic_conn *conn, const struct lp_bytes *parts, size_t n_parts, uint64_t now_ns)
{
	return send_datagram(conn, parts, n_parts, now_ns, false);
}

int lp_quic_send_ahead(struct lp_quic_conn *conn, const struct lp_bytes *parts, size_t n_parts, uint64_t now_ns)
{
	return send_datagram(conn, parts, n_parts, now_ns, true);
}
