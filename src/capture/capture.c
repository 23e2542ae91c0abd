#include "capture/capture.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cursor.h"
#include "base/error.h"
#include "base/text.h"
#include "capture/pcapng.h"

#define COMMENT_BYTES 512U
/* A super-frame, and what its block adds to it. */
#define BLOCK_BYTES (((size_t)66 << 10) + COMMENT_BYTES + LP_PCAPNG_FRAME_OVERHEAD)
#define MACS_BYTES 12U /* destination and source */

struct lp_capture_reader {
	const struct lp_lock *lock; /* the capture's */
	struct lp_capture_filter filter;
	int64_t offset_ns;
	void (*wake)(void *ctx);
	void *ctx;
	uint64_t n_frames[LP_CAPTURE_SIDE_COUNT], n_lost[LP_CAPTURE_SIDE_COUNT];
	uint64_t n_unreported; /* lost since the last block */
	size_t head, used;     /* of the ring: the first byte, and the number of bytes */
	uint8_t ring[LP_CAPTURE_RING_BYTES];
	uint8_t block[BLOCK_BYTES]; /* under construction */
};

/* Moves the block into the ring. False if there is no space. */
static bool push(struct lp_capture_reader *reader, const struct lp_writer *writer)
{
	size_t len = lp_writer_len(writer), tail = (reader->head + reader->used) % sizeof reader->ring;
	if (writer->bad || len > sizeof reader->ring - reader->used)
		return false;
	size_t first = sizeof reader->ring - tail < len ? sizeof reader->ring - tail : len;
	memcpy(reader->ring + tail, reader->block, first);
	memcpy(reader->ring, reader->block + first, len - first);
	bool was_empty = reader->used == 0;
	reader->used += len;
	if (was_empty)
		reader->wake(reader->ctx);
	return true;
}

/* Adds the section's header and the interfaces. */
static void push_header(struct lp_capture_reader *reader, const char *software)
{
	struct lp_writer writer = lp_writer_init(reader->block, sizeof reader->block);
	lp_pcapng_section(&writer, software);
#define X(name, interface, description) lp_pcapng_interface(&writer, interface, description);
	LP_CAPTURE_SIDES(X)
#undef X
	(void)push(reader, &writer);
}

int lp_capture_open(struct lp_capture *capture, const struct lp_capture_filter *filter, const char *software,
	int64_t offset_ns, void (*wake)(void *ctx), void *ctx, struct lp_capture_reader **ret_reader)
{
	if (atomic_load(&capture->n_readers) == LP_CAPTURE_READERS_MAX) /* only the caller's thread changes it */
		return LP_EFULL;
	struct lp_capture_reader *reader = malloc(sizeof *reader);
	if (!reader)
		return LP_ENOMEM;
	memset(reader, 0, offsetof(struct lp_capture_reader, ring));
	reader->lock = &capture->lock;
	reader->filter = *filter;
	reader->offset_ns = offset_ns;
	reader->wake = wake;
	reader->ctx = ctx;
	push_header(reader, software);
	lp_lock_take(&capture->lock);
	capture->readers[capture->n_readers++] = reader;
	lp_lock_release(&capture->lock);
	*ret_reader = reader;
	return 0;
}

void lp_capture_close(struct lp_capture *capture, struct lp_capture_reader *reader)
{
	if (!reader)
		return;
	unsigned i = 0;
	lp_lock_take(&capture->lock);
	while (capture->readers[i] != reader)
		i++;
	capture->readers[i] = capture->readers[--capture->n_readers];
	lp_lock_release(&capture->lock);
	free(reader);
}

size_t lp_capture_read(struct lp_capture_reader *reader, uint8_t *data, size_t size)
{
	lp_lock_take(reader->lock);
	size_t n = reader->used < size ? reader->used : size;
	if (n > sizeof reader->ring - reader->head)
		n = sizeof reader->ring - reader->head;
	memcpy(data, reader->ring + reader->head, n);
	reader->head = (reader->head + n) % sizeof reader->ring;
	reader->used -= n;
	lp_lock_release(reader->lock);
	return n;
}

void lp_capture_tick(struct lp_capture_reader *reader, uint64_t now_ns)
{
	lp_lock_take(reader->lock);
	struct lp_writer writer = lp_writer_init(reader->block, sizeof reader->block);
	for (uint32_t side = 0; side < LP_CAPTURE_SIDE_COUNT; side++)
		lp_pcapng_statistics(&writer, side, now_ns + (uint64_t)reader->offset_ns, reader->n_frames[side],
			reader->n_lost[side]);
	(void)push(reader, &writer); /* a full ring has a reader that is busy */
	lp_lock_release(reader->lock);
}

void lp_capture_counts(const struct lp_capture_reader *reader, uint64_t *ret_frames, uint64_t *ret_lost)
{
	*ret_frames = *ret_lost = 0;
	lp_lock_take(reader->lock);
	for (uint32_t side = 0; side < LP_CAPTURE_SIDE_COUNT; side++) {
		*ret_frames += reader->n_frames[side];
		*ret_lost += reader->n_lost[side];
	}
	lp_lock_release(reader->lock);
}

/* Copies the two MACs at the start of a frame. False if it is too short. */
static bool read_macs(const struct lp_capture_note *note, uint8_t macs[MACS_BYTES])
{
	size_t n = 0;
	for (size_t i = 0; i < note->n_parts && n < MACS_BYTES; i++) {
		size_t left = MACS_BYTES - n, len = note->parts[i].len < left ? note->parts[i].len : left;
		if (len)
			memcpy(macs + n, note->parts[i].data, len);
		n += len;
	}
	return n == MACS_BYTES;
}

static bool matches(const struct lp_capture_filter *filter, const struct lp_capture_note *note)
{
	uint8_t macs[MACS_BYTES];
	if (filter->drops && note->drop == LP_DROP_NONE)
		return false;
	if (filter->room[0] && note->room && strcasecmp(filter->room, note->room) != 0)
		return false;
	if (!filter->by_peer || (note->peer_id != 0 && note->peer_id == filter->peer_id))
		return true;
	return read_macs(note, macs) && (memcmp(macs, filter->mac.octet, sizeof filter->mac.octet) == 0 ||
						memcmp(macs + 6, filter->mac.octet, sizeof filter->mac.octet) == 0);
}

/* "from peer 3 (Bob), room PARTY, route relay: dropped, rogue_dhcp: a DHCP server message from …" */
static void write_comment(const struct lp_capture_note *note, struct lp_text *text)
{
	lp_text_add(text, note->inbound ? "from " : "to ");
	if (note->side == LP_CAPTURE_LAN)
		lp_text_add(text, "the LAN");
	else if (note->peer_id)
		lp_text_addf(text, "peer %u", note->peer_id);
	else
		lp_text_add(text, "the room");
	if (note->peer_id && note->peer_name && note->peer_name[0]) {
		lp_text_add(text, " (");
		lp_text_escaped(text, note->peer_name);
		lp_text_add(text, ")");
	}
	if (note->room) {
		lp_text_add(text, ", room ");
		lp_text_escaped(text, note->room);
	}
	if (note->route)
		lp_text_addf(text, ", route %s", note->route);
	if (note->drop != LP_DROP_NONE)
		lp_text_addf(text, ": dropped, %s: %s", lp_drop_wire(note->drop), lp_drop_text(note->drop));
	else
		lp_text_addf(text, ": %s", note->verdict ? note->verdict : "forwarded");
}

void lp_capture_note(struct lp_capture *capture, const struct lp_capture_note *note, uint64_t now_ns)
{
	char comment[COMMENT_BYTES] = "";
	lp_lock_take(&capture->lock);
	for (unsigned i = 0; i < capture->n_readers; i++) {
		struct lp_capture_reader *reader = capture->readers[i];
		if (!matches(&reader->filter, note))
			continue;
		if (!comment[0]) {
			struct lp_text text;
			lp_text_init(&text, comment, sizeof comment);
			write_comment(note, &text);
		}
		struct lp_writer writer = lp_writer_init(reader->block, sizeof reader->block);
		lp_pcapng_frame(&writer, &(struct lp_pcapng_frame){
						 .interface = note->side,
						 .unix_ns = now_ns + (uint64_t)reader->offset_ns,
						 .parts = note->parts,
						 .n_parts = note->n_parts,
						 .inbound = note->inbound,
						 .comment = comment,
						 .n_lost = reader->n_unreported,
					 });
		reader->n_frames[note->side]++;
		if (push(reader, &writer)) {
			reader->n_unreported = 0;
		} else {
			reader->n_lost[note->side]++;
			reader->n_unreported++;
		}
	}
	lp_lock_release(&capture->lock);
}
