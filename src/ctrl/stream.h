/* The framing of the control stream: u32 length, then that many bytes (1 to LP_MESSAGE_MAX). */
#ifndef LP_CTRL_STREAM_H
#define LP_CTRL_STREAM_H

#include <stddef.h>
#include <stdint.h>

/* Collects one message at a time. Memory grows with what really arrived, never with what a length promises. */
struct lp_ctrl_stream {
	uint8_t *data; /* the message so far, without its length */
	size_t size;   /* allocated */
	size_t have;   /* bytes of length and message so far */
	uint32_t want; /* message length once its four bytes are here */
	uint8_t prefix[4];
};

void lp_ctrl_stream_init(struct lp_ctrl_stream *stream);
void lp_ctrl_stream_done(struct lp_ctrl_stream *stream);
/* Takes bytes from |*data|, |*len| up to the end of one message and moves both on. Returns 1 when a message is
   complete (|ret_message|, |ret_len|; valid until the next call), 0 when more is needed, LP_ETOOBIG or
   LP_EMALFORMED for an impossible length, LP_ENOMEM. */
int lp_ctrl_stream_read(
	struct lp_ctrl_stream *stream, const uint8_t **data, size_t *len, const uint8_t **ret_message, size_t *ret_len);

#endif
