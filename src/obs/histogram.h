/* A histogram with fixed bounds, for Prometheus. */
#ifndef LP_OBS_HISTOGRAM_H
#define LP_OBS_HISTOGRAM_H

#include <stdint.h>

struct lp_text;

/* Upper bounds of the buckets, microseconds; a last bucket has the rest. From a LAN to a satellite. */
#define LP_HISTOGRAM_BOUNDS_US \
	{ \
		1000, 2000, 5000, 10000, 20000, 35000, 50000, 75000, 100000, 150000, 250000, 500000, 1000000, 2500000 \
	}
#define LP_HISTOGRAM_BUCKETS 15U

/* Zero is empty. */
struct lp_histogram {
	uint64_t counts[LP_HISTOGRAM_BUCKETS]; /* not cumulative */
	uint64_t sum_us;
};

/* Adds all values of |from|. */
void lp_histogram_merge(struct lp_histogram *to, const struct lp_histogram *from);
void lp_histogram_add(struct lp_histogram *histogram, uint64_t value_us);
/* Adds the metric |name|, in seconds, in Prometheus' text format. */
void lp_histogram_text(struct lp_text *text, const char *name, const char *help, const struct lp_histogram *histogram);

#endif
