#include "quic/tx.h"

#include <assert.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "quic/batch.h"
#include "quic/close.h"
#include "quic/conn.h"
#include "quic/outbox.h"
#include "quic/path.h"
#include "quic/settings.h"

#define TAG_BYTES 16          /* of all AEADs of TLS 1.3 */
#define PACKET_NUMBER_BYTES 4 /* at most */
#define USEFUL_ROOM 70        /* less is not worth waiting for another frame: 64 bytes and the overlay header */
#define PROBE_TRIES 8
#define PROBING_NS (3 * LP_SEC) /* how long a probe of the path MTU may take to be acknowledged */
#define SHORT_PACKET 200        /* a packet that ngtcp2 filled or padded is longer */
#define DATAGRAM_TRIES 8        /* packets with other contents that may come before the DATAGRAM */
#define PARTS_MAX 4

/* lp_bytes are passed to ngtcp2 as they are; it only reads them. */
static_assert(sizeof(struct lp_bytes) == sizeof(ngtcp2_vec), "layout of ngtcp2_vec");
static_assert(offsetof(struct lp_bytes, len) == offsetof(ngtcp2_vec, len), "layout of ngtcp2_vec");

/* Size of a DATAGRAM frame: type, length, data (RFC 9221 §4). */
static size_t frame_bytes(size_t len)
{
	return len + 1 + (len < 64 ? 1 : len < 16384 ? 2 : 4);
}

struct lp_batch *lp_tx_batch_get(struct lp_quic_env *env)
{
	if (lp_outbox_is_full(&env->outbox)) {
		for (struct lp_quic_conn *conn = env->first_dirty; conn; conn = conn->next_dirty) {
			/* ngtcp2 may be writing into the batch of a connection that is inside a callback. */
			if (!conn->batch || conn->in_ngtcp2)
				continue;
			lp_tx_finish_packet(conn);
			if (!conn->batch)
				continue;
			lp_outbox_submit(&env->outbox, conn->batch);
			conn->batch = NULL;
		}
		lp_outbox_send(&env->outbox);
	}
	return lp_batch_pool_take(&env->outbox.pool);
}

/* Space for a packet of at most |max| bytes, or NULL without memory. */
static uint8_t *packet_room(struct lp_quic_conn *conn, size_t max)
{
	uint8_t *room = conn->batch ? lp_batch_room(conn->batch, max) : NULL;
	if (room)
		return room;
	if (conn->batch) {
		lp_outbox_submit(&conn->env->outbox, conn->batch);
		conn->batch = NULL;
		lp_outbox_send(&conn->env->outbox);
	}
	conn->batch = lp_tx_batch_get(conn->env);
	if (!conn->batch)
		return NULL;
	conn->batch->singly = conn->run_doubt.off;
	return lp_batch_room(conn->batch, max);
}

/* Adds the packet of |len| bytes that was written to the batch, with its path. */
static void commit(struct lp_quic_conn *conn, size_t len)
{
	struct lp_addr local, remote;
	struct lp_quic_counters *counters = &conn->env->counters;
	counters->datagrams_out++;
	counters->bytes_out += len;
	const ngtcp2_path *path = &conn->env->tx_path.path;
	if (ngtcp2_path_eq(path, &conn->cur_path.path)) {
		lp_batch_commit(conn->batch, len, conn->tx_info.ecn, conn->carrier, &conn->local, &conn->remote);
	} else {
		lp_path_get(path, &local, &remote);
		lp_batch_commit(conn->batch, len, conn->tx_info.ecn, lp_path_carrier(path), &local, &remote);
	}
	if (!conn->packet_counts)
		return;
	conn->packet_counts = false;
	lp_run_doubt_sent(&conn->run_doubt, lp_cc_flight_serial(&conn->flight), conn->batch->run_packets > 1);
	lp_cc_flight_sent(&conn->flight, len, conn->env->now_ns);
	lp_cc_rate_sent(&conn->rate, len, conn->env->now_ns);
}

/* The same for a packet into which ngtcp2 could put whatever was pending: ACKs and lost frames. If control stream data
   is unacknowledged there may be more of those. */
static void commit_with_acks(struct lp_quic_conn *conn, size_t len)
{
	commit(conn, len);
	if (conn->control.acked == conn->control.queued)
		lp_ack_sent(&conn->ack);
}

/* Writes a packet with |data| of the control stream, or without any if it is NULL. */
static ngtcp2_ssize write_stream(struct lp_quic_conn *conn, uint8_t *dest, size_t dest_len, const struct lp_bytes *data,
	ngtcp2_ssize *ret_taken, uint64_t now_ns)
{
	const ngtcp2_vec *vec = (const ngtcp2_vec *)(const void *)data;
	conn->in_ngtcp2 = true;
	ngtcp2_ssize n = ngtcp2_conn_writev_stream(conn->ngtcp2, &conn->env->tx_path.path, &conn->tx_info, dest,
		dest_len, ret_taken, NGTCP2_WRITE_STREAM_FLAG_NONE, data ? conn->control_id : -1, vec, data ? 1 : 0,
		now_ns);
	conn->in_ngtcp2 = false;
	return n;
}

void lp_tx_finish_packet(struct lp_quic_conn *conn)
{
	if (!conn->packet_open)
		return;
	conn->packet_open = false;
	ngtcp2_ssize n = write_stream(conn, conn->packet, conn->packet_max, NULL, NULL, conn->packet_ns);
	if (n > 0)
		commit_with_acks(conn, (size_t)n);
	else if (n < 0)
		lp_close_by_error(conn, (int)n);
}

/* The client opens the control stream when there is something to send on it. */
static void open_control(struct lp_quic_conn *conn)
{
	if (conn->server || conn->state != LP_CONN_READY || conn->control_id >= 0 || conn->control.queued == 0)
		return;
	int64_t id;
	if (ngtcp2_conn_open_bidi_stream(conn->ngtcp2, &id, NULL) == 0)
		conn->control_id = id;
}

/* True if the error |n| only means that the control stream cannot be written now. */
static bool stream_stopped(struct lp_quic_conn *conn, ngtcp2_ssize n)
{
	if (n == NGTCP2_ERR_STREAM_SHUT_WR || n == NGTCP2_ERR_STREAM_NOT_FOUND)
		conn->control_closed = true;
	return n == NGTCP2_ERR_STREAM_DATA_BLOCKED || conn->control_closed;
}

/* Writes one packet. Returns its length, or 0 if there is nothing to write or nothing may be written. |control|:
   control stream data may be included; cleared if the stream is blocked. */
static size_t write_one(struct lp_quic_conn *conn, bool *control)
{
	struct lp_bytes data = {0};
	ngtcp2_ssize taken = -1;
	/* Space for ngtcp2's probes of the path MTU, unless pmtud knows that they would be lost. */
	size_t max = conn->pmtud.cap < conn->pmtud.path_max ? conn->packet_max
							    : lp_settings_max_payload(&conn->env->config);
	uint8_t *dest = packet_room(conn, max);
	if (!dest) {
		conn->tx_pending = true;
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
		lp_close_by_error(conn, (int)n);
		return 0;
	}
	if ((size_t)n > conn->packet_max)
		conn->probing_until_ns = conn->env->now_ns + PROBING_NS;
	if (n > 0)
		commit(conn, (size_t)n);
	return (size_t)n;
}

void lp_tx_write(struct lp_quic_conn *conn)
{
	bool control = true;
	lp_tx_finish_packet(conn);
	conn->tx_pending = false;
	lp_ack_sent(&conn->ack);
	conn->path_dirty = true;
	while (lp_conn_is_open(conn)) {
		open_control(conn);
		size_t n = write_one(conn, &control);
		/* A short packet means that nothing is left, which saves a call of ngtcp2. After a timer it may have
		   been a PTO probe, and there may be two (RFC 9002 §6.2.4). */
		if (n == 0 || (n <= SHORT_PACKET && conn->state == LP_CONN_READY && !conn->timer_fired &&
				      lp_control_next(&conn->control, &(const uint8_t *){NULL}) == 0))
			break;
	}
	conn->timer_fired = false;
}

void lp_tx_write_probe(struct lp_quic_conn *conn, size_t size)
{
	static const uint8_t padding[LP_BATCH_BYTES];
	lp_tx_finish_packet(conn);
	if (size == 0 || conn->state != LP_CONN_READY)
		return;
	size_t header = 1 + ngtcp2_conn_get_dcid(conn->ngtcp2)->datalen;
	size_t number = 1;
	for (int i = 0; i < PROBE_TRIES && number <= PACKET_NUMBER_BYTES; i++) {
		uint8_t *dest = packet_room(conn, size);
		struct lp_bytes data = {.data = padding, .len = size - header - number - TAG_BYTES - 3};
		if (data.len > 16383)
			data.len -= 2;
		int accepted = 0;
		if (!dest)
			return;
		conn->in_ngtcp2 = true;
		ngtcp2_ssize n = ngtcp2_conn_writev_datagram(conn->ngtcp2, &conn->env->tx_path.path, &conn->tx_info,
			dest, size, &accepted, NGTCP2_WRITE_DATAGRAM_FLAG_NONE, lp_dgram_id(LP_DGRAM_PROBE, size),
			(const ngtcp2_vec *)(const void *)&data, 1, lp_conn_now(conn));
		conn->in_ngtcp2 = false;
		if (n < 0) {
			lp_close_by_error(conn, (int)n);
			return;
		}
		if (n > 0)
			commit(conn, (size_t)n);
		else
			number++; /* the packet number may be longer */
		if (accepted) {
			lp_pmtud_probe_sent(&conn->pmtud);
			return;
		}
	}
}

void lp_tx_write_padding(struct lp_quic_conn *conn)
{
	static const uint8_t zero;
	struct lp_bytes data = {.data = &zero, .len = 1};
	int accepted = 0;
	uint8_t *dest = packet_room(conn, conn->packet_max);
	if (!dest)
		return;
	conn->in_ngtcp2 = true;
	ngtcp2_ssize n = ngtcp2_conn_writev_datagram(conn->ngtcp2, &conn->env->tx_path.path, &conn->tx_info, dest,
		conn->packet_max, &accepted, NGTCP2_WRITE_DATAGRAM_FLAG_NONE,
		lp_dgram_id(LP_DGRAM_SMALL, lp_cc_flight_serial(&conn->flight)),
		(const ngtcp2_vec *)(const void *)&data, 1, lp_conn_now(conn));
	conn->in_ngtcp2 = false;
	conn->packet_counts = accepted;
	if (n > 0)
		commit(conn, (size_t)n);
	else if (n < 0)
		lp_close_by_error(conn, (int)n);
}

void lp_tx_write_close_packet(struct lp_quic_conn *conn)
{
	uint8_t *dest = packet_room(conn, conn->close_len);
	if (!dest)
		return;
	memcpy(dest, conn->close_packet, conn->close_len);
	lp_batch_commit(conn->batch, conn->close_len, 0, conn->carrier, &conn->local, &conn->remote);
	conn->env->counters.datagrams_out++;
	conn->env->counters.bytes_out += conn->close_len;
}

bool lp_tx_window_is_open(struct lp_quic_conn *conn)
{
	return lp_cc_rate_may_send(&conn->rate, conn->flight.bytes, conn->env->now_ns);
}

bool lp_tx_update_budget(struct lp_quic_conn *conn)
{
	const ngtcp2_path *path = ngtcp2_conn_get_path(conn->ngtcp2);
	bool other_path = !ngtcp2_path_eq(path, &conn->cur_path.path);
	if (other_path) {
		lp_path_get(path, &conn->local, &conn->remote);
		conn->carrier = lp_path_carrier(path);
		lp_path_set(&conn->cur_path, conn->carrier, &conn->local, &conn->remote);
	}
	lp_pmtud_path(&conn->pmtud, ngtcp2_conn_get_path_max_tx_udp_payload_size(conn->ngtcp2), other_path,
		conn->env->now_ns);
	conn->packet_max = lp_pmtud_cap(&conn->pmtud);

	const ngtcp2_transport_params *peer = ngtcp2_conn_get_remote_transport_params(conn->ngtcp2);
	size_t budget = 0;
	if (peer && conn->state == LP_CONN_READY && peer->max_datagram_frame_size > 5) {
		budget = conn->packet_max - 1 - ngtcp2_conn_get_dcid(conn->ngtcp2)->datalen - PACKET_NUMBER_BYTES -
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

/* Adds a DATAGRAM of |len| bytes to the open packet, or to a new one. 1 if it was accepted; 0 if ngtcp2 finished a
   packet without it; or an error. |ahead|: the congestion controller does not apply. */
static int write_datagram(
	struct lp_quic_conn *conn, const struct lp_bytes *parts, size_t n_parts, size_t len, bool ahead)
{
	if (!conn->packet_open) {
		if (!ahead && !lp_tx_window_is_open(conn))
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
	conn->in_ngtcp2 = true;
	ngtcp2_ssize n = ngtcp2_conn_writev_datagram(conn->ngtcp2, &conn->env->tx_path.path, &conn->tx_info,
		conn->packet, conn->packet_max, &accepted,
		more ? NGTCP2_WRITE_DATAGRAM_FLAG_MORE : NGTCP2_WRITE_DATAGRAM_FLAG_NONE,
		lp_dgram_id(kind, lp_cc_flight_serial(&conn->flight)), (const ngtcp2_vec *)(const void *)parts, n_parts,
		conn->packet_ns);
	conn->in_ngtcp2 = false;
	conn->packet_counts = conn->packet_counts || accepted;
	if (accepted && kind == LP_DGRAM_LARGE)
		lp_pmtud_sent(&conn->pmtud, conn->env->now_ns);
	if (n == NGTCP2_ERR_WRITE_MORE) {
		conn->packet_open = true;
		conn->packet_used = used;
		return 1;
	}
	conn->packet_open = false;
	if (n < 0) {
		lp_close_by_error(conn, (int)n);
		return LP_ECLOSED;
	}
	if (n == 0)
		return LP_EAGAIN;
	commit_with_acks(conn, (size_t)n);
	return accepted;
}

/* Sends a DATAGRAM; the common part of the two functions below. */
static int send_datagram(
	struct lp_quic_conn *conn, const struct lp_bytes *parts, size_t n_parts, uint64_t now_ns, bool ahead)
{
	struct lp_bytes filled[PARTS_MAX];
	size_t len = 0, n_filled = 0;
	assert(n_parts <= PARTS_MAX);
	if (!lp_conn_is_open(conn) || conn->close_wanted)
		return LP_ECLOSED;
	for (size_t i = 0; i < n_parts; i++) {
		if (parts[i].len) /* ngtcp2 refuses empty ones */
			filled[n_filled++] = parts[i];
		len += parts[i].len;
	}
	/* ngtcp2 cannot write before the handshake is complete, or while it reads. */
	if (conn->state == LP_CONN_HANDSHAKE || conn->in_ngtcp2) {
		conn->blocked = true;
		lp_conn_mark_dirty(conn);
		return LP_EAGAIN;
	}
	if (len > conn->budget)
		return LP_ETOOBIG;
	lp_env_set_now(conn->env, now_ns);
	lp_conn_mark_dirty(conn);
	int result = 0;
	for (int i = 0; i < DATAGRAM_TRIES && result == 0; i++)
		result = write_datagram(conn, filled, n_filled, len, ahead);
	if (result == 0 || result == LP_ENOMEM)
		result = LP_EAGAIN;
	if (result == LP_EAGAIN && !conn->blocked) {
		conn->blocked = true;
		lp_pto_begin(&conn->pto, conn->env->now_ns);
	}
	return result < 0 ? result : 0;
}

int lp_quic_send_datagram(struct lp_quic_conn *conn, const struct lp_bytes *parts, size_t n_parts, uint64_t now_ns)
{
	return send_datagram(conn, parts, n_parts, now_ns, false);
}

int lp_quic_send_ahead(struct lp_quic_conn *conn, const struct lp_bytes *parts, size_t n_parts, uint64_t now_ns)
{
	return send_datagram(conn, parts, n_parts, now_ns, true);
}
