/* A proxy's reply to CONNECT, as it arrives: it is judged when it is complete, and what follows changes nothing. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "carrier/tls/http_connect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Judges the first |len| bytes, in memory that ends with them. */
static int judge(const uint8_t *data, size_t len)
{
	struct lp_failure failure = {0};
	char *copy = malloc(len ? len : 1);
	if (!copy)
		exit(1);
	memcpy(copy, data, len);
	int result = lp_http_connect_reply(copy, len, &failure);
	free(copy);
	if (result < 0 && result != LP_EAGAIN && (failure.code != result || failure.text[0] == '\0'))
		abort();
	if (result != 0 && result != LP_EAGAIN && result != LP_EPERM && result != LP_EUNREACH &&
		result != LP_EMALFORMED)
		abort();
	return result;
}

/* The bytes up to the end of the first empty line; 0: there is none. */
static size_t header_bytes(const uint8_t *data, size_t len)
{
	for (size_t i = 4; i <= len; i++)
		if (data[i - 4] == '\r' && data[i - 3] == '\n' && data[i - 2] == '\r' && data[i - 1] == '\n')
			return i;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len > LP_HTTP_CONNECT_REPLY_MAX) /* the stream reads no more */
		len = LP_HTTP_CONNECT_REPLY_MAX;
	int result = judge(data, len);
	if (len == LP_HTTP_CONNECT_REPLY_MAX && result == LP_EAGAIN)
		abort();
	size_t header = header_bytes(data, len);
	if (header > 0 && (judge(data, header - 1) != LP_EAGAIN || judge(data, header) != result))
		abort();
	if (header == 0 && len < LP_HTTP_CONNECT_REPLY_MAX && result != LP_EAGAIN)
		abort();
	return 0;
}
