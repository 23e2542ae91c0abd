/* The reply of an HTTP/1.x server, as our own caller reads it. Pure. */
#ifndef LP_HTTP_RESPONSE_H
#define LP_HTTP_RESPONSE_H

#include <stddef.h>

/* Points into the text that was parsed. */
struct lp_http_response {
	unsigned status;
	const char *body;
	size_t body_len;
};

/* Reads a complete reply of |len| bytes: status line, headers, and a body of exactly Content-Length bytes (RFC 9112
   §6.3; no transfer coding). 0, or LP_EMALFORMED. */
int lp_http_response_parse(const char *data, size_t len, struct lp_http_response *ret_response);
/* Reads the status line of a reply of which only the beginning is there; the body is empty. */
int lp_http_response_header(const char *data, size_t len, struct lp_http_response *ret_response);

#endif
