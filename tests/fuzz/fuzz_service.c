/* The first byte selects: a request from a user without rights, whose command line must stay one program with one name;
   or a reply, of which the window must show printable texts only. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "client/windows/service/join.h"
#include "client/windows/service/protocol.h"
#include "client/windows/window/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void request(const char *json, size_t len)
{
	static const char prefix[] = "\"x.exe\" --log-level info";
	struct lp_service_request request;
	struct lp_failure failure = {0};
	char line[512];
	if (lp_service_request_read(json, len, &failure, &request) < 0 || request.command != LP_SERVICE_JOIN ||
		lp_service_join_check(&request, &failure) < 0)
		return;
	if (lp_service_join_command(&request, "x.exe", line, sizeof line) < 0 ||
		strncmp(line, prefix, strlen(prefix)) != 0)
		abort();
	size_t n_quotes = 0;
	for (const char *c = line; *c; c++) {
		n_quotes += *c == '"';
		if ((unsigned char)*c < ' ' || *c == '\\')
			abort();
	}
	if (n_quotes != (request.name[0] ? 4 : 2))
		abort();
}

static void check_text(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			abort();
}

static void reply(const char *json, size_t len)
{
	struct lp_service_reply reply;
	struct lp_failure failure = {0};
	struct lp_view *view = calloc(1, sizeof *view);
	if (!view)
		abort();
	int result = lp_service_reply_read(json, len, &failure, &reply);
	for (unsigned i = 0; i < 2; i++) {
		lp_view_update(view, result < 0 ? NULL : &reply, failure.text);
		check_text(view->headline);
		check_text(view->detail);
		check_text(view->path);
		check_text(view->address);
		check_text(view->notice);
		check_text(view->tip);
		for (size_t row = 0; row < view->n_rows; row++)
			check_text(view->rows[row].name);
	}
	lp_service_reply_done(&reply);
	free(view);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len == 0)
		return 0;
	(data[0] & 1 ? reply : request)((const char *)data + 1, len - 1);
	return 0;
}
