/* The client's own options; member/options.h has those that it shares with the gateway. */
#ifndef LP_CLIENT_OPTIONS_H
#define LP_CLIENT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/options.h"
#include "proto/mac.h"

struct lp_client_options {
	char tap[64]; /* 15 bytes on Linux */
	struct lp_mac mac;
	bool has_mac; /* --virtual-mac was given */
	char identity_path[4096];
};

extern const struct lp_program lp_client_program;
extern const struct lp_option lp_client_option_rows[];
extern const size_t lp_client_option_rows_n;

#endif
