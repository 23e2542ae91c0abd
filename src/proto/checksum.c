#include "proto/checksum.h"

/* Two lanes of 64 bits: every 64-bit target has vector registers for them. */
typedef uint64_t lanes __attribute__((vector_size(16)));

/* Folds a sum to 33 bits. */
static inline uint64_t fold_once(uint64_t sum)
{
	return (sum & 0xffffffff) + (sum >> 32);
}

/* Adds the two lanes of sums of 32-bit halves. */
static inline uint64_t add_lanes(lanes a)
{
	return fold_once(a[0]) + fold_once(a[1]);
}

/* Sums blocks of 64 bytes, and copies them to |to| unless it is NULL; |len| is a multiple of 64. The halves of each
   64-bit word are summed in separate lanes, where 2^32 additions can't overflow. */
static inline __attribute__((always_inline)) uint64_t sum_blocks(const uint8_t *data, size_t len, uint8_t *to)
{
	const lanes low = {0xffffffff, 0xffffffff};
	lanes a = {0}, b = {0}, c = {0}, d = {0};
	for (size_t i = 0; i < len; i += 64) {
		lanes w, x, y, z;
		memcpy(&w, data + i, sizeof w);
		memcpy(&x, data + i + 16, sizeof x);
		memcpy(&y, data + i + 32, sizeof y);
		memcpy(&z, data + i + 48, sizeof z);
		if (to) {
			memcpy(to + i, &w, sizeof w);
			memcpy(to + i + 16, &x, sizeof x);
			memcpy(to + i + 32, &y, sizeof y);
			memcpy(to + i + 48, &z, sizeof z);
		}
		a += w & low;
		b += w >> 32;
		c += x & low;
		d += x >> 32;
		a += y & low;
		b += y >> 32;
		c += z & low;
		d += z >> 32;
	}
	return add_lanes(a + b + c + d);
}

/* Sums fewer than 64 bytes. */
static inline uint64_t sum_rest(const uint8_t *data, size_t len)
{
	uint64_t low = 0, high = 0, word;
	for (; len >= 8; data += 8, len -= 8) {
		memcpy(&word, data, 8);
		low += (uint32_t)word;
		high += word >> 32;
	}
	if (len & 4) {
		uint32_t half;
		memcpy(&half, data, 4);
		low += half;
		data += 4;
	}
	if (len & 2) {
		uint16_t quarter;
		memcpy(&quarter, data, 2);
		high += quarter;
		data += 2;
	}
	if (len & 1) {
		const uint8_t last[2] = {data[0], 0};
		uint16_t quarter;
		memcpy(&quarter, last, 2);
		low += quarter;
	}
	return low + high;
}

uint64_t lp_sum(uint64_t sum, const uint8_t *data, size_t len)
{
	size_t blocks = len & ~(size_t)63;
	if (blocks)
		sum += sum_blocks(data, blocks, NULL);
	return fold_once(sum + sum_rest(data + blocks, len & 63));
}

uint64_t lp_sum_copy(uint64_t sum, uint8_t *to, const uint8_t *data, size_t len)
{
	size_t blocks = len & ~(size_t)63, rest = len & 63;
	if (blocks)
		sum += sum_blocks(data, blocks, to);
	if (rest)
		memcpy(to + blocks, data + blocks, rest);
	return fold_once(sum + sum_rest(data + blocks, rest));
}

uint64_t lp_sum_pseudo4(const uint8_t *ip, uint8_t protocol, uint32_t upper_len)
{
	return lp_sum_be32(lp_sum_be16(lp_sum(0, ip + 12, 8), protocol), upper_len);
}

uint64_t lp_sum_pseudo6(const uint8_t *ip, uint8_t protocol, uint32_t upper_len)
{
	return lp_sum_be32(lp_sum_be16(lp_sum(0, ip + 8, 32), protocol), upper_len);
}

void lp_checksum_replace16(uint8_t *field, uint16_t old_word, uint16_t new_word)
{
	uint16_t checksum;
	memcpy(&checksum, field, sizeof checksum);
	uint64_t sum = (uint16_t)~checksum;
	sum = lp_sum_be16(sum, (uint16_t)~old_word);
	sum = lp_sum_be16(sum, new_word);
	lp_sum_store(field, sum);
}
