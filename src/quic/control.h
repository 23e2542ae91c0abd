/* What waits on the control stream towards the peer. QUIC does not copy stream data: a byte stays here until it is
   acknowledged. */
#ifndef LP_QUIC_CONTROL_H
#define LP_QUIC_CONTROL_H

#include <stddef.h>
#include <stdint.h>

#define LP_CONTROL_MAX ((size_t)256 * 1024) /* bytes that are not acknowledged yet */

struct lp_control_block;

struct lp_control {
	struct lp_control_block *first, *last;
	struct lp_control_block *unsent; /* where the first byte is that was never sent; NULL if all were */
	uint64_t queued;                 /* offset behind the last byte */
	uint64_t sent;                   /* offset behind the last byte that the library took */
	uint64_t acked;                  /* offset behind the last byte that the peer has, without a gap */
};

void lp_control_init(struct lp_control *control);
void lp_control_done(struct lp_control *control);
/* Queues a copy. 0, LP_EFULL if more than LP_CONTROL_MAX would wait, LP_ENOMEM. Nothing is queued in part. */
int lp_control_queue(struct lp_control *control, const uint8_t *data, size_t len);
/* The next run of bytes to send; returns its length, 0 if there is none. */
size_t lp_control_next(const struct lp_control *control, const uint8_t **ret_data);
/* The first |len| bytes of that run were taken by the library. */
void lp_control_sent(struct lp_control *control, size_t len);
/* Everything up to |offset| is acknowledged. */
void lp_control_acked(struct lp_control *control, uint64_t offset);

#endif
