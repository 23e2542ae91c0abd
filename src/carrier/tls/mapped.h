/* The local addresses that QUIC sees for streams. ngtcp2 distinguishes paths by their addresses, so each stream gets a
   local address of its own, which no network uses: 240.0.0.0/4 (RFC 1112 §4), or 100::/64 (RFC 6666) if the other end
   has an IPv6 address. The number of the stream is in the address. */
#ifndef LP_CARRIER_TLS_MAPPED_H
#define LP_CARRIER_TLS_MAPPED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

/* Numbers that fit an address of either family. */
#define LP_MAPPED_NUMBERS (UINT32_C(1) << 28)

/* The address of the family 4 or 6 with this number, which is below LP_MAPPED_NUMBERS. */
static inline struct lp_addr lp_mapped_addr(uint8_t family, uint32_t number)
{
	struct lp_addr addr = {.family = family == 6 ? 6 : 4, .port = 1};
	uint8_t *end = addr.ip + (family == 6 ? 12 : 0);
	addr.ip[0] = family == 6 ? 1 : 0;
	end[0] = (uint8_t)((family == 6 ? 0 : 0xf0) | number >> 24);
	end[1] = (uint8_t)(number >> 16);
	end[2] = (uint8_t)(number >> 8);
	end[3] = (uint8_t)number;
	return addr;
}

/* The number in an address that lp_mapped_addr() made. */
static inline uint32_t lp_mapped_number(const struct lp_addr *addr)
{
	const uint8_t *end = addr->ip + (addr->family == 6 ? 12 : 0);
	return (uint32_t)(end[0] & 0x0f) << 24 | (uint32_t)end[1] << 16 | (uint32_t)end[2] << 8 | end[3];
}

#endif
