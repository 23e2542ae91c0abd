/* Random bytes that are suitable for keys. */
#ifndef LP_PLATFORM_SYSTEM_RANDOM_H
#define LP_PLATFORM_SYSTEM_RANDOM_H

#include <stddef.h>
#include <stdint.h>

void lp_random_fill(uint8_t *data, size_t len);

#endif
