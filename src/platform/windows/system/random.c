#include "platform/system/random.h"

#include <windows.h>

#include <bcrypt.h>
#include <stdlib.h>

void lp_random_fill(uint8_t *data, size_t len)
{
	while (len) {
		ULONG n = len < (1U << 30) ? (ULONG)len : 1U << 30;
		/* Keys without randomness would be worse than no program. */
		if (BCryptGenRandom(NULL, data, n, BCRYPT_USE_SYSTEM_PREFERRED_RNG) < 0)
			abort();
		data += n;
		len -= n;
	}
}
