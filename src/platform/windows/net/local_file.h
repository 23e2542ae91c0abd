/* The file by which callers find a local channel: the TCP port on 127.0.0.1 and the token, as "PORT TOKEN". Only the
   system, administrators and the owner can read it. */
#ifndef LP_PLATFORM_WINDOWS_NET_LOCAL_FILE_H
#define LP_PLATFORM_WINDOWS_NET_LOCAL_FILE_H

#include <stdint.h>

#include "platform/net/stream.h"

struct lp_failure;

int lp_local_file_write(
	const char *path, uint16_t port, const char token[LP_STREAM_TOKEN_MAX], struct lp_failure *failure);
/* LP_ENOTFOUND, LP_EPERM, …; LP_EMALFORMED: the file is another one. */
int lp_local_file_read(
	const char *path, struct lp_failure *failure, uint16_t *ret_port, char ret_token[LP_STREAM_TOKEN_MAX]);

#endif
