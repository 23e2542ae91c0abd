#include "client/windows/guard.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/failure.h"
#include "client/windows/changes.h"
#include "client/windows/route_guard.h"
#include "platform/net/wifi.h"
#include "proto/offload.h"

struct lp_client_guard {
	struct lp_changes *changes;
	struct lp_route_guard *routes; /* NULL before start() */
	struct lp_wifi *wifi;          /* NULL before the first join */
};

static int new_guard(const char *journal_path, const struct lp_log *log, struct lp_failure *failure,
	struct lp_client_guard **ret_guard)
{
	struct lp_client_guard *guard = calloc(1, sizeof *guard);
	if (!guard)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	int result = lp_changes_new(journal_path, log, failure, &guard->changes);
	if (result < 0) {
		free(guard);
		return result;
	}
	*ret_guard = guard;
	return 0;
}

static void free_guard(struct lp_client_guard *guard)
{
	if (!guard)
		return;
	lp_wifi_free(guard->wifi);
	lp_route_guard_free(guard->routes);
	lp_changes_free(guard->changes);
	free(guard);
}

static int note_mac(struct lp_client_guard *guard, const char *device_id, const char *before, const char *after,
	struct lp_failure *failure)
{
	return lp_changes_note_mac(guard->changes, device_id, before, after, failure);
}

static int start(struct lp_client_guard *guard, struct lp_loop *loop, const struct lp_client_guard_config *config,
	struct lp_failure *failure)
{
	const struct lp_route_guard_config routes = {
		.changes = guard->changes,
		.device = config->device,
		.device_id = config->device_id,
		.log = config->log,
		.inbound = config->inbound,
	};
	return lp_route_guard_new(loop, &routes, failure, &guard->routes);
}

static void hold_route(struct lp_client_guard *guard, const struct lp_addr *remote)
{
	lp_route_guard_hold(guard->routes, remote);
}

static void set_adapter(struct lp_client_guard *guard, uint32_t mtu)
{
	/* Wi-Fi that scans is slow, not broken: a failure does not matter. */
	if (!guard->wifi)
		(void)lp_wifi_calm(&guard->wifi);
	lp_route_guard_set_adapter(guard->routes, mtu);
}

static void leave(struct lp_client_guard *guard)
{
	if (guard->routes)
		lp_route_guard_leave(guard->routes);
}

static bool has_lease(struct lp_client_guard *guard)
{
	return lp_route_guard_has_lease(guard->routes);
}

static void undo(struct lp_client_guard *guard)
{
	leave(guard);
	lp_changes_undo(guard->changes);
}

static bool follow_lan(struct lp_client_guard *guard, bool lan)
{
	return lp_route_guard_follow_lan(guard->routes, lan);
}

static void saw(struct lp_client_guard *guard, const struct lp_frame *frames, size_t n_frames)
{
	for (size_t i = 0; i < n_frames; i++)
		lp_route_guard_saw(guard->routes, frames[i].data, frames[i].len);
}

const struct lp_client_guard_ops lp_windows_guard_ops = {
	.new_guard = new_guard,
	.free_guard = free_guard,
	.note_mac = note_mac,
	.start = start,
	.hold_route = hold_route,
	.set_adapter = set_adapter,
	.has_lease = has_lease,
	.undo = undo,
	.leave = leave,
	.follow_lan = follow_lan,
	.saw = saw,
};
