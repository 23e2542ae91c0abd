/* The host's invites on the gateway's page:

       GET  /invites    [{"id", "name", "text", "qr"}, …]; null in a room without keys
       POST /invites    {"name": "Anna", "expires_s": 172800, "uses": 1}; replies {"id", "name", "text", "qr"}

   `text` is the invite, `qr` an image of it (SVG). Both need the page's token. */
#ifndef LP_GATEWAY_INVITE_PAGE_H
#define LP_GATEWAY_INVITE_PAGE_H

#include <stdint.h>

#include "http/http.h"

struct lp_gateway_options;
struct lp_invite;

/* |host|: the host's own invite; NULL: the room has no keys. */
void lp_invite_page_list(
	const struct lp_gateway_options *options, const struct lp_invite *host, struct lp_http_reply *reply);
void lp_invite_page_make(const struct lp_gateway_options *options, const struct lp_invite *host, int64_t now_unix_s,
	const struct lp_http_request *request, struct lp_http_reply *reply);

#endif
