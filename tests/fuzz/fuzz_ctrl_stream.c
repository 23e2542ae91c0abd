/* The framing of the control stream: split at any positions, the same messages come out, and never more bytes than
   arrived. */
#include <stdint.h>
#include <stdlib.h>

#include "base/error.h"
#include "ctrl/message.h"
#include "ctrl/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The output: the number of messages, their bytes, a sum that depends on their order, and the final result. */
struct outcome {
	size_t n_messages, n_bytes;
	uint64_t sum;
	int result;
};

/* Feeds all bytes in parts of up to |piece| bytes. */
static struct outcome run(const uint8_t *data, size_t len, size_t piece)
{
	struct lp_ctrl_stream stream;
	struct outcome outcome = {0};
	lp_ctrl_stream_init(&stream);
	while (len > 0 && outcome.result >= 0) {
		const uint8_t *at = data, *message;
		size_t left = len < piece ? len : piece, message_len, step = left;
		while ((outcome.result = lp_ctrl_stream_read(&stream, &at, &left, &message, &message_len)) == 1) {
			if (message_len == 0 || message_len > LP_MESSAGE_MAX)
				abort();
			outcome.n_messages++;
			outcome.n_bytes += message_len;
			for (size_t i = 0; i < message_len; i++)
				outcome.sum = outcome.sum * 31 + message[i];
		}
		if (outcome.result == 0 && left > 0)
			abort();
		data += step;
		len -= step;
	}
	if (stream.size > 2 * (size_t)LP_MESSAGE_MAX)
		abort();
	lp_ctrl_stream_done(&stream);
	return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct outcome whole = run(data, len, len);
	for (size_t piece = 1; piece <= 7; piece += 2) {
		struct outcome cut = run(data, len, piece);
		if (cut.n_messages != whole.n_messages || cut.n_bytes != whole.n_bytes || cut.sum != whole.sum ||
			cut.result != whole.result)
			abort();
	}
	if (whole.n_bytes + 4 * whole.n_messages > len)
		abort();
	return 0;
}
