/* One cell of the grid of paths, by hand or from a script: the tunnel beside plain packets.

   Usage: path_grid [NAME=VALUE...] with the names of the table below. Prints a line of JSON; with trace=1, a line each
   tenth of a second before it. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "path_run.h"

/* All values as numbers. */
struct values {
	double mbit, rtt, queue, jitter, burst, loss, run, inner, up, down, rival, change, to_mbit, to_rtt, stall,
		seconds;
	double seed, trace;
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
	VALUE(seed),
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

static void print_result(const char *name, const struct path_result *result)
{
	printf("\"%s\": {\"mbit\": %.3f, \"first\": %.3f, \"last\": %.3f, \"held\": %.2f, \"rtt\": %.1f, \"p99\": %.1f, \"last_rtt\": %.1f, "
	       "\"share\": %.3f}",
		name, result->mbit, result->first_mbit, result->last_mbit, result->last_held, result->rtt_ms,
		result->rtt_p99_ms, result->last_rtt_ms, result->share);
}

int main(int argc, char **argv)
{
	struct values v = {.mbit = 50, .rtt = 20, .queue = 100, .up = 1, .seconds = 10, .seed = 7};
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
		.seed = (uint64_t)v.seed,
	};
	struct path_result plain = path_run(&cell, true, false), ours = path_run(&cell, false, v.trace > 0);
	printf("{");
	print_result("plain", &plain);
	printf(", ");
	print_result("ours", &ours);
	printf("}\n");
	return 0;
}
