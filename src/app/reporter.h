/* Shows a member's status: the line in the log when the situation changes, the figures in the log every 30 s, and a
   live view on a terminal. Once per second it queries the device, samples the figures and logs problems of the device.
 */
#ifndef LP_APP_REPORTER_H
#define LP_APP_REPORTER_H

#include <stdbool.h>
#include <stdint.h>

#include "report/device_watch.h"
#include "report/status.h"

struct lp_log;
struct lp_loop;
struct lp_member;
struct lp_reporter;

struct lp_reporter_config {
	enum lp_role role;
	const char *relay, *room, *device; /* copied */
	struct lp_mac mac;                 /* of the member */
	uint64_t snapshot_ns;              /* interval of the figures in the log; 0: none */
	const struct lp_log *log;          /* borrowed until lp_reporter_free() */
	/* Sets the device and what it counts. False if there is no such device. */
	bool (*query)(void *ctx, struct lp_status *status);
	lp_device_advice_fn *advice; /* NULL: problems of the device are not logged */
	/* Draws the live view, a block of lines; NULL: there is none. */
	void (*draw)(void *ctx, const char *block);
	/* The terminal's size; used with |draw|. */
	void (*size)(void *ctx, unsigned *ret_rows, unsigned *ret_columns);
	void *ctx;
};

/* |member| is borrowed until lp_reporter_free(). 0, LP_ENOMEM. */
int lp_reporter_new(struct lp_loop *loop, const struct lp_reporter_config *config, struct lp_member *member,
	struct lp_reporter **ret_reporter);
void lp_reporter_free(struct lp_reporter *reporter); /* NULL is fine */
/* The member changed: updates the status line. */
void lp_reporter_update(struct lp_reporter *reporter);
/* The status as of now. Valid until the next call. */
const struct lp_status *lp_reporter_status(struct lp_reporter *reporter);

#endif
