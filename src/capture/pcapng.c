#include "capture/pcapng.h"

#include <string.h>

#include "base/cursor.h"
#include "base/error.h"

#define BYTE_ORDER_MAGIC 0x1a2b3c4dU
#define LINKTYPE_ETHERNET 1U
#define BLOCK_MIN 12U
#define BLOCK_MAX (1U << 20)

/* Codes of options. */
#define END 0
#define COMMENT 1
#define SECTION_PROGRAM 4
#define INTERFACE_NAME 2
#define INTERFACE_DESCRIPTION 3
#define INTERFACE_RESOLUTION 9
#define FRAME_FLAGS 2
#define FRAME_LOST 4
#define STATISTICS_RECEIVED 4
#define STATISTICS_LOST 5

/* Bits of FRAME_FLAGS. */
#define INBOUND 1U
#define OUTBOUND 2U

static void pad(struct lp_writer *writer, size_t len)
{
	lp_writer_zero(writer, (4 - len % 4) % 4);
}

/* Starts a block; the length is filled in by end_block(). Returns the place of it. */
static uint8_t *begin_block(struct lp_writer *writer, uint32_t type)
{
	lp_writer_u32(writer, type);
	return lp_writer_claim(writer, 4);
}

static void end_block(struct lp_writer *writer, uint8_t *length_at)
{
	if (!length_at || writer->bad)
		return;
	uint32_t len = (uint32_t)(writer->at - length_at) + 4 + 4; /* the type before it, the length at the end */
	struct lp_writer length = lp_writer_init(length_at, 4);
	lp_writer_u32(&length, len);
	lp_writer_u32(writer, len);
}

static void add_option(struct lp_writer *writer, uint16_t code, const void *value, size_t len)
{
	lp_writer_u16(writer, code);
	lp_writer_u16(writer, (uint16_t)len);
	lp_writer_bytes(writer, value, len);
	pad(writer, len);
}

static void add_text(struct lp_writer *writer, uint16_t code, const char *text)
{
	size_t len = strlen(text);
	add_option(writer, code, text, len < UINT16_MAX ? len : UINT16_MAX);
}

static void add_u64(struct lp_writer *writer, uint16_t code, uint64_t value)
{
	lp_writer_u16(writer, code);
	lp_writer_u16(writer, 8);
	lp_writer_u64(writer, value);
}

void lp_pcapng_section(struct lp_writer *writer, const char *software)
{
	uint8_t *length = begin_block(writer, LP_PCAPNG_SECTION);
	lp_writer_u32(writer, BYTE_ORDER_MAGIC);
	lp_writer_u16(writer, 1); /* version 1.0 */
	lp_writer_u16(writer, 0);
	lp_writer_u64(writer, UINT64_MAX); /* the section's length is not known */
	add_text(writer, SECTION_PROGRAM, software);
	add_option(writer, END, NULL, 0);
	end_block(writer, length);
}

void lp_pcapng_interface(struct lp_writer *writer, const char *name, const char *description)
{
	uint8_t *length = begin_block(writer, LP_PCAPNG_INTERFACE), nanoseconds = 9;
	lp_writer_u16(writer, LINKTYPE_ETHERNET);
	lp_writer_u16(writer, 0);
	lp_writer_u32(writer, 0); /* frames are complete */
	add_text(writer, INTERFACE_NAME, name);
	add_text(writer, INTERFACE_DESCRIPTION, description);
	add_option(writer, INTERFACE_RESOLUTION, &nanoseconds, 1);
	add_option(writer, END, NULL, 0);
	end_block(writer, length);
}

/* The bytes of all parts. */
static size_t total(const struct lp_pcapng_frame *frame)
{
	size_t len = 0;
	for (size_t i = 0; i < frame->n_parts; i++)
		len += frame->parts[i].len;
	return len;
}

void lp_pcapng_frame(struct lp_writer *writer, const struct lp_pcapng_frame *frame)
{
	uint8_t *length = begin_block(writer, LP_PCAPNG_FRAME);
	size_t len = total(frame);
	lp_writer_u32(writer, frame->interface);
	lp_writer_u64(writer, frame->unix_ns);
	lp_writer_u32(writer, (uint32_t)len);
	lp_writer_u32(writer, (uint32_t)len);
	for (size_t i = 0; i < frame->n_parts; i++)
		lp_writer_bytes(writer, frame->parts[i].data, frame->parts[i].len);
	pad(writer, len);
	if (frame->comment)
		add_text(writer, COMMENT, frame->comment);
	lp_writer_u16(writer, FRAME_FLAGS);
	lp_writer_u16(writer, 4);
	lp_writer_u32(writer, frame->inbound ? INBOUND : OUTBOUND);
	if (frame->n_lost)
		add_u64(writer, FRAME_LOST, frame->n_lost);
	add_option(writer, END, NULL, 0);
	end_block(writer, length);
}

void lp_pcapng_statistics(
	struct lp_writer *writer, uint32_t interface, uint64_t unix_ns, uint64_t n_frames, uint64_t n_lost)
{
	uint8_t *length = begin_block(writer, LP_PCAPNG_STATISTICS);
	lp_writer_u32(writer, interface);
	lp_writer_u64(writer, unix_ns);
	add_u64(writer, STATISTICS_RECEIVED, n_frames);
	add_u64(writer, STATISTICS_LOST, n_lost);
	add_option(writer, END, NULL, 0);
	end_block(writer, length);
}

int lp_pcapng_block(const uint8_t *data, size_t len, uint32_t *ret_type, size_t *ret_block_len)
{
	struct lp_reader reader = lp_reader_init(data, len);
	uint32_t type = lp_reader_u32(&reader), block_len = lp_reader_u32(&reader);
	if (reader.bad)
		return 0;
	if (block_len < BLOCK_MIN || block_len % 4 != 0 || block_len > BLOCK_MAX)
		return LP_EMALFORMED;
	*ret_type = type;
	*ret_block_len = block_len;
	return 1;
}
