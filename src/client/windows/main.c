/* lanparty-client-win: the client on Windows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/text.h"
#include "cli/start.h"
#include "client/app.h"
#include "client/windows/adapters.h"
#include "client/windows/prompt.h"
#include "client/windows/service/log_file.h"
#include "client/windows/service/service.h"
#include "platform/system/file.h"
#include "platform/system/terminal.h"
#include "platform/system/writer.h"
#include "platform/windows/system/console.h"
#include "platform/windows/system/crash.h"
#include "platform/windows/system/load_config.h"
#include "platform/windows/system/private_folder.h"

#define ROOM_FILE_MAX ((size_t)16 << 10)

/* Paths of the files that are kept between runs. */
struct places {
	char identity[LP_CLIENT_PATH_MAX];
	char room[LP_CLIENT_PATH_MAX];
	char log[LP_LOG_FILE_PATH_MAX];
};

/* A copy of the log in a file: a console is gone when its window is. */
struct kept_log {
	struct lp_log_file file;
	struct lp_writer *writer;
	struct lp_log_output output;
};

/* Sets the paths and creates their folder. */
static int find_places(struct places *places, struct lp_failure *failure)
{
	char folder[600], before[600];
	int result = lp_program_folder("lanparty", folder, sizeof folder);
	if (result == 0)
		result = lp_program_folder("softlan", before, sizeof before);
	if (result < 0)
		return lp_fail(failure, result, "Windows names no folder for programs' files. Pass --identity FILE");
	snprintf(places->identity, sizeof places->identity, "%s\\lanparty-client-identity.json", folder);
	snprintf(places->room, sizeof places->room, "%s\\lanparty-client-room.conf", folder);
	snprintf(places->log, sizeof places->log, "%.500s\\client.log", folder);
	result = lp_private_folder_take(before, folder, failure);
	if (result == 0)
		result = lp_private_folder(folder, failure);
	if (result > 0)
		fprintf(stderr, "%s: %s: %d files of another user are not used, and were renamed to NAME.untrusted\n",
			lp_client_program.name, folder, result);
	return result < 0 ? result : 0;
}

/* Shows a question. */
static void on_say(void *ctx, const char *text)
{
	(void)ctx;
	fputs(text, stdout);
	fflush(stdout);
}

/* Reads an answer. */
static bool on_read(void *ctx, char *line, size_t size)
{
	(void)ctx;
	return lp_console_read_line(line, size);
}

/* Asks for relay and room and saves the answers as a configuration file. False at the end of the input. */
static bool ask(const char *path)
{
	const struct lp_prompt_io io = {.say = on_say, .read = on_read};
	char file[ROOM_FILE_MAX];
	struct lp_text text;
	struct lp_failure failure;
	uint8_t *before = NULL;
	size_t len = 0;
	lp_text_init(&text, file, sizeof file);
	if (lp_file_read(path, ROOM_FILE_MAX, NULL, &before, &len) < 0)
		before = NULL;
	bool answered = lp_prompt_ask(&io, (const char *)before, len, &text);
	free(before);
	if (answered && lp_file_write(path, (const uint8_t *)file, text.len, true, &failure) < 0) {
		fprintf(stderr, "%s: %s\n", lp_client_program.name, failure.text);
		answered = false;
	}
	return answered;
}

/* True if the command line has this word. */
static bool has_word(int argc, char *const *argv, const char *word)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], word) == 0)
			return true;
	return false;
}

/* What the program does instead of joining a room. */
static const struct {
	const char *word;
	int (*run)(void);
} actions[] = {
	{"--list-adapters", lp_client_list_adapters},
	{"--make-adapter", lp_client_make_adapter},
	{"--remove-adapter", lp_client_remove_adapter},
	{"--serve", lp_service_serve},
	{"--service", lp_service_dispatch},
	{"--install-service", lp_service_install},
	{"--uninstall-service", lp_service_uninstall},
};

static void on_file(void *ctx, const char *data, size_t len)
{
	lp_log_file_add(ctx, data, len);
}

static void on_line(void *ctx, const char *data, size_t len)
{
	lp_writer_add(ctx, data, len);
}

/* Runs the client with a copy of its log in a file, unless its output goes to a file or to the service already. */
static int run_logged(struct lp_client_app *app, const char *path, int argc, char *const *argv)
{
	static struct kept_log log;
	if (!lp_terminal_is_live(LP_TERMINAL_ERR))
		return lp_client_app_run(app, argc, argv);
	lp_log_file_init(&log.file, path);
	if (lp_writer_new(on_file, &log.file, &log.writer) == 0) {
		log.output = (struct lp_log_output){.write = on_line, .write_ctx = log.writer};
		app->app.app.copy = &log.output;
	}
	int code = lp_client_app_run(app, argc, argv);
	lp_writer_free(log.writer);
	lp_log_file_done(&log.file);
	return code;
}

/* Runs the client; without options it asks first. */
static int run(struct lp_client_app *app, int argc, char *const *argv)
{
	struct places places;
	struct lp_failure failure;
	char config[] = "--config";
	char *asked[] = {argv[0], config, places.room, NULL};
	for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
		if (has_word(argc, argv, actions[i].word))
			return actions[i].run();
	if (has_word(argc, argv, "--identity") || has_word(argc, argv, "--help") || has_word(argc, argv, "--version"))
		return lp_client_app_run(app, argc, argv);
	if (find_places(&places, &failure) < 0) {
		fprintf(stderr, "%s: %s\n", lp_client_program.name, failure.text);
		return LP_EXIT_FAILURE;
	}
	snprintf(app->options.identity_path, sizeof app->options.identity_path, "%s", places.identity);
	if (argc == 1 && ask(places.room))
		return run_logged(app, places.log, 3, asked);
	return run_logged(app, places.log, argc, argv);
}

/* A window that was opened for the program alone stays until the failure was read. */
static void hold_window(int code)
{
	char line[8];
	if (code == LP_EXIT_OK || !lp_console_is_ours())
		return;
	fputs("\nPress Enter to close this window.", stdout);
	fflush(stdout);
	(void)lp_console_read_line(line, sizeof line);
}

/* What the start-up code of -municode calls. */
int wmain(int argc, wchar_t **wide);

int wmain(int argc, wchar_t **wide)
{
	static struct lp_client_app app;
	struct lp_console console;
	char **argv = lp_console_arguments(argc, wide);
	int code = LP_EXIT_FAILURE;
	lp_load_from_system32();
	lp_crash_dump_enable();
	lp_console_begin(&console);
	if (argv)
		code = run(&app, argc, argv);
	hold_window(code);
	lp_console_end(&console);
	free(argv);
	return code;
}
