/* A proxy's reply to CONNECT, as it arrives: it is judged when it is complete, and what follows changes nothing. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "carrier/tls/http_connect.h"

/* The beginnings of longer replies are not all tried. */
#define PREFIXES_MAX 512

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len > LP_HTTP_CONNECT_REPLY_MAX) /* the stream reads no more */
		len = LP_HTTP_CONNECT_REPLY_MAX;
	int result = judge(data, len);
	if (len == LP_HTTP_CONNECT_REPLY_MAX && result == LP_EAGAIN)
		abort();
	for (size_t i = 0; i < len && len <= PREFIXES_MAX; i++) {
		int early = judge(data, i);
		if (early != LP_EAGAIN && early != result)
			abort();
	}
	return 0;
}
