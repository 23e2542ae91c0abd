#include "platform/system/random.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

void lp_random_fill(uint8_t *data, size_t len)
{
	while (len) {
		ssize_t n = getrandom(data, len, 0);
		/* Keys without randomness would be worse than no program. */
		if (n < 0 && errno != EINTR)
			abort();
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
}
