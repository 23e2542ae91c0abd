#include "platform/linux/device/vnet.h"

#include <assert.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/virtio_net.h>
#include <stddef.h>
#include <string.h>
#include <sys/uio.h>

#include "base/error.h"
#include "proto/offload.h"

/* UDP segmentation; missing from the headers of our build systems. */
#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

/* RFC 768, RFC 9293 §3.1. */
#define UDP_HEADER 8U
#define TCP_DATA_OFFSET 12U

_Static_assert(sizeof(struct virtio_net_hdr) == LP_VNET_BYTES, "the header without num_buffers");

static const struct {
	enum lp_gso gso;
	uint8_t type;
} gso_rows[] = {
	{LP_GSO_NONE, VIRTIO_NET_HDR_GSO_NONE},
	{LP_GSO_TCP4, VIRTIO_NET_HDR_GSO_TCPV4},
	{LP_GSO_TCP6, VIRTIO_NET_HDR_GSO_TCPV6},
	{LP_GSO_UDP, VIRTIO_NET_HDR_GSO_UDP_L4},
};

#define N_GSO (sizeof gso_rows / sizeof gso_rows[0])

/* The length of a super-frame's headers up to the end of TCP's or UDP's; 0 if unknown. */
static uint16_t header_bytes(const struct lp_frame *frame)
{
	size_t l4 = frame->offload.csum_start, len = l4 + UDP_HEADER;
	if (frame->offload.gso == LP_GSO_NONE || !frame->offload.needs_csum)
		return 0;
	if (frame->offload.gso != LP_GSO_UDP) {
		if (l4 + TCP_DATA_OFFSET >= frame->len)
			return 0;
		/* In words of 32 bits (RFC 9293 §3.1). */
		len = l4 + (frame->data[l4 + TCP_DATA_OFFSET] >> 4) * 4U;
	}
	return len <= frame->len ? (uint16_t)len : 0;
}

int lp_vnet_read(const uint8_t *data, size_t len, struct lp_frame *ret_frame)
{
	size_t i = 0;
	if (len < LP_VNET_BYTES + ETH_HLEN)
		return LP_EMALFORMED;
	struct virtio_net_hdr vnet;
	memcpy(&vnet, data, sizeof vnet);
	while (i < N_GSO && gso_rows[i].type != (vnet.gso_type & ~VIRTIO_NET_HDR_GSO_ECN))
		i++;
	if (i == N_GSO)
		return LP_EUNSUPPORTED;
	struct lp_frame frame = (struct lp_frame){.data = data + LP_VNET_BYTES,
		.len = len - LP_VNET_BYTES,
		.offload = {.gso = gso_rows[i].gso,
			.gso_ecn = vnet.gso_type & VIRTIO_NET_HDR_GSO_ECN,
			.needs_csum = vnet.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM,
			.gso_size = vnet.gso_size,
			.csum_start = vnet.csum_start,
			.csum_offset = vnet.csum_offset}};
	frame.offload.hdr_len = header_bytes(&frame);
	*ret_frame = frame;
	return 0;
}

void lp_vnet_write(const struct lp_offload *offload, uint8_t header[LP_VNET_BYTES])
{
	struct virtio_net_hdr vnet = {0};
	assert(offload->gso < N_GSO);
	if (offload->needs_csum) {
		vnet.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		vnet.csum_start = offload->csum_start;
		vnet.csum_offset = offload->csum_offset;
	}
	if (offload->gso != LP_GSO_NONE) {
		vnet.gso_type = gso_rows[offload->gso].type;
		if (offload->gso_ecn)
			vnet.gso_type |= VIRTIO_NET_HDR_GSO_ECN;
		vnet.gso_size = offload->gso_size;
		vnet.hdr_len = offload->hdr_len;
	}
	memcpy(header, &vnet, sizeof vnet);
}

size_t lp_vnet_send(int fd, const struct lp_frame *frames, size_t n_frames)
{
	size_t taken = 0;
	for (size_t i = 0; i < n_frames; i++) {
		uint8_t header[LP_VNET_BYTES];
		struct iovec iov[2] = {{header, sizeof header},
			/* The kernel does not write to it. */
			{(void *)(uintptr_t)frames[i].data, frames[i].len}};
		lp_vnet_write(&frames[i].offload, header);
		ssize_t n;
		do
			n = writev(fd, iov, 2);
		while (n < 0 && errno == EINTR);
		if (n >= 0)
			taken++;
	}
	return taken;
}
