/* The gateway's own options; app/member_options.h has those that it shares with the client. */
#ifndef LP_GATEWAY_OPTIONS_H
#define LP_GATEWAY_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/options.h"
#include "member/member.h"
#include "obs/framelog.h"

#define LP_GATEWAY_PATH_MAX 4096

struct lp_gateway_options {
	char interface[64]; /* 15 bytes on Linux */
	bool force;
	enum lp_direct room_direct;
	bool new_room; /* create the room at the relay */
	char state_path[LP_GATEWAY_PATH_MAX];
	struct lp_framelog_config framelog;
	uint64_t expires_ns; /* of a new invite; 0: never */
	uint16_t uses;       /* of a new invite; 0: any number */
};

extern const struct lp_program lp_gateway_program;
extern const struct lp_option lp_gateway_option_rows[];
extern const size_t lp_gateway_option_rows_n;

#endif
