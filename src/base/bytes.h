/* Borrowed bytes. */
#ifndef LP_BASE_BYTES_H
#define LP_BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>

struct lp_bytes {
	const uint8_t *data;
	size_t len;
};

#endif
