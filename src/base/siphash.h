/* SipHash-2-4 (Aumasson, Bernstein 2012): a keyed hash for tables whose keys peers choose. */
#ifndef LP_BASE_SIPHASH_H
#define LP_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#define LP_SIPHASH_KEY 16

/* The hash of |len| bytes. |key| is random and unknown to peers. */
uint64_t lp_siphash(const uint8_t key[LP_SIPHASH_KEY], const void *data, size_t len);

#endif
