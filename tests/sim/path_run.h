/* One cell of the grid of paths: transfers through a tunnel, or beside it, over a line, with what became of them. */
#ifndef LP_TESTS_SIM_PATH_RUN_H
#define LP_TESTS_SIM_PATH_RUN_H

#include <stdbool.h>

#include "stream.h"

/* Who else sends on the line, in the same direction. */
enum path_rival {
	PATH_ALONE,
	PATH_BESIDE_CUBIC,
	PATH_BESIDE_BBR,
	PATH_BESIDE_TUNNEL, /* with a transfer of the same kind */
};

struct path_cell {
	double mbit, rtt_ms, queue_ms; /* each direction alike */
	double jitter_ms;              /* in each direction, in order */
	double burst_ms;               /* a radio that sends what it gathered so often */
	double loss;                   /* percent */
	unsigned loss_run;             /* as many in a row; 0: one */
	enum stream_control inner;
	unsigned n_up, n_down; /* transfers */
	enum path_rival rival;
	double change_s;      /* when the line changes; 0: never */
	double change_mbit;   /* to this rate; 0: the same */
	double change_rtt_ms; /* to this round trip; 0: the same */
	double stall_ms;      /* both hosts stop for as long, in turn, three times a second: a busy machine; 0: never */
	double seconds;
	uint64_t seed; /* of what is random in it; 0: any */
};

struct path_result {
	double mbit;               /* of all transfers, over the whole time */
	double first_mbit;         /* over the first two seconds */
	double last_mbit;          /* over the last second */
	double last_held;          /* part of the last second in which the tunnel held frames back */
	double rtt_ms, rtt_p99_ms; /* of a small frame each 10 ms, from the third second on: median, 99th percentile */
	double last_rtt_ms;        /* median of the last second */
	double share;              /* in the second half of the time, of what arrived of all who sent */
};

/* Runs the cell with a tunnel or, |raw|, with the same transfers in plain packets of the size that VXLAN would make.
   |trace|: prints a line each tenth of a second. */
struct path_result path_run(const struct path_cell *cell, bool raw, bool trace);

#endif
