#include "obs/histogram.h"

#include <inttypes.h>

#include "base/text.h"
#include "obs/prometheus.h"

static const uint64_t bounds_us[LP_HISTOGRAM_BUCKETS - 1] = LP_HISTOGRAM_BOUNDS_US;

void lp_histogram_add(struct lp_histogram *histogram, uint64_t value_us)
{
	unsigned i = 0;
	while (i < LP_HISTOGRAM_BUCKETS - 1 && value_us > bounds_us[i])
		i++;
	histogram->counts[i]++;
	histogram->sum_us += value_us;
}

void lp_histogram_merge(struct lp_histogram *to, const struct lp_histogram *from)
{
	for (unsigned i = 0; i < LP_HISTOGRAM_BUCKETS; i++)
		to->counts[i] += from->counts[i];
	to->sum_us += from->sum_us;
}

/* Adds microseconds as seconds. */
static void add_seconds(struct lp_text *text, uint64_t us)
{
	lp_text_addf(text, "%" PRIu64 ".%06" PRIu64, us / 1000000, us % 1000000);
}

void lp_histogram_text(struct lp_text *text, const char *name, const char *help, const struct lp_histogram *histogram)
{
	uint64_t total = 0;
	lp_prometheus_metric(text, name, "histogram", help);
	for (unsigned i = 0; i < LP_HISTOGRAM_BUCKETS; i++) {
		total += histogram->counts[i];
		lp_text_addf(text, "%s_bucket{le=\"", name);
		if (i < LP_HISTOGRAM_BUCKETS - 1)
			add_seconds(text, bounds_us[i]);
		else
			lp_text_add(text, "+Inf");
		lp_text_addf(text, "\"} %" PRIu64 "\n", total);
	}
	lp_text_addf(text, "%s_sum ", name);
	add_seconds(text, histogram->sum_us);
	lp_text_addf(text, "\n%s_count %" PRIu64 "\n", name, total);
}
