/* Padding towards a wire: zeros up to 60 bytes (IEEE 802.3 §4.2.3.3), so that no memory leaks out in it. */
#ifndef LP_PROTO_PAD_H
#define LP_PROTO_PAD_H

#include <stddef.h>
#include <stdint.h>

#include "proto/ether.h"

/* Zeros to point a last part of a frame at. */
extern const uint8_t lp_pad_zeros[LP_ETHER_FRAME_MIN];

/* How many zeros a frame of |len| bytes lacks. */
static inline size_t lp_pad_len(size_t len)
{
	return len < LP_ETHER_FRAME_MIN ? LP_ETHER_FRAME_MIN - len : 0;
}

#endif
