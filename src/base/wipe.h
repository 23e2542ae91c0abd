/* Erases secrets before their memory is freed. */
#ifndef LP_BASE_WIPE_H
#define LP_BASE_WIPE_H

#include <stddef.h>

/* Overwrites the bytes with zeros. The compiler can't remove it, although the bytes are not read afterwards. */
static inline void lp_wipe(void *data, size_t len)
{
	volatile unsigned char *byte = data;

	while (len--)
		*byte++ = 0;
}

#endif
