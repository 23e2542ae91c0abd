#include "ctrl/stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/error.h"
#include "ctrl/message.h"

/* The first allocation, sufficient for most messages, and the largest one that is kept for the next message. */
#define KEPT_BYTES 512U

void lp_ctrl_stream_init(struct lp_ctrl_stream *stream)
{
	memset(stream, 0, sizeof *stream);
}

void lp_ctrl_stream_done(struct lp_ctrl_stream *stream)
{
	free(stream->data);
	lp_ctrl_stream_init(stream);
}

/* Moves up to |want| bytes from the input to |to|; returns their number. */
static size_t take(const uint8_t **data, size_t *len, uint8_t *to, size_t want)
{
	size_t n = *len < want ? *len : want;
	if (n > 0) {
		memcpy(to, *data, n);
		*data += n;
		*len -= n;
	}
	return n;
}

/* Consumes bytes of the length prefix. */
static void take_prefix(struct lp_ctrl_stream *stream, const uint8_t **data, size_t *len)
{
	stream->have += take(data, len, stream->prefix + stream->have, sizeof stream->prefix - stream->have);
	struct lp_reader prefix = lp_reader_init(stream->prefix, stream->have);
	if (stream->have == sizeof stream->prefix)
		stream->want = lp_reader_u32(&prefix);
}

/* Allocates |need| bytes for the message, at most twice the bytes received. */
static int reserve(struct lp_ctrl_stream *stream, size_t need)
{
	if (need <= stream->size)
		return 0;
	size_t size = stream->size * 2 > need ? stream->size * 2 : need;
	if (size < KEPT_BYTES)
		size = KEPT_BYTES;
	uint8_t *bigger = realloc(stream->data, size);
	if (!bigger)
		return LP_ENOMEM;
	stream->data = bigger;
	stream->size = size;
	return 0;
}

/* Prepares for the next message; frees the memory of a large one. */
static void next_message(struct lp_ctrl_stream *stream)
{
	if (stream->size > KEPT_BYTES) {
		lp_ctrl_stream_done(stream);
		return;
	}
	stream->have = 0;
	stream->want = 0;
}

int lp_ctrl_stream_read(
	struct lp_ctrl_stream *stream, const uint8_t **data, size_t *len, const uint8_t **ret_message, size_t *ret_len)
{
	size_t done = stream->have < sizeof stream->prefix ? 0 : stream->have - sizeof stream->prefix;
	if (stream->want > 0 && done == stream->want) {
		next_message(stream);
		done = 0;
	}
	if (stream->have < sizeof stream->prefix)
		take_prefix(stream, data, len);
	if (stream->have < sizeof stream->prefix)
		return 0;
	if (stream->want == 0)
		return LP_EMALFORMED;
	if (stream->want > LP_MESSAGE_MAX)
		return LP_ETOOBIG;

	size_t more = stream->want - done < *len ? stream->want - done : *len;
	if (more == 0)
		return 0;
	int result = reserve(stream, done + more);
	if (result < 0)
		return result;
	done += take(data, len, stream->data + done, more);
	stream->have = sizeof stream->prefix + done;
	if (done < stream->want)
		return 0;
	*ret_message = stream->data;
	*ret_len = stream->want;
	return 1;
}
