/* Prints docs/events.md from the table of events. */
#include <stdio.h>

#include "obs/counters.h"
#include "obs/drop.h"
#include "obs/event.h"

static const char head[] =
	"# Events\n"
	"\n"
	"What the programs print: one line each on standard error, as text, or with `--log-format json` as JSON. This "
	"page\n"
	"is made from the table in `src/obs/events.def.h` by `scripts/docs`; change it there.\n"
	"\n"
	"A JSON line is one object: `time` (RFC 3339, UTC), `level` (`error`, `warn`, `info`, `debug`), `event` (its "
	"name\n"
	"below), then the fields of the event. New fields and events may come; names and meanings stay.\n"
	"\n"
	"In the text, what stands in [brackets] is left out when it is empty. Strings that other members made up are\n"
	"escaped: no control characters reach a terminal.\n"
	"\n"
	"## The events\n"
	"\n";

static const char drops_head[] = "## Why frames are dropped\n"
				 "\n"
				 "The reasons of the event `frame`, of `drops` in the snapshots and of the counters.\n"
				 "\n"
				 "| reason | meaning |\n"
				 "|---|---|\n";

static const char bounds_head[] =
	"\n"
	"## What could not be kept or taken\n"
	"\n"
	"The counters of `bounds` in the snapshots; those that are 0 are left out. What the bounds are stands in\n"
	"[limits.md](limits.md).\n"
	"\n"
	"| counter | meaning |\n"
	"|---|---|\n"
#define X(name, meaning) "| `" #name "` | " meaning " |\n"
	LP_BOUND_COUNTERS(X)
#undef X
	;

int main(void)
{
	char section[4096];
	fputs(head, stdout);
	for (int i = 0; i < LP_EVENT_COUNT; i++) {
		struct lp_text text;
		lp_text_init(&text, section, sizeof section);
		lp_event_markdown(&text, (enum lp_event)i);
		if (text.cut)
			return 1;
		fputs(section, stdout);
	}
	fputs(drops_head, stdout);
	for (int i = LP_DROP_NONE + 1; i < LP_DROP_COUNT; i++)
		printf("| `%s` | %s |\n", lp_drop_wire((enum lp_drop)i), lp_drop_text((enum lp_drop)i));
	fputs(bounds_head, stdout);
	return fflush(stdout) == 0 ? 0 : 1;
}
