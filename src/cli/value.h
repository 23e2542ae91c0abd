/* Values that options take and that have no room of their own. */
#ifndef LP_CLI_VALUE_H
#define LP_CLI_VALUE_H

#include <stdint.h>

/* Something to connect to. */
struct lp_hostport {
	char host[256]; /* a name (RFC 1035: 253 characters) or a numeric address without brackets */
	uint16_t port;
};

#endif
