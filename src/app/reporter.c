#include "app/reporter.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"
#include "member/member.h"
#include "obs/event.h"
#include "platform/loop/loop.h"
#include "report/live_view.h"

#define TICK_NS LP_SEC

struct lp_reporter {
	struct lp_reporter_config config;
	struct lp_member *member;
	struct lp_timer *timer;
	struct lp_status status;
	struct lp_device_watch watch;
	uint64_t snapshot_due_ns;
};

void lp_reporter_update(struct lp_reporter *reporter)
{
	struct lp_status *status = &reporter->status;
	lp_member_status(reporter->member, status);
	/* The program logs its end, and why. */
	if (lp_status_update(status) && status->summary != LP_SUMMARY_ENDED)
		lp_event_status(reporter->config.log, status->text);
}

/* Queries the device and logs its problems. */
static void look_at_device(struct lp_reporter *reporter)
{
	bool there = reporter->config.query(reporter->config.ctx, &reporter->status);
	if (!there)
		lp_device_watch_gone(&reporter->watch, &reporter->status);
	else if (reporter->config.advice)
		lp_device_watch_look(&reporter->watch, &reporter->status);
}

static void draw(struct lp_reporter *reporter, uint64_t now_ns)
{
	char block[2048];
	struct lp_text text;
	unsigned rows, columns;
	reporter->config.size(reporter->config.ctx, &rows, &columns);
	lp_text_init(&text, block, sizeof block);
	lp_live_view_format(&text, &reporter->status, now_ns, rows, columns);
	reporter->config.draw(reporter->config.ctx, block);
}

static void on_timer(void *ctx, uint64_t now_ns)
{
	struct lp_reporter *reporter = ctx;
	lp_member_status(reporter->member, &reporter->status);
	look_at_device(reporter);
	if (reporter->config.role == LP_ROLE_GATEWAY)
		lp_member_set_lan_down(reporter->member, reporter->status.trouble != LP_DEVICE_TROUBLE_NONE);
	lp_reporter_update(reporter);
	lp_status_sample(&reporter->status, now_ns);
	if (reporter->config.draw)
		draw(reporter, now_ns);
	if (now_ns >= reporter->snapshot_due_ns) {
		reporter->snapshot_due_ns = now_ns + reporter->config.snapshot_ns;
		if (!reporter->config.draw) /* the live view has the figures */
			lp_status_log(reporter->config.log, &reporter->status);
	}
	lp_timer_set(reporter->timer, now_ns + TICK_NS);
}

int lp_reporter_new(struct lp_loop *loop, const struct lp_reporter_config *config, struct lp_member *member,
	struct lp_reporter **ret_reporter)
{
	struct lp_reporter *reporter = calloc(1, sizeof *reporter);
	uint64_t now_ns = lp_loop_now_ns(loop);
	int result;
	if (!reporter)
		return LP_ENOMEM;
	reporter->config = *config;
	reporter->member = member;
	reporter->snapshot_due_ns = config->snapshot_ns ? now_ns + config->snapshot_ns : LP_NEVER;
	lp_status_init(&reporter->status, config->role, config->relay, config->room);
	snprintf(reporter->status.device_name, sizeof reporter->status.device_name, "%s", config->device);
	reporter->status.mac = config->mac;
	lp_device_watch_init(&reporter->watch, config->log, config->advice);
	if ((result = lp_timer_new(loop, on_timer, reporter, &reporter->timer)) < 0) {
		free(reporter);
		return result;
	}
	lp_timer_set(reporter->timer, now_ns + TICK_NS);
	look_at_device(reporter);
	lp_reporter_update(reporter);
	*ret_reporter = reporter;
	return 0;
}

void lp_reporter_free(struct lp_reporter *reporter)
{
	if (!reporter)
		return;
	lp_timer_free(reporter->timer);
	free(reporter);
}

const struct lp_status *lp_reporter_status(struct lp_reporter *reporter)
{
	lp_member_status(reporter->member, &reporter->status);
	return &reporter->status;
}
