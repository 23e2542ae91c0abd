/* The client's program from the command line to the exit code, on all systems. */
#ifndef LP_CLIENT_APP_H
#define LP_CLIENT_APP_H

#include "app/member_app.h"
#include "client/options.h"

struct lp_client;

struct lp_client_app {
	struct lp_member_app app;
	struct lp_client_options options;
	bool made;                             /* the identity, in this run */
	char journal_path[LP_CLIENT_PATH_MAX]; /* of changes to the computer (Windows) */
	struct lp_client *client;
};

/* Runs the program and returns its exit code. |client| is zero but for options that main() has set. */
int lp_client_app_run(struct lp_client_app *client, int argc, char *const *argv);

#endif
