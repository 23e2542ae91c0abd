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
/* Sends all bytes. |path| is for the failure's text, here and below. */
int lp_local_call_send(
	struct lp_local_call *call, const char *path, const char *data, size_t len, struct lp_failure *failure);
/* Waits for bytes and copies up to |size|. Their number; 0: the other end has closed. */
int lp_local_call_receive(
	struct lp_local_call *call, const char *path, char *data, size_t size, struct lp_failure *failure);
void lp_local_call_close(struct lp_local_call *call);

#endif
