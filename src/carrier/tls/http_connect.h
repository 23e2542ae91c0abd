/* HTTP CONNECT (RFC 9110 §9.3.6): asks a proxy for a connection to the relay. Pure: text in, text out. */
#ifndef LP_CARRIER_TLS_HTTP_CONNECT_H
#define LP_CARRIER_TLS_HTTP_CONNECT_H

#include <stddef.h>
#include <stdint.h>

struct lp_failure;

#define LP_HTTP_CONNECT_REQUEST_MAX 2048
#define LP_HTTP_CONNECT_REPLY_MAX 8192
/* Characters of "USER:PASSWORD" with its NUL. */
#define LP_HTTP_CONNECT_LOGIN_MAX 512

/* Writes the request for |host|:|port|. |login|: "USER:PASSWORD" for Basic authentication (RFC 7617), or "". Returns
   its length; LP_ETOOBIG. */
int lp_http_connect_request(
	const char *host, uint16_t port, const char *login, char ret_request[LP_HTTP_CONNECT_REQUEST_MAX]);
/* Reads the reply as far as it has arrived. 0: the connection is made; LP_EAGAIN: more must arrive; LP_EPERM: the proxy
   wants a password, or another one, or does not permit it; LP_EUNREACH: it cannot reach the relay; LP_EMALFORMED: not
   an HTTP reply. |failure| has the reason. */
int lp_http_connect_reply(const char *data, size_t len, struct lp_failure *failure);

#endif
