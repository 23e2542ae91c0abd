/* The internet checksum (RFC 1071). An unfinished sum is a uint64_t over 16-bit words in memory order, so that the
   machine's byte order matters only when a number is added (lp_sum_be16()). Each function keeps it below 2^40, so that
   realistic numbers of additions can't overflow. */
#ifndef LP_PROTO_CHECKSUM_H
#define LP_PROTO_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Adds |len| bytes, which start at an even offset of the summed data. */
uint64_t lp_sum(uint64_t sum, const uint8_t *data, size_t len);
/* The same, and copies the bytes to |to|, which must not overlap: cheaper than lp_sum() and memcpy(). */
uint64_t lp_sum_copy(uint64_t sum, uint8_t *to, const uint8_t *data, size_t len);

/* Adds a 16-bit number. */
static inline uint64_t lp_sum_be16(uint64_t sum, uint16_t value)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	value = __builtin_bswap16(value);
#endif
	return sum + value;
}

/* Adds a 32-bit number. */
static inline uint64_t lp_sum_be32(uint64_t sum, uint32_t value)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	value = __builtin_bswap32(value);
#endif
	return sum + value;
}

/* Folds a sum to 16 bits, in memory order. */
static inline uint16_t lp_sum_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16); /* 18 bits at most */
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Writes the checksum, the complement of the sum, to its field. */
static inline void lp_sum_store(uint8_t *field, uint64_t sum)
{
	uint16_t checksum = (uint16_t)~lp_sum_fold(sum);
	memcpy(field, &checksum, sizeof checksum);
}

/* The same with 0xffff instead of 0, which means "no checksum" in UDP (RFC 768). */
static inline void lp_sum_store_nonzero(uint8_t *field, uint64_t sum)
{
	uint16_t checksum = (uint16_t)~lp_sum_fold(sum);
	if (checksum == 0)
		checksum = 0xffff;
	memcpy(field, &checksum, sizeof checksum);
}

/* Writes the sum itself, for a checksum that is completed later. */
static inline void lp_sum_store_partial(uint8_t *field, uint64_t sum)
{
	uint16_t partial = lp_sum_fold(sum);
	memcpy(field, &partial, sizeof partial);
}

/* The sum of the pseudo-header of the IPv4 packet whose header is at |ip| (RFC 9293 §3.1). */
uint64_t lp_sum_pseudo4(const uint8_t *ip, uint8_t protocol, uint32_t upper_len);
/* The same for IPv6 (RFC 8200 §8.1). */
uint64_t lp_sum_pseudo6(const uint8_t *ip, uint8_t protocol, uint32_t upper_len);

/* Updates a checksum field for a change of one 16-bit word (RFC 1624, equation 3). */
void lp_checksum_replace16(uint8_t *field, uint16_t old_word, uint16_t new_word);

#endif
