/* One cell of the grid of paths, by hand or from a script: the tunnel beside plain packets.

   Usage: path_grid [NAME=VALUE...] with the names of the table below. Prints one line, and with trace=1 one each tenth
   of a second before. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "path_run.h"

/* All values as numbers. */
struct values {
	double mbit, rtt, queue, jitter, burst, loss, run, inner, up, down, rival, change, to_mbit, to_rtt, stall,
		seconds;
	double trace;
};

#define VALUE(name) \
	{ \
#name, offsetof(struct values, name) \
	}

static const struct {
	const char *name;
	size_t offset;
} names[] = {
	VALUE(mbit),
	VALUE(rtt),
	VALUE(queue),
	VALUE(jitter),
	VALUE(burst),
	VALUE(loss),
	VALUE(run),
	VALUE(inner),
	VALUE(up),
	VALUE(down),
	VALUE(rival),
	VALUE(change),
	VALUE(to_mbit),
	VALUE(to_rtt),
	VALUE(stall),
	VALUE(seconds),
	VALUE(trace),
};

/* Sets what |text| names. False: it names nothing. */
static bool set_value(struct values *values, const char *text)
{
	size_t len = strcspn(text, "=");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (text[len] != '=' || strlen(names[i].name) != len || strncmp(text, names[i].name, len) != 0)
			continue;
		*(double *)(void *)((char *)values + names[i].offset) = atof(text + len + 1);
		return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	struct values v = {.mbit = 50, .rtt = 20, .queue = 100, .up = 1, .seconds = 10};
	for (int i = 1; i < argc; i++) {
		if (!set_value(&v, argv[i])) {
			fprintf(stderr, "path_grid: no value '%s'\n", argv[i]);
			return 2;
		}
	}
	struct path_cell cell = {
		.mbit = v.mbit,
		.rtt_ms = v.rtt,
		.queue_ms = v.queue,
		.jitter_ms = v.jitter,
		.burst_ms = v.burst,
		.loss = v.loss,
		.loss_run = (unsigned)v.run,
		.inner = (enum stream_control)v.inner,
		.n_up = (unsigned)v.up,
		.n_down = (unsigned)v.down,
		.rival = (enum path_rival)v.rival,
		.change_s = v.change,
		.change_mbit = v.to_mbit,
		.change_rtt_ms = v.to_rtt,
		.stall_ms = v.stall,
		.seconds = v.seconds,
	};
	struct path_result plain = path_run(&cell, true, false), ours = path_run(&cell, false, v.trace > 0);
	printf("%4.0f Mbit/s, %3.0f ms, queue %3.0f, jitter %2.0f, burst %2.0f, loss %.1f: %6.2f of %6.2f Mbit/s, ratio %.2f, first "
	       "%.2f, RTT +%.1f, +%.1f ms, share %.2f\n",
		cell.mbit, cell.rtt_ms, cell.queue_ms, cell.jitter_ms, cell.burst_ms, cell.loss, ours.mbit, plain.mbit,
		ours.mbit / plain.mbit, ours.first_mbit / plain.first_mbit, ours.rtt_ms - cell.rtt_ms,
		ours.rtt_p99_ms - cell.rtt_ms, ours.share);
	return 0;
}
