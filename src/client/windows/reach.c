#include "client/windows/reach.h"

#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "client/windows/changes.h"
#include "obs/event.h"
#include "platform/net/inbound.h"

/* Windows needs some seconds to identify a network. */
#define QUERIES_MAX 40

static void on_result(void *ctx, int result);

void lp_reach_init(struct lp_reach *reach, struct lp_loop *loop, struct lp_changes *changes, const struct lp_log *log,
	const char *device)
{
	*reach = (struct lp_reach){.loop = loop, .changes = changes, .log = log, .device = device};
}

void lp_reach_done(struct lp_reach *reach)
{
	lp_inbound_free(reach->task);
	reach->task = NULL;
}

void lp_reach_renew(struct lp_reach *reach)
{
	if (reach->state != LP_REACH_DONE)
		return;
	reach->state = LP_REACH_IDLE;
	reach->n_queries = 0;
}

bool lp_reach_is_waiting(const struct lp_reach *reach)
{
	return reach->state != LP_REACH_DONE;
}

/* Starts an action. */
static void start(struct lp_reach *reach, enum lp_reach_state state, enum lp_inbound_action action)
{
	lp_inbound_free(reach->task);
	reach->task = NULL;
	reach->state = state;
	int result = lp_inbound_start(reach->loop, &reach->tap, action, on_result, reach, &reach->task);
	if (result < 0)
		on_result(reach, result);
}

/* Takes the note of a change back that was not made. */
static void forget(struct lp_reach *reach, enum lp_change_kind kind)
{
	(void)lp_changes_undo_inbound(reach->changes, kind, &reach->tap, NULL);
}

/* Logs that the LAN does not reach this computer. */
static void give_up(struct lp_reach *reach, int result)
{
	reach->state = LP_REACH_DONE;
	lp_event_inbound_blocked(reach->log, reach->device, lp_error_text(result));
}

/* Adds firewall rules, because the network cannot be made private. */
static void allow(struct lp_reach *reach)
{
	struct lp_failure failure;
	int result = lp_changes_note_inbound(reach->changes, LP_CHANGE_FIREWALL, &reach->tap, &failure);
	if (result < 0)
		give_up(reach, result);
	else
		start(reach, LP_REACH_ALLOWING, LP_INBOUND_ALLOW);
}

/* The network's category is known, or is not. */
static void on_category(struct lp_reach *reach, int result)
{
	struct lp_failure failure;
	if (result == LP_INBOUND_PRIVATE) {
		reach->state = LP_REACH_DONE;
	} else if (result == LP_ENOTFOUND && ++reach->n_queries < QUERIES_MAX) {
		reach->state = LP_REACH_IDLE;
	} else if (result != LP_INBOUND_PUBLIC ||
		   lp_changes_note_inbound(reach->changes, LP_CHANGE_CATEGORY, &reach->tap, &failure) < 0) {
		allow(reach);
	} else {
		start(reach, LP_REACH_SETTING, LP_INBOUND_PRIVATE);
	}
}

static void on_result(void *ctx, int result)
{
	struct lp_reach *reach = ctx;
	if (reach->state == LP_REACH_QUERYING) {
		on_category(reach, result);
	} else if (reach->state == LP_REACH_SETTING && result < 0) {
		forget(reach, LP_CHANGE_CATEGORY);
		allow(reach);
	} else if (reach->state == LP_REACH_ALLOWING && result < 0) {
		forget(reach, LP_CHANGE_FIREWALL);
		give_up(reach, result);
	} else {
		lp_event_inbound_open(reach->log, reach->device,
			reach->state == LP_REACH_SETTING ? "its network is private now" : "firewall rules were added");
		reach->state = LP_REACH_DONE;
	}
}

void lp_reach_look(struct lp_reach *reach, const struct lp_route_interface *tap)
{
	if (reach->state != LP_REACH_IDLE)
		return;
	reach->tap = *tap;
	start(reach, LP_REACH_QUERYING, LP_INBOUND_QUERY);
}

void lp_reach_leave(struct lp_reach *reach)
{
	lp_reach_done(reach);
	reach->state = LP_REACH_DONE;
	if (!reach->tap.luid)
		return;
	forget(reach, LP_CHANGE_FIREWALL);
	forget(reach, LP_CHANGE_CATEGORY);
}
