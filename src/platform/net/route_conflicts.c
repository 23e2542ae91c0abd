#include "platform/net/route_conflicts.h"

bool lp_route_networks_overlap(uint32_t ours, unsigned our_bits, uint32_t other, unsigned other_bits)
{
	/* A shorter prefix loses to ours; /31 and /32 are point-to-point links. */
	if (our_bits == 0 || other_bits < our_bits || other_bits > 30)
		return false;
	if (ours >> 16 == 0xa9fe) /* 169.254.0.0/16, self-assigned without DHCP (RFC 3927) */
		return false;
	return (ours ^ other) >> (32 - our_bits) == 0;
}
