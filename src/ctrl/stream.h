/* The framing of the control stream: a u32 length (1 to LP_MESSAGE_MAX), then the message. */
#ifndef LP_CTRL_STREAM_H
#define LP_CTRL_STREAM_H

#include <stddef.h>
#include <stdint.h>

/* Collects one message at a time. Memory grows with the bytes received, not with the length in the prefix. */
struct lp_ctrl_stream {
	uint8_t *data; /* the bytes of the message received, without the prefix */
	size_t size;   /* allocated */
	size_t have;   /* bytes received, prefix included */
	uint32_t want; /* length of the message, once the prefix is complete */
	uint8_t prefix[4];
};

void lp_ctrl_stream_init(struct lp_ctrl_stream *stream);
void lp_ctrl_stream_done(struct lp_ctrl_stream *stream);
/* Consumes bytes from |*data|, |*len| up to the end of one message, and advances both. 1: a message is complete
   (|ret_message|, |ret_len|; valid until the next call); 0: more bytes are needed; LP_ETOOBIG or LP_EMALFORMED: an
   invalid length; LP_ENOMEM. */
int lp_ctrl_stream_read(
	struct lp_ctrl_stream *stream, const uint8_t **data, size_t *len, const uint8_t **ret_message, size_t *ret_len);

#endif
