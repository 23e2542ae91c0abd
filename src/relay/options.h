/* The relay's options: one table, which drives the parser, --help and the manual page. */
#ifndef LP_RELAY_OPTIONS_H
#define LP_RELAY_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/capture_command.h"
#include "app/doctor.h"
#include "app/page.h"
#include "cli/options.h"
#include "filter/filter.h"
#include "relay/relay.h"

struct lp_relay_options {
	struct lp_relay_config relay;
	char cert_path[4096], key_path[4096];
	char server_name[256];
	bool server_name_given; /* not the default */
	bool plain;             /* of the command room add */
	char state_dir[4096];
	char der_out_path[4096];
	char public_relays[LP_INVITE_RELAYS_MAX + 1]; /* "HOST[:PORT][,…]" for invites; empty: the server name */
	unsigned workers;                             /* 0: one for each processor */
	struct lp_addr metrics;                       /* port 0: metrics are not served */
	bool filters[LP_FILTER_COUNT];
	struct lp_capture_options capture;
	struct lp_doctor_options doctor;
	struct lp_page_options page;
	char room[LP_ROOM_CODE_MAX + 1]; /* whose frames are captured; empty: all */
};

extern const struct lp_program lp_relay_program;
extern const struct lp_option lp_relay_option_rows[];
extern const size_t lp_relay_option_rows_n;

/* Checks combinations of options and completes options->relay. 0 or LP_EINVAL. */
int lp_relay_options_apply(struct lp_relay_options *options, struct lp_failure *failure);

#endif
