/* The header that the kernel puts before a frame (struct virtio_net_hdr), to and from struct lp_offload. */
#ifndef LP_PLATFORM_LINUX_DEVICE_VNET_H
#define LP_PLATFORM_LINUX_DEVICE_VNET_H

#include <stddef.h>
#include <stdint.h>

struct lp_frame;
struct lp_offload;

#define LP_VNET_BYTES 10

/* Parses a frame with the header before it; |ret_frame| points into |data|. The kernel's hdr_len is the length of a
   super-frame's linear part; |ret_frame| has the length of the headers instead. 0; LP_EMALFORMED if it is too short;
   LP_EUNSUPPORTED for a kind of super-frame that was not enabled. */
int lp_vnet_read(const uint8_t *data, size_t len, struct lp_frame *ret_frame);
void lp_vnet_write(const struct lp_offload *offload, uint8_t header[LP_VNET_BYTES]);
/* Writes frames to a TAP's queue, one writev() each, since a TAP takes one frame a call. Returns how many it took; one
   that does not fit is dropped. */
size_t lp_vnet_send(int fd, const struct lp_frame *frames, size_t n_frames);

#endif
