#include "proto/checksum.h"

#include "base/error.h"

/* Four lanes of 64 bits: the compiler maps them to whatever vector registers the target has. */
typedef uint64_t lanes __attribute__((vector_size(32)));

#define BLOCK (2 * sizeof(lanes))

/* Folds a sum to 33 bits. */
static uint64_t fold_once(uint64_t sum)
{
	return (sum & 0xffffffff) + (sum >> 32);
}

/* Sums whole blocks of |BLOCK| bytes; |len| is a multiple of that. The two halves of each 64-bit word gather in
   lanes of their own, where 2^32 additions cannot overflow. */
static uint64_t sum_blocks(const uint8_t *data, size_t len)
{
	const lanes low = {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff};
	lanes a = {0}, b = {0}, c = {0}, d = {0};
	for (size_t i = 0; i < len; i += BLOCK) {
		lanes x, y;
		memcpy(&x, data + i, sizeof x);
		memcpy(&y, data + i + sizeof x, sizeof y);
		a += x & low;
		b += x >> 32;
		c += y & low;
		d += y >> 32;
	}
	a += b + c + d;
	return fold_once(a[0]) + fold_once(a[1]) + fold_once(a[2]) + fold_once(a[3]);
}

/* The next |n| bytes as a word in memory order, zeros behind them; |n| is at most 8. */
static uint64_t load_tail(const uint8_t *data, size_t n)
{
	uint64_t word = 0;
	memcpy(&word, data, n);
	return word;
}

uint64_t lp_sum(uint64_t sum, const uint8_t *data, size_t len)
{
	size_t blocks = len - len % BLOCK;
	if (blocks) {
		sum += sum_blocks(data, blocks);
		data += blocks;
		len -= blocks;
	}
	for (; len >= 8; data += 8, len -= 8)
		sum += fold_once(load_tail(data, 8));
	if (len)
		sum += fold_once(load_tail(data, len));
	return fold_once(sum);
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

int lp_checksum_complete(uint8_t *frame, size_t len, size_t start, size_t offset)
{
	if (start > len || offset > len - start || len - start - offset < 2)
		return LP_EMALFORMED;
	/* As the kernel does it: never 0, which UDP reads as "no checksum" and which is the same number to all others.
	 */
	lp_sum_store_nonzero(frame + start + offset, lp_sum(0, frame + start, len - start));
	return 0;
}
