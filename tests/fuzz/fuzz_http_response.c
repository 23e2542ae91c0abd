/* Replies that the HTTP call reads: what is accepted lies within the text, and its length was announced. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http/response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct lp_http_response response;
	char *copy = malloc(len ? len : 1); /* exactly as long as the text, so that a read beyond it is seen */
	if (!copy)
		return 0;
	memcpy(copy, data, len);
	if (lp_http_response_parse(copy, len, &response) == 0 &&
		(response.status < 100 || response.status > 999 || response.body + response.body_len != copy + len))
		abort();
	free(copy);
	return 0;
}
