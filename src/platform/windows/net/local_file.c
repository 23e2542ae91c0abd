#include "platform/windows/net/local_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/system/file.h"

#define FILE_MAX_BYTES 64

int lp_local_file_write(
	const char *path, uint16_t port, const char token[LP_STREAM_TOKEN_MAX], struct lp_failure *failure)
{
	char text[FILE_MAX_BYTES];
	int len = snprintf(text, sizeof text, "%u %s\n", (unsigned)port, token);
	return lp_file_write(path, (const uint8_t *)text, (size_t)len, true, failure);
}

int lp_local_file_read(
	const char *path, struct lp_failure *failure, uint16_t *ret_port, char ret_token[LP_STREAM_TOKEN_MAX])
{
	uint8_t *data;
	size_t len;
	unsigned port = 0;
	char token[LP_STREAM_TOKEN_MAX] = "";
	int result = lp_file_read(path, FILE_MAX_BYTES, failure, &data, &len);
	if (result < 0)
		return result;
	int n = sscanf((const char *)data, "%5u %32s", &port, token);
	free(data);
	if (n != 2 || port == 0 || port > UINT16_MAX)
		return lp_fail(failure, LP_EMALFORMED, "%s: not the file of a running program", path);
	*ret_port = (uint16_t)port;
	memcpy(ret_token, token, sizeof token);
	return 0;
}
