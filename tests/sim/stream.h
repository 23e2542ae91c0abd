/* A transfer that controls itself, as TCP does: inside a tunnel, or beside it on the same line. Packets are never sent
   again, others take their place: what is modelled is how much is in flight, not what is in it. */
#ifndef LP_TESTS_SIM_STREAM_H
#define LP_TESTS_SIM_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tunnel.h"

enum stream_control {
	STREAM_CUBIC,       /* RFC 9438, with HyStart */
	STREAM_BBR,         /* version 1 */
	STREAM_CUBIC_PLAIN, /* without HyStart, which jitter ends after a few round trips by chance */
};

struct stream;

/* Opens a transfer from the client to the server (|up|) or back; |raw|: beside the tunnel, by UDP. */
struct stream *stream_open(struct tunnel *tunnel, enum stream_control control, bool up, bool raw);
void stream_close(struct stream *stream);
/* Bytes of data that arrived. */
uint64_t stream_bytes(const struct stream *stream);
uint64_t stream_window(const struct stream *stream);
uint64_t stream_lost(const struct stream *stream);
/* Takes a frame that came out of the tunnel, if it is a transfer's. For the tunnel's `frame`. */
void stream_frame(struct tunnel_end *end, const uint8_t *frame, size_t len, uint64_t now_ns);

#endif
