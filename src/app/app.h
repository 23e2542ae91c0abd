/* The frame of a program, which relay, gateway and client share: from the command line to the exit code.

   Model. A program's main() holds one lp_app and calls, in this order:

     lp_app_options()   reads command line and configuration file; --help and the like end here
     lp_app_begin()     makes the loop, handles signals, logs `started`
     lp_app_run()       runs the loop until lp_app_ended()
     lp_app_end()       frees the loop, logs `stopped` or `failed`, returns the exit code

   What the program itself does is created between lp_app_begin() and lp_app_run() and freed before lp_app_end(). If its
   creation fails, main() skips lp_app_run() and copies the failure to app->failure, and lp_app_end() reports it. (Not
   directly: a function that succeeds may have written to its |failure|.)

   Signals. The first SIGINT or SIGTERM calls |stop|, which says goodbye and leads to lp_app_ended(); a second one ends
   the loop immediately. SIGHUP calls |reload| in programs that have it. In others it means that the terminal was closed
   and stops the program, once, because a terminal may send it more than once; under nohup it is ignored.

   The modules on top of it: member_app.h (what client and gateway have in common), member_options.h, reporter.h,
   saved_session.h. Nothing here knows what a relay, a gateway or a client does. */
#ifndef LP_APP_APP_H
#define LP_APP_APP_H

#include <stdbool.h>

#include "base/failure.h"
#include "cli/log.h"
#include "cli/options.h"
#include "cli/start.h"

struct lp_loop;
struct lp_sandbox_config;
struct lp_writer;

struct lp_app {
	const struct lp_program *program;
	struct lp_common_options common;
	struct lp_log_output output;
	struct lp_writer *writer; /* of |output|: the loop never waits for a terminal */
	struct lp_loop *loop;
	struct lp_failure failure; /* why the program ends; code 0: it was asked to */
	bool stopping;
	bool hurried; /* the system ends the program in a few seconds */

	/* Set by the program before lp_app_options(): gets each line of the log as well; NULL: none. */
	struct lp_log_output *copy;

	/* Set by the program before lp_app_begin(). */
	void (*stop)(void *ctx);   /* lp_app_ended() follows */
	void (*reload)(void *ctx); /* NULL: nothing to reload */
	void *ctx;
};

/* Reads command line and configuration file into the rows of |options|, which lp_options_init() has made for |program|,
   and starts the log. False: the program ends with |ret_exit|; everything was printed. */
bool lp_app_options(struct lp_app *app, const struct lp_program *program, struct lp_options *options, int argc,
	char *const *argv, int *ret_exit);
/* Makes the loop and handles signals. 0, LP_ENOMEM or what the system returned; |failure| is set. */
int lp_app_begin(struct lp_app *app, struct lp_failure *failure);
/* Confines the process (platform/system/sandbox.h), once everything is open that needs rights. Sets |config|'s user and
   |warn|; the rest is the caller's. */
void lp_app_confine(struct lp_app *app, struct lp_sandbox_config *config);
void lp_app_run(struct lp_app *app);
/* Begins the end, as the first SIGTERM does: calls |stop|. |why| is for the log. */
void lp_app_stop(struct lp_app *app, const char *why);
/* Ends the loop. |failure| NULL: the program was asked to end. */
void lp_app_ended(struct lp_app *app, const struct lp_failure *failure);
/* Frees the loop and logs the end. Returns the exit code. */
int lp_app_end(struct lp_app *app);

#endif
