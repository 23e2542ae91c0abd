/* Forgetting a secret before its memory is given back. */
#ifndef LP_BASE_WIPE_H
#define LP_BASE_WIPE_H

#include <stddef.h>

/* Overwrites the bytes with zeros; the compiler does not leave it out because nobody reads them afterwards. */
static inline void lp_wipe(void *data, size_t len)
{
	volatile unsigned char *byte = data;

	while (len--)
		*byte++ = 0;
}

#endif
