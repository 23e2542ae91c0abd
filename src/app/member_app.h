/* The program of a member: what client and gateway have in common on top of app.h. It holds the shared options, the
   trust in the relay's certificate, the saved session and the reporter. */
#ifndef LP_APP_MEMBER_APP_H
#define LP_APP_MEMBER_APP_H

#include "app/app.h"
#include "app/capture_command.h"
#include "app/capture_server.h"
#include "app/control.h"
#include "app/doctor.h"
#include "app/keylog.h"
#include "app/member_options.h"
#include "app/page.h"
#include "app/saved_session.h"
#include "cli/live.h"
#include "http/http.h"

struct lp_http;
struct lp_member;
struct lp_member_config;
struct lp_reporter;
struct lp_status;
struct lp_timer;
struct lp_tls;

#define LP_MEMBER_APP_ROUTES_MAX 24

struct lp_member_app {
	struct lp_app app;
	struct lp_member_options options;
	struct lp_control_options control;
	struct lp_capture_options capture_options;
	struct lp_doctor_options doctor;
	struct lp_page_options page_options;
	struct lp_page page;
	struct lp_capture_server capture;
	struct lp_keylog keylog;
	struct lp_tls *tls;
	struct lp_tls *peer_tls; /* of peer links; NULL: there are none */
	struct lp_saved_session saved;
	const char *saved_path; /* NULL: the session is not saved; borrowed */
	struct lp_reporter *reporter;
	struct lp_member *member; /* from lp_member_app_report() to lp_member_app_unreport(); borrowed */
	struct lp_http *http;     /* serves status and capture */
	struct lp_timer *leave;   /* stops the program after POST /leave was replied to */
	struct lp_live live;
	const char *device_id; /* the TAP or the gateway's interface, for lp_device_state(); borrowed */
	char relay[256];       /* "HOST:PORT" as the user wrote it */

	/* The program's own routes on the status socket, after GET /status and POST /leave; their handlers get the
	 * lp_member_app. */
	const struct lp_http_route *routes;
	size_t n_routes;
	struct lp_http_route table[LP_MEMBER_APP_ROUTES_MAX]; /* of all routes */

	/* Set by the program; both get app.ctx. */
	void (*joined)(void *ctx);                          /* NULL: nothing to do */
	void (*count)(void *ctx, struct lp_status *status); /* adds what only the program knows; NULL: nothing */
};

/* As lp_app_options(), and runs the commands `status`, `leave` and `capture`; other commands are the program's. |rows|
   are the program's own options, stored in |dest|. |ret_options| can be queried for which options were given. */
bool lp_member_app_options(struct lp_member_app *app, const struct lp_program *program, const struct lp_option *rows,
	size_t n_rows, void *dest, int argc, char *const *argv, struct lp_options *ret_options, int *ret_exit);
/* As lp_app_begin(). Also finds the invite and what the relay is trusted by, makes the member's key if |saved| has
   none, opens the status socket, and fills in |config| (not MAC and events). |options| is what lp_member_app_options()
   returned. The program has loaded |saved|. */
int lp_member_app_begin(struct lp_member_app *app, const struct lp_options *options, enum lp_role role,
	struct lp_failure *failure, struct lp_member_config *config);
/* Sets the resume token in |config| if |saved| is of this relay and this room, and the address that the relay had. */
void lp_member_app_resume(const struct lp_member_app *app, struct lp_member_config *config);
/* Confines the process once the device is open; |state_path| is the file that the program replaces (NULL: none). A
   callback of lp_client_new() and lp_gateway_new(), before they start to connect. */
void lp_member_app_confine(struct lp_member_app *app, const char *state_path);
/* Starts the reporter, whose status is served. |device| is the device's name for people, |device_id| the one for
   lp_device_state(); both are borrowed until lp_member_app_unreport(). */
int lp_member_app_report(struct lp_member_app *app, enum lp_role role, struct lp_member *member, const char *device,
	const char *device_id, const struct lp_mac *mac, struct lp_failure *failure);
/* Stops both. To be called before the member is freed. */
void lp_member_app_unreport(struct lp_member_app *app);
/* As lp_app_end(). */
int lp_member_app_end(struct lp_member_app *app);

/* Callbacks of a client or a gateway, with the lp_member_app as |ctx|. */
void lp_member_app_joined(void *ctx, const struct lp_welcome *welcome);
void lp_member_app_changed(void *ctx);
void lp_member_app_ended(void *ctx, const struct lp_failure *failure);

#endif
