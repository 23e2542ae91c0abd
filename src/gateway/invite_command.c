#include "gateway/invite_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/saved_session.h"
#include "base/error.h"
#include "base/failure.h"
#include "base/text.h"
#include "base/units.h"
#include "base/wipe.h"
#include "cli/options.h"
#include "cli/start.h"
#include "gateway/invite_book.h"
#include "gateway/options.h"
#include "gateway/qr.h"
#include "platform/loop/loop.h"
#include "platform/system/terminal.h"

/* What a command works with. */
struct invite_command {
	const struct lp_gateway_options *options;
	const char *argument; /* whom an invite is for, or the id of one */
	char path[LP_GATEWAY_PATH_MAX + 16];
	struct lp_invite host;
	struct lp_invite_book book;
	int64_t now_unix_s;
	struct lp_failure failure;
};

/* Prints an invite: on a terminal as a QR code, too. */
static void print_invite(const char *text)
{
	printf("%s\n", text);
	if (!lp_terminal_is_live(LP_TERMINAL_OUT))
		return;
	printf("\n");
	lp_qr_print(text, stdout);
}

static void print_time(const char *before, int64_t unix_s)
{
	char data[32];
	struct lp_text text;
	lp_text_init(&text, data, sizeof data);
	lp_text_time(&text, unix_s);
	printf("%s%s", before, data);
}

static int make(struct invite_command *command)
{
	const struct lp_invite_entry *entry;
	uint64_t expires_s = command->options->expires_ns / LP_SEC;
	struct lp_invite_entry wanted = {
		.created_unix_s = (uint32_t)command->now_unix_s,
		.expires_unix_s = expires_s ? (uint32_t)(command->now_unix_s + (int64_t)expires_s) : 0,
		.uses = command->options->uses,
	};
	char text[LP_INVITE_TEXT_MAX + 1];
	snprintf(wanted.name, sizeof wanted.name, "%s", command->argument);
	int result = lp_invite_book_add(&command->book, &wanted, &command->failure, &entry);
	if (result == 0)
		result = lp_invite_book_format(&command->book, entry, &command->host, &command->failure, text);
	if (result == 0)
		result = lp_invite_book_save(command->path, &command->book, &command->failure);
	if (result == 0)
		print_invite(text);
	return result;
}

static int list(struct invite_command *command)
{
	for (size_t i = 0; i < command->book.n_entries; i++) {
		const struct lp_invite_entry *entry = &command->book.entries[i];
		char text[LP_INVITE_TEXT_MAX + 1], name[4 * LP_NAME_MAX + 1];
		struct lp_text escaped;
		lp_text_init(&escaped, name, sizeof name);
		lp_text_escaped(&escaped, entry->name);
		int result = lp_invite_book_format(&command->book, entry, &command->host, &command->failure, text);
		if (result < 0)
			return result;
		bool over = entry->expires_unix_s != 0 && command->now_unix_s >= entry->expires_unix_s;
		printf("%08x  %s", (unsigned)entry->id, name);
		print_time(*name ? ", made " : "made ", entry->created_unix_s);
		if (entry->expires_unix_s != 0)
			print_time(over ? ", expired " : ", expires ", entry->expires_unix_s);
		if (entry->uses != 0)
			printf(", for %u members", entry->uses);
		printf(entry->revoked ? ", revoked\n" : "\n");
		if (!entry->revoked && !over)
			printf("          %s\n", text);
	}
	return 0;
}

/* An invite that is not in the list was made on another computer. */
static int mark_revoked(struct invite_command *command)
{
	struct lp_invite_entry *entry = lp_invite_book_find(
		&command->book, (uint32_t)strtoul(command->argument, NULL, 16));
	if (!entry)
		return 0;
	entry->revoked = true;
	return lp_invite_book_save(command->path, &command->book, &command->failure);
}

static const struct {
	const char *names;
	int (*run)(struct invite_command *command);
} commands[] = {
	{"invite", make},
	{"invites", list},
};

bool lp_invite_is_command(const struct lp_options *options)
{
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		if (lp_options_is_command(options, commands[i].names))
			return true;
	return false;
}

/* Reads the host's invite, which the gateway has saved. */
static int load_host(struct invite_command *command)
{
	const char *path = command->options->state_path;
	struct lp_saved_session saved = {0};
	int result = lp_saved_session_load(path, &command->failure, &saved);
	if (result == LP_ENOTFOUND || (result == 0 && !saved.invite[0]))
		return lp_fail(&command->failure, LP_ENOTFOUND,
			"%s has no host's invite. Start the gateway with the invite that 'lanparty-relay room add' printed; "
			"it is saved when the gateway has joined the room",
			path);
	if (result == 0)
		result = lp_invite_parse(saved.invite, &command->failure, &command->host);
	lp_wipe(&saved, sizeof saved);
	return result;
}

static int load_book(struct invite_command *command)
{
	int result = lp_invite_book_path(command->options->state_path, command->path, sizeof command->path);
	if (result < 0)
		return lp_fail(&command->failure, result, "--state: the path is too long");
	return lp_invite_book_load(command->path, command->host.room, &command->failure, &command->book);
}

static int find_time(struct invite_command *command)
{
	struct lp_loop *loop;
	int result = lp_loop_new(&loop);
	if (result < 0)
		return lp_fail(&command->failure, result, "%s", lp_error_text(result));
	command->now_unix_s = lp_loop_unix_s(loop);
	lp_loop_free(loop);
	return 0;
}

/* Loads what a command needs, and runs it. Returns the exit code. */
static int run(const struct lp_options *options, const struct lp_gateway_options *gateway, const char *argument,
	int (*action)(struct invite_command *command))
{
	struct invite_command *command = calloc(1, sizeof *command);
	int result;
	if (!command)
		return LP_EXIT_FAILURE;
	command->options = gateway;
	command->argument = argument;
	if ((result = load_host(command)) == 0 && (result = load_book(command)) == 0)
		result = find_time(command);
	if (result == 0)
		result = action(command);
	if (result == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		result = lp_fail(&command->failure, LP_EIO, "standard output cannot be written to");
	if (result < 0)
		fprintf(stderr, "%s: %s\n", options->program->name, command->failure.text);
	lp_wipe(command, sizeof *command);
	free(command);
	return result == 0 ? LP_EXIT_OK : LP_EXIT_FAILURE;
}

int lp_invite_command(const struct lp_options *options, const struct lp_gateway_options *gateway, const char *name)
{
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		if (lp_options_is_command(options, commands[i].names))
			return run(options, gateway, name, commands[i].run);
	return LP_EXIT_USAGE;
}

int lp_invite_mark_revoked(const struct lp_options *options, const struct lp_gateway_options *gateway, const char *id)
{
	return run(options, gateway, id, mark_revoked);
}

/* The first invite for any number of players that is still good; NULL: there is none. */
static const struct lp_invite_entry *find_open(const struct lp_invite_book *book, int64_t now_unix_s)
{
	for (size_t i = 0; i < book->n_entries; i++) {
		const struct lp_invite_entry *entry = &book->entries[i];
		bool over = entry->expires_unix_s != 0 && now_unix_s >= entry->expires_unix_s;
		if (!entry->revoked && !over && entry->uses == 0)
			return entry;
	}
	return NULL;
}

void lp_invite_show(const struct lp_gateway_options *gateway, const struct lp_invite *host, int64_t now_unix_s)
{
	struct invite_command *command = calloc(1, sizeof *command);
	if (!command)
		return;
	command->options = gateway;
	command->argument = "players";
	command->host = *host;
	command->now_unix_s = now_unix_s;
	if (lp_terminal_is_live(LP_TERMINAL_OUT) && load_book(command) == 0) {
		const struct lp_invite_entry *entry = find_open(&command->book, now_unix_s);
		char text[LP_INVITE_TEXT_MAX + 1];
		printf("Players join with this invite: sudo lanparty-client 'INVITE'\n\n");
		if (!entry)
			(void)make(command);
		else if (lp_invite_book_format(&command->book, entry, host, &command->failure, text) == 0)
			print_invite(text);
		fflush(stdout);
	}
	lp_wipe(command, sizeof *command);
	free(command);
}
