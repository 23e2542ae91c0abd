/* Prints docs/protocol.md with its tables regenerated, each between <!-- table: NAME --> and <!-- end -->. Reads the
   given file, or the one in the current folder. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ctrl/schema.h"
#include "obs/drop.h"

#include "page.h"

/* Up to this many words are listed in the row itself; more have a table. */
#define FEW_WORDS 3

/* The range of a field as text. */
static void print_range(const struct lp_field *field)
{
	switch (field->kind) {
	case LP_FIELD_UINT:
		if (field->max == INT64_MAX)
			printf("integer, %" PRIu64 " to 2^63-1", field->min);
		else
			printf("integer, %" PRIu64 " to %" PRIu64, field->min, field->max);
		break;
	case LP_FIELD_BOOL:
		printf("`true` or `false`");
		break;
	case LP_FIELD_TEXT:
		printf("string, up to %" PRIu64 " bytes", field->max);
		break;
	case LP_FIELD_ROOM:
		printf("string, a room code");
		break;
	case LP_FIELD_HEX:
		printf("string, up to %" PRIu64 " hex digits", field->max);
		break;
	case LP_FIELD_MAC:
		printf("string, a MAC address");
		break;
	case LP_FIELD_WORD:
		printf("string, a word");
		for (unsigned i = 0; field->words->n_words <= FEW_WORDS && i < field->words->n_words; i++)
			printf("%s`%s`", i ? ", " : ": ", field->words->words[i]);
		break;
	case LP_FIELD_DROPS:
		printf("object of integers, each 0 to 2^63-1");
		break;
	case LP_FIELD_PEER_VALUES:
		printf("object of integers, each 0 to 4294967295");
		break;
	case LP_FIELD_OBJECT:
		printf("object");
		break;
	case LP_FIELD_LIST:
		printf("array of objects");
		break;
	}
}

/* The rows of a message's fields; those in an object as "limits.peers". */
static void print_fields(const char *prefix, const struct lp_field *fields, size_t n_fields)
{
	for (size_t i = 0; i < n_fields; i++) {
		printf("| `%s%s` | ", prefix, fields[i].name);
		print_range(&fields[i]);
		printf(" | %s | %s |\n", fields[i].optional ? "no" : "yes", fields[i].text);
		if (fields[i].kind == LP_FIELD_OBJECT) {
			char inside[64];
			snprintf(inside, sizeof inside, "%s.", fields[i].name);
			print_fields(inside, fields[i].fields, fields[i].n_fields);
		}
	}
}

/* The table of a message. */
static void print_message(enum lp_message_type type)
{
	size_t n_fields = 0;
	const struct lp_field *fields = lp_schema_fields(type, &n_fields);
	printf("| field | type and range | required | what it says |\n|---|---|---|---|\n");
	print_fields("", fields, n_fields);
}

static void print_rejects(void)
{
	printf("| code | meaning | worth another try |\n|---|---|---|\n");
	for (unsigned i = 0; i < LP_REJECT_OTHER; i++)
		printf("| `%s` | %s | %s |\n", lp_reject_wire(i), lp_reject_text(i),
			lp_reject_may_retry(i) ? "yes" : "no");
}

static void print_drops(void)
{
	printf("| reason | meaning |\n|---|---|\n");
	for (unsigned i = LP_DROP_NONE + 1; i < LP_DROP_COUNT; i++)
		printf("| `%s` | %s |\n", lp_drop_wire(i), lp_drop_text(i));
}

/* Prints the table of this name. False if it is unknown. */
static bool print_table(const char *name)
{
	for (unsigned i = 0; i < LP_MESSAGE_UNKNOWN; i++) {
		if (strcmp(name, lp_message_wire(i)) == 0) {
			print_message(i);
			return true;
		}
	}
	if (strcmp(name, "rejects") == 0)
		print_rejects();
	else if (strcmp(name, "drops") == 0)
		print_drops();
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	return page_print(argc > 1 ? argv[1] : "docs/protocol.md", print_table);
}
