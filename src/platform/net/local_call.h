/* The caller's end of the local channel of net/stream.h, for a program that does nothing else: it blocks. */
#ifndef LP_PLATFORM_NET_LOCAL_CALL_H
#define LP_PLATFORM_NET_LOCAL_CALL_H

#include <stddef.h>
#include <stdint.h>

#include "platform/net/stream.h"

struct lp_failure;

/* A connected channel. */
struct lp_local_call {
	intptr_t socket;
	char token[LP_STREAM_TOKEN_MAX]; /* to present in the request; empty: none is needed */
};

/* Connects. Each later step may take |timeout_ns|. LP_ENOTFOUND or LP_EUNREACH: no program is listening there;
   LP_EPERM, LP_ETIMEOUT, … */
int lp_local_call_open(
	const char *path, uint64_t timeout_ns, struct lp_failure *failure, struct lp_local_call *ret_call);
/* Sends |request| and reads until the other end closes: malloc'd, with a NUL that |ret_len| does not count. |path| is
   for the failure's text. LP_ETOOBIG beyond |max_bytes|. */
int lp_local_call_exchange(struct lp_local_call *call, const char *path, const char *request, size_t request_len,
	size_t max_bytes, struct lp_failure *failure, char **ret_data, size_t *ret_len);
void lp_local_call_close(struct lp_local_call *call);

#endif
