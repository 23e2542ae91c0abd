/* The send buffer of the control stream. ngtcp2 does not copy stream data: a byte stays here until it is
   acknowledged. */
#ifndef LP_QUIC_CONTROL_H
#define LP_QUIC_CONTROL_H

#include <stddef.h>
#include <stdint.h>

#define LP_CONTROL_MAX ((size_t)384 * 1024) /* bytes that are not acknowledged yet */
/* Bytes of all streams of an endpoint that are not acknowledged yet, above which a stream takes no more if it has
   LP_CONTROL_SHARE of them: peers that do not read then cannot fill the memory of the process. */
#define LP_CONTROL_TOTAL ((size_t)64 << 20)
#define LP_CONTROL_SHARE ((size_t)32 * 1024)

struct lp_control_block;

struct lp_control {
	struct lp_control_block *first, *last;
	struct lp_control_block *unsent; /* has the first byte that was never sent; NULL: none */
	uint64_t queued;                 /* offset behind the last byte */
	uint64_t sent;                   /* offset behind the last byte that ngtcp2 accepted */
	uint64_t acked;                  /* offset up to which everything is acknowledged */
	size_t *total;                   /* bytes of all streams that are not acknowledged */
};

/* |total| is borrowed until lp_control_done(). */
void lp_control_init(struct lp_control *control, size_t *total);
void lp_control_done(struct lp_control *control);
/* Queues a copy of all bytes or of none. 0; LP_EFULL: more than LP_CONTROL_MAX unacknowledged, or too
   many of all streams; LP_ENOMEM. */
int lp_control_queue(struct lp_control *control, const uint8_t *data, size_t len);
/* The next contiguous bytes to send. Returns their number, 0: none. */
size_t lp_control_next(const struct lp_control *control, const uint8_t **ret_data);
/* ngtcp2 accepted the first |len| of these bytes. */
void lp_control_sent(struct lp_control *control, size_t len);
/* Everything up to |offset| is acknowledged. */
void lp_control_acked(struct lp_control *control, uint64_t offset);

#endif
