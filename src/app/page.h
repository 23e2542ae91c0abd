/* The page that a running program serves on this computer: its status for a browser, and the buttons of its owner.

   Model. A page is a TCP listener with the program's own table of routes, restricted to what a browser needs. What
   changes nothing is served to every program of this computer; what changes something needs the token, which is in the
   address that the program prints and `lanparty-client page` prints again. A request whose Host is a name other than
   localhost is refused, so that a web site cannot reach the page by its own name (DNS rebinding), and no reply permits
   another origin to read it. The status goes to each open page once per second as a server-sent event.

   Invariants. A page that does not read its events gets no more of them until it does: each holds one document at most.
   The page never grants captures. Its files are the program's own; nothing is loaded from elsewhere. */
#ifndef LP_APP_PAGE_H
#define LP_APP_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/list.h"
#include "cli/options.h"
#include "http/http.h"
#include "page/history.h"
#include "platform/net/stream.h"

struct lp_control_options;
struct lp_failure;
struct lp_log;
struct lp_loop;

enum lp_page_when {
	LP_PAGE_AUTO, /* if standard error is a terminal */
	LP_PAGE_OFF,
	LP_PAGE_ON,
};

struct lp_page_options {
	enum lp_page_when when;
	struct lp_addr address; /* LP_PAGE_ON; family 0: loopback */
};

extern const struct lp_option lp_page_option_rows[];
extern const size_t lp_page_option_rows_n;

struct lp_page {
	struct lp_loop *loop; /* borrowed, as |http|, |log| and |ctx| */
	struct lp_http *http;
	const struct lp_log *log;
	char *(*status)(void *ctx); /* the document, malloc'd; NULL: there is none now */
	void (*sample)(void *ctx, uint64_t ret_sample[LP_PAGE_SERIES]);
	void *ctx;

	struct lp_timer *timer; /* NULL: the page is not served */
	struct lp_node streams;
	struct lp_page_history history;
	char token[LP_STREAM_TOKEN_MAX];
	char url[128]; /* with the token */
};

/* Serves the page by page->http if |options| say so. The fields above the empty line are set. Logs the address. 0, or
   an error of listening. */
int lp_page_begin(struct lp_page *page, const struct lp_page_options *options, struct lp_failure *failure);
/* After the http server was freed. A zeroed page is fine. */
void lp_page_end(struct lp_page *page);

/* The handlers of the page's routes. */
/* GET / and /web/ and a star, and GET /words: drop reasons. They use no |ctx|. */
void lp_page_file(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply);
void lp_page_words(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply);
void lp_page_history(const struct lp_page *page, struct lp_http_reply *reply); /* GET /history */
void lp_page_events(struct lp_page *page, struct lp_http_reply *reply);        /* GET /events */
void lp_page_url(const struct lp_page *page, struct lp_http_reply *reply);     /* GET /page: its address */

/* The command `page`: prints the address of the running program's page. Returns the exit code. */
int lp_page_command(const struct lp_program *program, const struct lp_control_options *control);

#endif
