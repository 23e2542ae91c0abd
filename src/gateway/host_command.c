#include "gateway/host_command.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/control.h"
#include "base/error.h"
#include "base/failure.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/options.h"
#include "cli/start.h"
#include "ctrl/message.h"
#include "platform/loop/loop.h"

/* How often, and how many times, the gateway is asked for the relay's reply. */
#define POLL_NS (50 * LP_MS)
#define POLLS_MAX 100

/* A text of the room, as it can be printed. */
static void print_escaped(const char *before, const char *value)
{
	char data[512];
	struct lp_text text;
	lp_text_init(&text, data, sizeof data);
	lp_text_escaped(&text, value ? value : "");
	printf("%s%s", before, data);
}

static void print_players(const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *player = json_array_get(list, i);
		const char *name = json_string_value(json_object_get(player, "name"));
		const char *key = json_string_value(json_object_get(player, "key"));
		printf("%5d  %s  %-16.16s", (int)json_integer_value(json_object_get(player, "peer_id")),
			json_string_value(json_object_get(player, "mac")), key ? key : "");
		print_escaped("  ", name);
		printf("\n");
	}
}

/* Sends one request. |ret_root| is the caller's to release. */
static int call(const struct lp_options *options, const struct lp_control_options *control, const char *method,
	const char *target, const char *body, struct lp_failure *failure, json_t **ret_root)
{
	char *reply;
	size_t len;
	int result = lp_control_call(options->program, control, method, target, body, failure, &reply, &len);
	if (result < 0)
		return result;
	*ret_root = json_loadb(reply, len, 0, NULL);
	free(reply);
	return *ret_root ? 0 : lp_fail(failure, LP_EPROTO, "the gateway's reply is not JSON");
}

static int list_players(
	const struct lp_options *options, const struct lp_control_options *control, struct lp_failure *failure)
{
	json_t *root;
	int result = call(options, control, "GET", "/players", NULL, failure, &root);
	if (result < 0)
		return result;
	print_players(root);
	json_decref(root);
	return 0;
}

static void on_timer(void *ctx, uint64_t now_ns)
{
	(void)now_ns;
	lp_loop_stop(ctx);
}

/* Sleeps until the next poll. */
static void wait_poll(void)
{
	struct lp_loop *loop;
	struct lp_timer *timer = NULL;
	if (lp_loop_new(&loop) < 0)
		return;
	if (lp_timer_new(loop, on_timer, loop, &timer) == 0) {
		lp_timer_set(timer, lp_loop_now_ns(loop) + POLL_NS);
		(void)lp_loop_run(loop);
	}
	lp_timer_free(timer);
	lp_loop_free(loop);
}

/* Waits for the relay's reply to request |number| and prints it. */
static int wait_reply(const struct lp_options *options, const struct lp_control_options *control, json_int_t number,
	struct lp_failure *failure)
{
	char target[40];
	snprintf(target, sizeof target, "/host/%lld", (long long)number);
	for (int i = 0; i < POLLS_MAX; i++) {
		struct lp_failure why = {0};
		json_t *root;
		if (call(options, control, "GET", target, NULL, &why, &root) < 0) {
			wait_poll();
			continue;
		}
		const char *message = json_string_value(json_object_get(root, "message"));
		int result = 0;
		if (json_is_true(json_object_get(root, "done"))) {
			print_escaped("", message);
			printf("\n");
		} else {
			result = lp_fail(failure, LP_EPERM, "the relay refused: %.250s", message ? message : "");
		}
		json_decref(root);
		return result;
	}
	return lp_fail(failure, LP_ETIMEOUT, "the relay does not reply. Is its version older than this gateway's?");
}

static int ask(const struct lp_options *options, const struct lp_control_options *control, const char *action,
	struct lp_failure *failure)
{
	json_t *root = json_pack("{s:s, s:s}", "action", action, "target", options->n_words ? options->words[0] : "");
	char *body = root ? json_dumps(root, JSON_COMPACT) : NULL;
	json_decref(root);
	if (!body)
		return lp_fail(
			failure, LP_EINVAL, "'%s' is not text in UTF-8", options->n_words ? options->words[0] : "");
	int result = call(options, control, "POST", "/host", body, failure, &root);
	free(body);
	if (result < 0)
		return result;
	json_int_t number = json_integer_value(json_object_get(root, "request"));
	json_decref(root);
	return wait_reply(options, control, number, failure);
}

/* The action of the command, or NULL. */
static const char *action_of(const struct lp_options *options)
{
	for (enum lp_host_action action = 0; action < LP_HOST_OTHER; action++)
		if (lp_options_is_command(options, lp_host_action_wire(action)))
			return lp_host_action_wire(action);
	return NULL;
}

bool lp_host_is_command(const struct lp_options *options)
{
	return lp_options_is_command(options, "players") || action_of(options);
}

int lp_host_command(const struct lp_options *options, const struct lp_control_options *control)
{
	struct lp_failure failure = {0};
	const char *action = action_of(options);
	int result = action ? ask(options, control, action, &failure) : list_players(options, control, &failure);
	if (result == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		result = lp_fail(&failure, LP_EIO, "standard output cannot be written to");
	if (result < 0)
		fprintf(stderr, "%s: %s\n", options->program->name, failure.text);
	return result == 0 ? LP_EXIT_OK : LP_EXIT_FAILURE;
}
