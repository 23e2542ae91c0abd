/* Prints docs/limits.md with its tables regenerated. */
#include <stdio.h>
#include <string.h>

#include "filter/filter.h"
#include "filter/limit.h"
#include "obs/drop.h"
#include "room/output.h"

#include "page.h"

/* A rate and its burst, "200 / 400", or "none". */
static void print_rate(const struct lp_rate *rate)
{
	if (rate->per_s == 0)
		printf(" none |");
	else
		printf(" %u / %u |", (unsigned)rate->per_s, (unsigned)(rate->burst ? rate->burst : rate->per_s));
}

static void print_limits(void)
{
	printf("| limit | client | gateway | unit | counted as | what is in it |\n|---|---|---|---|---|---|\n");
	for (enum lp_limit i = 0; i < LP_LIMIT_COUNT; i++) {
		const struct lp_limit_row *row = lp_limit_row(i);
		printf("| `%s` |", row->wire);
		print_rate(&row->client);
		print_rate(&row->gateway);
		printf(" %s | `%s` | %s |\n", row->unit, lp_drop_wire(row->drop), row->text);
	}
}

static void print_outputs(void)
{
	printf("| limit | by default, kbit per second | what it limits |\n|---|---|---|\n");
	for (enum lp_output i = 0; i < LP_OUTPUT_COUNT; i++) {
		const struct lp_output_row *row = lp_output_row(i);
		printf("| `%s` |", row->wire);
		if (row->rate.per_s)
			printf(" %u |", (unsigned)row->rate.per_s);
		else
			printf(" none |");
		printf(" %s |\n", row->text);
	}
}

static void print_filters(void)
{
	printf("| filter | by default | checks frames of | counted as | what it drops |\n|---|---|---|---|---|\n");
	for (enum lp_filter i = 0; i < LP_FILTER_COUNT; i++) {
		const struct lp_filter_row *row = lp_filter_row(i);
		printf("| `%s` | %s | %s | `%s` | %s |\n", row->wire, row->on ? "on" : "off",
			row->from_gateway ? "all members" : "clients", lp_drop_wire(row->drop), row->text);
	}
}

/* Prints the table of this name. False if it is unknown. */
static bool print_table(const char *name)
{
	if (strcmp(name, "limits") == 0)
		print_limits();
	else if (strcmp(name, "outputs") == 0)
		print_outputs();
	else if (strcmp(name, "filters") == 0)
		print_filters();
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	return page_print(argc > 1 ? argv[1] : "docs/limits.md", print_table);
}
