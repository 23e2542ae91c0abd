/* What a member tells its user: the status line when the truth changes, a live view on a terminal, and the figures of
   the moment in the log. */
#ifndef LP_APP_REPORT_TIMER_H
#define LP_APP_REPORT_TIMER_H

#include <stdint.h>

#include "base/mac.h"
#include "ctrl/message.h"

struct lp_bound_counters;
struct lp_log;
struct lp_loop;
struct lp_member;
struct lp_report;

/* The network device of the program: the TAP, or the gateway's interface. */
struct lp_report_device {
	const char *name;
	const char *state; /* "up", "down" */
	const char *note;  /* what else there is to say of it; may be empty */
	char address[64];  /* its IP address, or empty */
	struct lp_mac mac;
};

struct lp_report_config {
	enum lp_role role;
	const char *relay, *room; /* as the user gave them; borrowed until lp_report_free() */
	uint64_t snapshot_ns;     /* between two lines of figures; 0: none */
	const struct lp_log *log; /* borrowed until lp_report_free() */
	/* Says how the device is now. */
	void (*device)(void *ctx, struct lp_report_device *ret_device);
	/* Fills in what the device and who works with it could not keep or take; NULL: nothing is counted there. */
	void (*count)(void *ctx, struct lp_bound_counters *counters);
	/* Looks at the device once a second; |room_mtu| is 0 while we are in no room, |lan| false without a gateway
	   there that has a link. Returns what is wrong with it, as "is down", or NULL. NULL: nobody looks. */
	const char *(*look)(void *ctx, unsigned room_mtu, bool lan);
	const char *device_name; /* for that; borrowed until lp_report_free() */
	/* Draws the live view, a block of lines; NULL: there is none. */
	void (*draw)(void *ctx, const char *block);
	/* The terminal's size, where |draw| is given. */
	void (*size)(void *ctx, unsigned *ret_rows, unsigned *ret_columns);
	void *ctx;
};

int lp_report_new(struct lp_loop *loop, const struct lp_report_config *config, struct lp_member *member,
	struct lp_report **ret_report);
void lp_report_free(struct lp_report *report); /* NULL is fine */
/* Something changed: the status line is looked at. */
void lp_report_update(struct lp_report *report);

#endif
