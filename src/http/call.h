/* One HTTP request to a program of this machine, over the local channel. It blocks: for commands such as `status`. A
   reply without an end, as that of a capture, is read piece by piece. */
#ifndef LP_HTTP_CALL_H
#define LP_HTTP_CALL_H

#include <stddef.h>
#include <stdint.h>

struct lp_failure;

struct lp_http_call {
	const char *path;   /* of the local channel */
	const char *method; /* "GET" */
	const char *target; /* "/status" */
	const char *body;   /* JSON, or NULL */
	uint64_t timeout_ns;
};

/* Longest reply. */
#define LP_HTTP_REPLY_MAX ((size_t)64 << 20)

/* Sends the request and waits for the reply. 0 for a status of 2xx with the body: malloc'd, with a NUL that |ret_len|
   does not count. LP_ENOTFOUND or LP_EUNREACH: no program is listening; LP_EPERM, LP_ETIMEOUT; LP_EINVAL: the program
   refused, the failure has its reason; LP_EPROTO: the reply is not HTTP. */
int lp_http_call(const struct lp_http_call *call, struct lp_failure *failure, char **ret_body, size_t *ret_len);

/* A reply that is being read. */
struct lp_http_reading;

/* Sends the request and reads the header of the reply. Errors as those of lp_http_call(). */
int lp_http_call_open(
	const struct lp_http_call *call, struct lp_failure *failure, struct lp_http_reading **ret_reading);
/* Waits for bytes of the body and copies up to |size|. Their number; 0: the body is complete, or the program has ended.
 */
int lp_http_reading_next(struct lp_http_reading *reading, char *data, size_t size, struct lp_failure *failure);
void lp_http_reading_close(struct lp_http_reading *reading); /* NULL is fine */

#endif
