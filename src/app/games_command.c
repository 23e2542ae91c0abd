#include "app/games_command.h"

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
#include "doctor/games.h"
#include "platform/device/sniffer.h"
#include "platform/loop/loop.h"
#include "report/status_json.h"

#define DEFAULT_S 10U
#define STEP_NS (250 * LP_MS)
#define PAGE_BYTES ((size_t)64 << 10)

/* The adapter of the running program, or |otherwise|. */
static void find_device(const struct lp_program *program, const struct lp_control_options *control,
	const char *otherwise, char *ret_device, size_t size)
{
	struct lp_status_document document;
	struct lp_failure failure;
	char *body;
	size_t len;
	snprintf(ret_device, size, "%s", otherwise);
	if (lp_control_call(program, control, "GET", "/status", NULL, &failure, &body, &len) < 0)
		return;
	if (lp_status_document_read(body, len, &failure, &document) == 0) {
		snprintf(ret_device, size, "%.63s", document.device);
		free(document.members.items);
	}
	free(body);
}

/* Listens until the time is over. Returns the time at the end. */
static uint64_t listen_for(struct lp_loop *clock, struct lp_sniffer *sniffer, uint32_t seconds, struct lp_games *games)
{
	uint8_t frame[2048];
	uint64_t now_ns = lp_loop_now_ns(clock), end_ns = now_ns + seconds * LP_SEC;
	while (now_ns < end_ns) {
		int len = lp_sniffer_next(sniffer, frame, sizeof frame, STEP_NS);
		now_ns = lp_loop_now_ns(clock);
		if (len > 0)
			lp_games_add(games, frame, (size_t)len, now_ns);
	}
	return now_ns;
}

static int print(const struct lp_games *games, bool json, uint64_t now_ns, struct lp_failure *failure)
{
	struct lp_text text;
	char *data = malloc(PAGE_BYTES);
	if (!data)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	lp_text_init(&text, data, PAGE_BYTES);
	if (json)
		lp_games_json(games, now_ns, &text);
	else
		lp_games_text(games, now_ns, &text);
	printf("%s%s", data, json ? "\n" : "");
	free(data);
	if (fflush(stdout) != 0 || ferror(stdout))
		return lp_fail(failure, LP_EIO, "cannot write to standard output");
	return 0;
}

int lp_games_command(const struct lp_program *program, const struct lp_control_options *control, const char *device,
	uint32_t seconds)
{
	struct lp_failure failure = {0};
	struct lp_sniffer *sniffer = NULL;
	struct lp_loop *clock = NULL;
	char name[64];
	struct lp_games *games = calloc(1, sizeof *games);
	int result = games ? lp_loop_new(&clock) : LP_ENOMEM;
	if (result < 0)
		lp_fail(&failure, result, "%s", lp_error_text(result));
	find_device(program, control, device, name, sizeof name);
	if (result == 0)
		result = lp_sniffer_open(name, &failure, &sniffer);
	if (result == 0) {
		uint64_t now_ns = listen_for(clock, sniffer, seconds ? seconds : DEFAULT_S, games);
		result = print(games, control->json, now_ns, &failure);
	}
	lp_sniffer_close(sniffer);
	lp_loop_free(clock);
	free(games);
	if (result < 0)
		fprintf(stderr, "%s: games: %s\n", program->name, failure.text);
	return result == 0 ? LP_EXIT_OK : LP_EXIT_FAILURE;
}
