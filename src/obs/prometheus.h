/* Prometheus' text format, version 0.0.4. */
#ifndef LP_OBS_PROMETHEUS_H
#define LP_OBS_PROMETHEUS_H

#include <stddef.h>
#include <stdint.h>

struct lp_text;

/* A label of a sample; the value is escaped. */
struct lp_prometheus_label {
	const char *name, *value;
};

/* Adds the two lines before the samples of a metric. |type| is "counter" or "gauge". */
void lp_prometheus_metric(struct lp_text *text, const char *name, const char *type, const char *help);
/* Adds a sample. */
void lp_prometheus_sample(struct lp_text *text, const char *name, const struct lp_prometheus_label *labels,
	size_t n_labels, uint64_t value);

#endif
