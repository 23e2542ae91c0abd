/* The life of a member's program, as client and gateway share it: options, log, loop, signals, what it shows, and the
   exit code. */
#ifndef LP_APP_APP_H
#define LP_APP_APP_H

#include <stdbool.h>

#include "app/options.h"
#include "base/failure.h"
#include "base/mac.h"
#include "cli/live.h"
#include "cli/log.h"
#include "cli/start.h"
#include "report/device_watch.h"

struct lp_bound_counters;
struct lp_loop;
struct lp_member;
struct lp_member_config;
struct lp_saved_session;
struct lp_report;
struct lp_tls;

struct lp_app {
	const struct lp_program *program;
	struct lp_member_options options;
	struct lp_common_options common;
	struct lp_log_output output;
	struct lp_live live;
	struct lp_loop *loop;
	struct lp_tls *tls;
	struct lp_report *report;
	char relay[256];      /* "HOST:PORT", as the user gave it */
	char device_note[64]; /* what else there is to say of it */
	const char *device;   /* the TAP, or the gateway's interface; borrowed */
	struct lp_mac mac;    /* of it */
	struct lp_device_watch watch;
	struct lp_failure failure; /* why the program ends, code 0: as it was asked to */
	bool stopping;
	void (*stop)(void *ctx);                                      /* says goodbye; lp_app_ended() follows */
	void (*count)(void *ctx, struct lp_bound_counters *counters); /* as in lp_report_config; may be NULL */
	void *ctx;
};

/* Reads command line and configuration file; |rows| are the program's own options, for |dest|. False: it is to end
   with |ret_exit|. |ret_options| may be asked afterwards what was given. */
bool lp_app_options(struct lp_app *life, const struct lp_program *program, const struct lp_option *rows, size_t n_rows,
	void *dest, int argc, char *const *argv, struct lp_options *ret_options, int *ret_exit);
/* Makes loop, signals and trust, and fills in |config| (not role, MAC and events). */
int lp_app_begin(struct lp_app *life, struct lp_failure *failure, struct lp_member_config *config);
/* Fills the token of |place| in, if it is a place at this relay, in this room. */
void lp_app_take_place(
	const struct lp_app *life, const struct lp_saved_session *place, struct lp_member_config *config);
/* Keeps the token of our place at |path| (empty: forgets it), for a start after this program was killed. |place| has
   the MAC. Where that fails the log says so. */
void lp_app_keep_place(const struct lp_app *life, const char *path, struct lp_saved_session *place, const char *resume);
/* Begins to tell how things are: in the log, and on a terminal in a live view. */
int lp_app_show(struct lp_app *life, enum lp_role role, struct lp_member *member, const char *device,
	const struct lp_mac *mac, struct lp_failure *failure);
/* The member's state changed. */
void lp_app_changed(struct lp_app *life);
/* The member is done, or something failed: the loop stops. */
void lp_app_ended(struct lp_app *life, const struct lp_failure *failure);
/* Stops telling how things are; to be called before the member is freed. */
void lp_app_hide(struct lp_app *life);
/* Frees what lp_app_begin() made, has the last word in the log and returns the exit code. */
int lp_app_end(struct lp_app *life);

#endif
