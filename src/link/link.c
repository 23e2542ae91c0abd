#include "link/link.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "egress/queue.h"
#include "proto/datagram.h"
#include "proto/fragment.h"
#include "quic/endpoint.h"

#define DEFAULT_QUEUE_BYTES ((size_t)2 << 20)

/* Frames of up to this size may pass the queue, in all this many bytes between two openings of the window, which bounds
   the delay of the queued frames. */
#define AHEAD_FRAME_BYTES 256U
#define AHEAD_BYTES 768U

/* Progress of the frame at the head of the queue. */
struct progress {
	struct lp_fragment_plan plan;
	unsigned n_sent; /* fragments; 0: not planned yet */
	uint16_t frame_id;
};

struct lp_link {
	struct lp_link_config config;
	struct lp_queue *queue;
	struct lp_link_counters counters; /* next to the fields that every frame needs */
	struct lp_reassembly *reassembly;
	struct progress head;
	uint16_t next_frame_id;
	bool congested;
	size_t ahead_bytes;                            /* bytes that passed the queue since the window last opened */
	size_t low_bytes;                              /* where |congested| ends */
	uint64_t full_seen, aqm_seen, reassembly_seen; /* of the parts' counters, already in |counters| */
};

int lp_link_new(const struct lp_link_config *config, struct lp_link **ret_link)
{
	int result = LP_ENOMEM;
	struct lp_link *link = calloc(1, sizeof *link);
	if (!link)
		return result;
	link->config = *config;
	size_t max_bytes = config->queue_max_bytes ? config->queue_max_bytes : DEFAULT_QUEUE_BYTES;
	link->low_bytes = max_bytes / 4;
	struct lp_queue_config queue = {
		.max_bytes = max_bytes, .hash_seed = config->hash_seed, .share = config->share, .ecn = true};
	result = lp_queue_new(&queue, config->pool, &link->queue);
	if (result < 0)
		goto fail;
	struct lp_reassembly_config reassembly;
	lp_reassembly_config_init(&reassembly);
	result = lp_reassembly_new(&reassembly, &link->reassembly);
	if (result < 0)
		goto fail;
	*ret_link = link;
	return 0;
fail:
	lp_link_free(link);
	return result;
}

void lp_link_free(struct lp_link *link)
{
	if (!link)
		return;
	lp_queue_free(link->queue);
	lp_reassembly_free(link->reassembly);
	free(link);
}

/* Finds |len| bytes from |offset| on in |parts|. Returns the number of |ret_slices|. */
static size_t slice(const struct lp_bytes *parts, size_t n_parts, size_t offset, size_t len,
	struct lp_bytes ret_slices[LP_LINK_PARTS_MAX])
{
	size_t n = 0;
	for (size_t i = 0; i < n_parts && len > 0; i++) {
		if (offset >= parts[i].len) {
			offset -= parts[i].len;
			continue;
		}
		size_t take = parts[i].len - offset < len ? parts[i].len - offset : len;
		ret_slices[n++] = (struct lp_bytes){parts[i].data + offset, take};
		offset = 0;
		len -= take;
	}
	return n;
}

/* Sends one DATAGRAM: the header that |datagram| describes, then |parts|. */
static int send_one(struct lp_link *link, const struct lp_datagram *datagram, const struct lp_bytes *parts,
	size_t n_parts, uint64_t now_ns)
{
	uint8_t header[LP_DATAGRAM_FRAGMENT_HEADER];
	struct lp_bytes out[1 + LP_LINK_PARTS_MAX] = {{header, lp_datagram_write_header(datagram, header)}};
	for (size_t i = 0; i < n_parts; i++)
		out[1 + i] = parts[i];
	int result = lp_quic_send_datagram(link->config.conn, out, 1 + n_parts, now_ns);
	if (result == 0)
		link->counters.datagrams_out++;
	return result;
}

/* Sends the fragments of a frame from progress->n_sent on. */
static int send_fragments(struct lp_link *link, struct progress *progress, uint16_t source,
	const struct lp_bytes *parts, size_t n_parts, size_t len, uint64_t now_ns)
{
	const struct lp_fragment_plan *plan = &progress->plan;
	for (; progress->n_sent < plan->count; progress->n_sent++) {
		size_t offset = progress->n_sent * plan->piece_len;
		size_t piece_len = len - offset < plan->piece_len ? len - offset : plan->piece_len;
		struct lp_bytes slices[LP_LINK_PARTS_MAX];
		size_t n_slices = slice(parts, n_parts, offset, piece_len, slices);
		struct lp_datagram datagram = {
			.kind = LP_DATAGRAM_FRAGMENT,
			.source = source,
			.frame_id = progress->frame_id,
			.index = (uint8_t)progress->n_sent,
			.count = (uint8_t)plan->count,
		};
		int result = send_one(link, &datagram, slices, n_slices, now_ns);
		if (result < 0)
			return result;
	}
	return 0;
}

/* Sends a frame, or the rest of it. 0: it is sent in full; LP_EAGAIN: the window is closed; LP_ETOOBIG: the path is too
   narrow for it; LP_ECLOSED. */
static int send_frame(struct lp_link *link, struct progress *progress, uint16_t source, const struct lp_bytes *parts,
	size_t n_parts, size_t len, uint64_t now_ns)
{
	/* At most twice: if the path MTU shrank since the frame was planned, it starts again. */
	int result = LP_ETOOBIG;
	for (unsigned attempt = 0; attempt < 2 && result == LP_ETOOBIG; attempt++) {
		if (progress->n_sent == 0) {
			result = lp_fragment_plan(len, lp_quic_budget(link->config.conn), &progress->plan);
			if (result < 0)
				return result;
			progress->frame_id = progress->plan.count > 1 ? link->next_frame_id++ : 0;
		}
		if (progress->plan.count == 1) {
			struct lp_datagram datagram = {.kind = LP_DATAGRAM_FRAME, .source = source};
			result = send_one(link, &datagram, parts, n_parts, now_ns);
		} else {
			result = send_fragments(link, progress, source, parts, n_parts, len, now_ns);
		}
		if (result == LP_ETOOBIG)
			progress->n_sent = 0;
	}
	if (result == 0) {
		link->counters.frames_out++;
		link->counters.bytes_out += len;
	}
	return result;
}

/* Sends a small frame past the queue if its flow may. True if it was sent. */
static bool send_ahead(struct lp_link *link, uint16_t source, const struct lp_bytes *parts, size_t n_parts, size_t len,
	uint64_t now_ns)
{
	uint8_t frame[AHEAD_FRAME_BYTES], header[LP_DATAGRAM_FRAGMENT_HEADER];
	if (len > AHEAD_FRAME_BYTES || link->ahead_bytes + len > AHEAD_BYTES)
		return false;
	size_t offset = 0;
	for (size_t i = 0; i < n_parts; offset += parts[i++].len) {
		if (parts[i].len)
			memcpy(frame + offset, parts[i].data, parts[i].len);
	}
	if (!lp_queue_may_pass(link->queue, frame, len, source))
		return false;
	struct lp_datagram datagram = {.kind = LP_DATAGRAM_FRAME, .source = source};
	struct lp_bytes out[2] = {{header, lp_datagram_write_header(&datagram, header)}, {frame, len}};
	if (lp_quic_send_ahead(link->config.conn, out, 2, now_ns) < 0)
		return false;
	link->ahead_bytes += len;
	lp_queue_passed(link->queue, frame, len, source);
	link->counters.datagrams_out++;
	link->counters.frames_out++;
	link->counters.bytes_out += len;
	return true;
}

/* Counts a frame that the connection cannot send at all. */
static enum lp_drop count_refused(struct lp_link *link, int error)
{
	enum lp_drop drop = error == LP_ETOOBIG ? LP_DROP_OVERSIZE : LP_DROP_NOT_JOINED;
	link->counters.drops[drop]++;
	return drop;
}

enum lp_drop lp_link_send(
	struct lp_link *link, uint16_t source, const struct lp_bytes *parts, size_t n_parts, uint64_t now_ns)
{
	assert(n_parts <= LP_LINK_PARTS_MAX);
	size_t len = 0;
	for (size_t i = 0; i < n_parts; i++)
		len += parts[i].len;
	if (len == 0 || len > LP_QUEUE_FRAME_MAX) {
		enum lp_drop drop = len ? LP_DROP_OVERSIZE : LP_DROP_MALFORMED_FRAME;
		link->counters.drops[drop]++;
		return drop;
	}

	struct progress progress = {0};
	bool straight = lp_queue_empty(link->queue);
	if (straight) {
		int result = send_frame(link, &progress, source, parts, n_parts, len, now_ns);
		if (result == 0)
			return LP_DROP_NONE;
		if (result != LP_EAGAIN)
			return count_refused(link, result);
	}
	if (progress.n_sent == 0 && send_ahead(link, source, parts, n_parts, len, now_ns))
		return LP_DROP_NONE;
	if (lp_queue_push(link->queue, parts, n_parts, source, now_ns) < 0) {
		link->congested = true;
		return LP_DROP_QUEUE_FULL;
	}
	if (straight) {
		/* It is alone in the queue. Making it the head now ensures that a frame with fragments already sent is
		   finished first. */
		lp_queue_head(link->queue, now_ns);
		link->head = progress;
	}
	return LP_DROP_NONE;
}

void lp_link_writable(struct lp_link *link, uint64_t now_ns)
{
	const struct lp_queued *head;
	uint64_t target_ns, interval_ns;
	link->ahead_bytes = 0;
	lp_quic_queue_delay(link->config.conn, &target_ns, &interval_ns);
	lp_queue_set_delay(link->queue, target_ns, interval_ns);
	while ((head = lp_queue_head(link->queue, now_ns))) {
		struct lp_bytes part = {head->data, head->len};
		int result = send_frame(link, &link->head, head->source, &part, 1, head->len, now_ns);
		if (result == LP_EAGAIN)
			break;
		if (result < 0)
			count_refused(link, result);
		lp_queue_pop(link->queue);
		link->head.n_sent = 0;
	}
	if (lp_link_waiting_bytes(link) <= link->low_bytes)
		link->congested = false;
}

static void deliver(struct lp_link *link, uint16_t source, const uint8_t *frame, size_t len, uint64_t now_ns)
{
	link->counters.frames_in++;
	link->counters.bytes_in += len;
	link->config.frame(link->config.ctx, source, frame, len, now_ns);
}

int lp_link_receive(struct lp_link *link, const uint8_t *data, size_t len, uint64_t now_ns)
{
	struct lp_datagram datagram;
	link->counters.datagrams_in++;
	if (lp_datagram_read(data, len, &datagram) < 0) {
		link->counters.drops[LP_DROP_MALFORMED_DATAGRAM]++;
		return LP_EMALFORMED;
	}
	if (datagram.kind == LP_DATAGRAM_FRAME) {
		deliver(link, datagram.source, datagram.payload, datagram.payload_len, now_ns);
		return 0;
	}
	const uint8_t *frame;
	size_t frame_len;
	int result = lp_reassembly_add(link->reassembly, &datagram, now_ns, &frame, &frame_len);
	if (result == 1)
		deliver(link, datagram.source, frame, frame_len, now_ns);
	return result == LP_EMALFORMED ? result : 0;
}

void lp_link_expire(struct lp_link *link, uint64_t now_ns)
{
	lp_reassembly_expire(link->reassembly, now_ns);
}

bool lp_link_congested(const struct lp_link *link)
{
	return link->congested;
}

size_t lp_link_waiting_bytes(const struct lp_link *link)
{
	return lp_queue_counters(link->queue)->bytes;
}

/* Adds what a part's counter has gained since the last call. */
static void take_over(uint64_t *total, uint64_t *seen, uint64_t now)
{
	*total += now - *seen;
	*seen = now;
}

struct lp_link_counters *lp_link_counters(struct lp_link *link)
{
	const struct lp_queue_counters *queue = lp_queue_counters(link->queue);
	const struct lp_reassembly_counters *reassembly = lp_reassembly_counters(link->reassembly);
	uint64_t *drops = link->counters.drops;
	take_over(&drops[LP_DROP_QUEUE_FULL], &link->full_seen, queue->dropped_full);
	take_over(&drops[LP_DROP_QUEUE_AQM], &link->aqm_seen, queue->dropped_aqm);
	take_over(&drops[LP_DROP_REASSEMBLY], &link->reassembly_seen,
		reassembly->timed_out + reassembly->evicted + reassembly->mixed + reassembly->no_memory);
	return &link->counters;
}
