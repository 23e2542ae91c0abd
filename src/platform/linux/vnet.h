/* struct lp_offload to the header that the kernel puts before a frame, and back (struct virtio_net_hdr). */
#ifndef LP_PLATFORM_LINUX_VNET_H
#define LP_PLATFORM_LINUX_VNET_H

#include <stdint.h>

struct lp_offload;

#define LP_VNET_BYTES 10

/* 0, or LP_EUNSUPPORTED for a kind of super-frame that nobody asked for. */
int lp_vnet_read(const uint8_t header[LP_VNET_BYTES], struct lp_offload *ret_offload);
void lp_vnet_write(const struct lp_offload *offload, uint8_t header[LP_VNET_BYTES]);

#endif
