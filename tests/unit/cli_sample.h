/* A program with an option of each type, for the tests of cli/. */
#ifndef LP_TESTS_UNIT_CLI_SAMPLE_H
#define LP_TESTS_UNIT_CLI_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mac.h"
#include "cli/options.h"
#include "cli/value.h"

struct lp_failure;

enum colour {
	COLOUR_RED = 3,
	COLOUR_GREEN = 5,
};

/* Destination of the sample's options. */
struct sample {
	struct lp_addr listen;
	struct lp_hostport relay;
	struct lp_mac mac;
	char server_name[256];
	char room[9];
	uint64_t wait_ns;
	uint32_t size;
	uint8_t tiny;
	uint64_t huge;
	enum colour colour;
	bool reconnect, loud;
	unsigned n_tags; /* number of --tag options; "bad" is refused */
};

extern const struct lp_program sample_program;

/* Sets defaults in |sample| and its tables in |options|. */
void sample_init(struct sample *sample, struct lp_options *options);

#endif
