#include "app/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/control.h"
#include "base/error.h"
#include "base/failure.h"
#include "base/hex.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/start.h"
#include "cli/value.h"
#include "obs/drop.h"
#include "obs/event.h"
#include "page/assets.h"
#include "platform/loop/loop.h"
#include "platform/system/random.h"
#include "platform/system/terminal.h"

#define TICK_NS LP_SEC
#define TOKEN_BYTES 16
#define HISTORY_BYTES ((size_t)LP_PAGE_SERIES * LP_PAGE_HISTORY_S * 12 + 64)
#define WORDS_BYTES 8192U

/* An open page. */
struct stream {
	struct lp_page *page;
	struct lp_node node;
	char *event; /* that is being sent; NULL: none */
	size_t len, sent;
};

/* Reads "off", "auto", "on", "[ADDR:]PORT". */
static int parse_page(const struct lp_option *option, const char *value, void *dest, struct lp_failure *failure)
{
	struct lp_page_options page = {.when = LP_PAGE_ON};
	if (strcmp(value, "off") == 0 || strcmp(value, "auto") == 0) {
		page.when = strcmp(value, "off") == 0 ? LP_PAGE_OFF : LP_PAGE_AUTO;
	} else if (strcmp(value, "on") != 0) {
		int result = lp_option_listen(option, value, &page.address, failure);
		if (result < 0)
			return result;
	}
	*(struct lp_page_options *)dest = page;
	return 0;
}

const struct lp_option lp_page_option_rows[] = {
	{"page", "[ADDR:]PORT|on|off", .parse = parse_page, .offset = 0, .size = sizeof(struct lp_page_options),
		.group = "Page", .standard = "auto",
		.help = "serve a page for the browser of this computer at this port; on: at any port; off: none (auto: on if the program "
			"runs in a terminal); the command page prints its address"},
};
const size_t lp_page_option_rows_n = LP_OPTIONS_N(lp_page_option_rows);

/* Makes the event of the status for a stream that has sent its last one. */
static void fill(struct stream *stream, const char *json)
{
	size_t size = strlen(json) + sizeof "data: \n\n";
	if (stream->event)
		return;
	stream->event = malloc(size);
	stream->len = stream->event ? (size_t)snprintf(stream->event, size, "data: %s\n\n", json) : 0;
	stream->sent = 0;
}

static void on_timer(void *ctx, uint64_t now_ns)
{
	struct lp_page *page = ctx;
	uint64_t sample[LP_PAGE_SERIES] = {0};
	page->sample(page->ctx, sample);
	lp_page_history_add(&page->history, sample);
	lp_timer_set(page->timer, now_ns + TICK_NS);
	char *json = lp_list_is_empty(&page->streams) ? NULL : page->status(page->ctx);
	if (!json)
		return;
	LP_LIST_EACH(node, &page->streams)
		fill(LP_LIST_ELEMENT(node, struct stream, node), json);
	free(json);
	/* A stream may end when it is woken. */
	for (struct lp_node *node = page->streams.next, *next; node != &page->streams; node = next) {
		next = node->next;
		lp_http_wake(page->http, LP_LIST_ELEMENT(node, struct stream, node));
	}
}

static int on_read(void *ctx, char *data, size_t size)
{
	struct stream *stream = ctx;
	size_t left = stream->len - stream->sent, n = left < size ? left : size;
	if (!stream->event)
		return 0;
	memcpy(data, stream->event + stream->sent, n);
	stream->sent += n;
	if (stream->sent == stream->len) {
		free(stream->event);
		stream->event = NULL;
	}
	return (int)n;
}

static void on_closed(void *ctx)
{
	struct stream *stream = ctx;
	lp_list_remove(&stream->node);
	free(stream->event);
	free(stream);
}

void lp_page_events(struct lp_page *page, struct lp_http_reply *reply)
{
	struct stream *stream = page->timer ? calloc(1, sizeof *stream) : NULL;
	if (!stream)
		return;
	stream->page = page;
	lp_list_append(&page->streams, &stream->node);
	char *json = page->status(page->ctx);
	if (json)
		fill(stream, json);
	free(json);
	reply->content_type = "text/event-stream";
	reply->source = (struct lp_http_source){.read = on_read, .closed = on_closed, .ctx = stream};
}

void lp_page_file(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	(void)ctx;
	const char *name = request->rest[0] ? request->rest : "index.html";
	for (const struct lp_page_asset *asset = lp_page_assets; asset->name; asset++) {
		if (strcmp(asset->name, name) != 0)
			continue;
		reply->body = malloc(asset->len + 1);
		if (reply->body)
			memcpy(reply->body, asset->data, asset->len);
		reply->body_len = asset->len;
		reply->content_type = asset->type;
		return;
	}
	lp_http_reply_text(reply, 404, "not found");
}

void lp_page_words(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	(void)ctx;
	(void)request;
	struct lp_text text;
	reply->body = malloc(WORDS_BYTES);
	if (!reply->body)
		return;
	lp_text_init(&text, reply->body, WORDS_BYTES);
	for (enum lp_drop drop = LP_DROP_NONE + 1; drop < LP_DROP_COUNT; drop++) {
		lp_text_addf(&text, "%s\"%s\":", drop == LP_DROP_NONE + 1 ? "{" : ",", lp_drop_wire(drop));
		lp_text_json(&text, lp_drop_text(drop));
	}
	lp_text_add(&text, "}");
	reply->body_len = text.len;
}

void lp_page_history(const struct lp_page *page, struct lp_http_reply *reply)
{
	struct lp_text text;
	reply->body = malloc(HISTORY_BYTES);
	if (!reply->body)
		return;
	lp_text_init(&text, reply->body, HISTORY_BYTES);
	lp_page_history_json(&page->history, &text);
	reply->body_len = text.len;
}

void lp_page_url(const struct lp_page *page, struct lp_http_reply *reply)
{
	if (page->timer)
		lp_http_reply_text(reply, 200, page->url);
	else
		lp_http_reply_text(reply, 404, "this program serves no page. Start it with --page PORT");
}

/* Makes the token and opens the port. */
static int listen_at(struct lp_page *page, const struct lp_addr *wanted, struct lp_failure *failure)
{
	struct lp_addr address = *wanted;
	struct lp_failure why = {0};
	uint8_t token[TOKEN_BYTES];
	char text[LP_ADDR_TEXT_MAX];
	if (address.family == 0) {
		address.family = 4;
		memcpy(address.ip, (const uint8_t[]){127, 0, 0, 1}, 4);
	}
	lp_random_fill(token, sizeof token);
	lp_hex_format(token, sizeof token, page->token);
	int result = lp_http_listen_page(page->http, &address, LP_HTTP_PAGE | LP_HTTP_STATUS,
		LP_HTTP_PAGE | LP_HTTP_STATUS | LP_HTTP_CONTROL, page->token, &why, &address);
	if (result < 0)
		return lp_fail(failure, result, "--page: %s. Choose another address or port", why.text);
	snprintf(page->url, sizeof page->url, "http://%s/#token=%s", lp_addr_format(&address, text), page->token);
	return 0;
}

int lp_page_begin(struct lp_page *page, const struct lp_page_options *options, struct lp_failure *failure)
{
	bool terminal = lp_terminal_is_live(LP_TERMINAL_ERR);
	lp_list_init(&page->streams);
	if (options->when == LP_PAGE_OFF || (options->when == LP_PAGE_AUTO && !terminal))
		return 0;
	int result = listen_at(page, &options->address, failure);
	if (result == 0 && (result = lp_timer_new(page->loop, on_timer, page, &page->timer)) < 0)
		lp_fail(failure, result, "cannot start: %s", lp_error_text(result));
	if (result < 0)
		return result;
	lp_timer_set(page->timer, lp_loop_now_ns(page->loop) + TICK_NS);
	/* A log that others may read must not have the token. */
	char where[sizeof page->url];
	snprintf(where, sizeof where, "%.*s", terminal ? (int)sizeof where - 1 : (int)strcspn(page->url, "#"),
		page->url);
	lp_event_serving(page->log, "page", where);
	return 0;
}

void lp_page_end(struct lp_page *page)
{
	lp_timer_free(page->timer);
	page->timer = NULL;
}

int lp_page_command(const struct lp_program *program, const struct lp_control_options *control)
{
	struct lp_failure failure = {0};
	char *body;
	size_t len;
	int result = lp_control_call(program, control, "GET", "/page", NULL, &failure, &body, &len);
	if (result == 0) {
		fputs(body, stdout);
		free(body);
		if (fflush(stdout) != 0 || ferror(stdout))
			result = lp_fail(&failure, LP_EIO, "page: cannot write to standard output");
	}
	if (result < 0)
		fprintf(stderr, "%s: %s\n", program->name, failure.text);
	return result == 0 ? LP_EXIT_OK : LP_EXIT_FAILURE;
}
