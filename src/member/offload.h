/* Offloads between a network device and the tunnel. The tunnel carries frames of at most the room's MTU with complete
   checksums; a device may exchange super-frames and leave checksums to the hardware. Frames from the device are
   segmented and their checksums completed; frames for the device are coalesced into the super-frames that it takes. In
   both directions the MSS in TCP's SYN is limited, so that no frame of the connection needs fragments. */
#ifndef LP_MEMBER_OFFLOAD_H
#define LP_MEMBER_OFFLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/offload.h"
#include "proto/segment.h"

struct lp_offloader;

struct lp_offloader_config {
	bool takes_tso4, takes_tso6, takes_uso; /* super-frames that the device takes */
	bool clamp_mss;                         /* limit TCP segments to |mtu| of the calls below */
	/* Sends frames to the device; they are valid until the call returns. */
	void (*send)(void *ctx, const struct lp_frame *frames, size_t n_frames);
	void *ctx;
};

/* 0, LP_ENOMEM. */
int lp_offloader_new(const struct lp_offloader_config *config, struct lp_offloader **ret_offload);
void lp_offloader_free(struct lp_offloader *offloader); /* NULL is fine */

/* Segments a frame from the device. |mtu|: IP bytes that TCP is limited to; 0: no limit. |emit| gets each frame for the
   tunnel. 0, or LP_EMALFORMED if the offload fields contradict the frame. */
int lp_offloader_split(
	struct lp_offloader *offloader, const struct lp_frame *frame, uint16_t mtu, lp_segment_fn emit, void *ctx);
/* Adds a frame from the tunnel (copies it). If the buffer is full, the frames in it are sent first. False: the frame is
   too long and was dropped. */
bool lp_offloader_merge(struct lp_offloader *offloader, const uint8_t *frame, size_t len, uint16_t mtu);
/* Sends the frames added since the last call to the device. */
void lp_offloader_deliver(struct lp_offloader *offloader);

#endif
