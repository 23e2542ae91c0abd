#include "obs/prometheus.h"

#include <inttypes.h>

#include "base/text.h"

/* Adds a string with backslashes, newlines and, in a label's value, quotes escaped. */
static void add_escaped(struct lp_text *text, const char *string)
{
	for (; *string; string++) {
		if (*string == '\\' || *string == '"')
			lp_text_addf(text, "\\%c", *string);
		else if (*string == '\n')
			lp_text_add(text, "\\n");
		else
			lp_text_addf(text, "%c", *string);
	}
}

void lp_prometheus_metric(struct lp_text *text, const char *name, const char *type, const char *help)
{
	lp_text_addf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void lp_prometheus_sample(struct lp_text *text, const char *name, const struct lp_prometheus_label *labels,
	size_t n_labels, uint64_t value)
{
	lp_text_add(text, name);
	for (size_t i = 0; i < n_labels; i++) {
		lp_text_addf(text, "%s%s=\"", i == 0 ? "{" : ",", labels[i].name);
		add_escaped(text, labels[i].value);
		lp_text_add(text, "\"");
	}
	lp_text_addf(text, "%s %" PRIu64 "\n", n_labels > 0 ? "}" : "", value);
}
