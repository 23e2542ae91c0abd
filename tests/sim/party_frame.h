/* The frames of a party: UDP in IPv4, with a sender, a number, a time, and a pattern that reveals any corrupted
   byte. */
#ifndef LP_TESTS_SIM_PARTY_FRAME_H
#define LP_TESTS_SIM_PARTY_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "proto/offload.h"

struct lp_mac;
struct party_member;

/* Writes frame |number| of |from|, |len| bytes (PARTY_FRAME_MIN to PARTY_FRAME_MAX). */
void party_frame_write(uint8_t *frame, const struct party_member *from, const struct lp_mac *to, uint32_t number,
	size_t len, uint16_t flow, uint64_t now_ns);
/* A sink: checks a frame from the member's device and records it. Other frames are ignored. */
void party_frame_take(void *member, const struct lp_frame *frame);

#endif
