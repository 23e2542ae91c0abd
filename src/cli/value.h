/* Types of option values. */
#ifndef LP_CLI_VALUE_H
#define LP_CLI_VALUE_H

#include <stdint.h>

/* A host to connect to. */
struct lp_hostport {
	char host[256]; /* a name (at most 253 characters, RFC 1035) or a numeric address without brackets */
	uint16_t port;
};

#endif
