/* The client's program from its command line to its exit code, on every system. */
#ifndef LP_CLIENT_APP_H
#define LP_CLIENT_APP_H

#include "app/app.h"
#include "app/saved_session.h"
#include "client/options.h"

struct lp_client;

/* Everything that the program has. */
struct lp_client_app {
	struct lp_app life;
	struct lp_client_options options;
	struct lp_saved_session place;         /* with the kept MAC */
	char journal_path[LP_CLIENT_PATH_MAX]; /* beside the identity */
	struct lp_client *client;
};

/* Lives a whole client's life; |app| is all zero at the start. Returns the exit code. */
int lp_client_app_run(struct lp_client_app *app, int argc, char *const *argv);

#endif
