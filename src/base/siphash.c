#include "base/siphash.h"

/* Names as in the paper. */
struct state {
	uint64_t v0, v1, v2, v3;
};

/* Eight bytes, little-endian. */
static uint64_t read_le64(const uint8_t *data)
{
	uint64_t value = 0;
	for (int i = 7; i >= 0; i--)
		value = value << 8 | data[i];
	return value;
}

static uint64_t rotate(uint64_t value, unsigned bits)
{
	return value << bits | value >> (64 - bits);
}

/* SipRound. */
static void round_once(struct state *s)
{
	s->v0 += s->v1;
	s->v1 = rotate(s->v1, 13) ^ s->v0;
	s->v0 = rotate(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotate(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotate(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotate(s->v1, 17) ^ s->v2;
	s->v2 = rotate(s->v2, 32);
}

/* Mixes in one word of the message. */
static void compress(struct state *s, uint64_t word)
{
	s->v3 ^= word;
	round_once(s);
	round_once(s);
	s->v0 ^= word;
}

uint64_t lp_siphash(const uint8_t key[LP_SIPHASH_KEY], const void *data, size_t len)
{
	uint64_t k0 = read_le64(key), k1 = read_le64(key + 8);
	struct state s = {
		.v0 = k0 ^ 0x736f6d6570736575,
		.v1 = k1 ^ 0x646f72616e646f6d,
		.v2 = k0 ^ 0x6c7967656e657261,
		.v3 = k1 ^ 0x7465646279746573,
	};
	const uint8_t *at = data;
	size_t left = len;
	for (; left >= 8; left -= 8, at += 8)
		compress(&s, read_le64(at));

	uint64_t last = (uint64_t)len << 56;
	for (size_t i = 0; i < left; i++)
		last |= (uint64_t)at[i] << (8 * i);
	compress(&s, last);

	s.v2 ^= 0xff;
	for (int i = 0; i < 4; i++)
		round_once(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
