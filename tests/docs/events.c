/* Prints docs/events.md from the table of events. */
#include <stdio.h>

#include "obs/counters.h"
#include "obs/drop.h"
#include "obs/event.h"

static const char head[] =
	"# Events\n"
	"\n"
	"The programs log events on standard error, one line each: as text, or with `--log-format json` as JSON. This page\n"
	"is generated from the table in `src/obs/events.def.h` by `scripts/docs`.\n"
	"\n"
	"A JSON line is one object: `time` (RFC 3339, UTC), `level` (`error`, `warn`, `info`, `debug`), `event` (its "
	"name\n"
	"below), then the fields of the event. New fields and events may be added; names and meanings don't change.\n"
	"\n"
	"In the text, a part in [brackets] is omitted if its value is empty. Strings from other members are escaped: no\n"
	"control characters reach a terminal.\n"
	"\n"
	"## The events\n"
	"\n";

static const char drops_head[] = "## Drop reasons\n"
				 "\n"
				 "They appear in the event `frame`, in `drops` of snapshots, and as counters.\n"
				 "\n"
				 "| reason | meaning |\n"
				 "|---|---|\n";

static const char bounds_head[] =
	"\n"
	"## Bounds\n"
	"\n"
	"The counters in `bounds` of snapshots; counters that are 0 are omitted. [limits.md](limits.md) lists the bounds.\n"
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
