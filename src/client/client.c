#include "client/client.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/failure.h"
#include "client/windows/changes.h"
#include "client/windows/route_guard.h"
#include "member/offload.h"
#include "obs/event.h"
#include "platform/device/tap.h"
#include "platform/loop/loop.h"

/* Offset of the source MAC in a frame, and the shortest frame that has one. */
#define SOURCE_OFFSET 6
#define SOURCE_END 12

struct lp_client {
	struct lp_client_config config;
	struct lp_tap *tap;
	struct lp_changes *changes;   /* to the computer; NULL: none are made */
	struct lp_route_guard *guard; /* NULL: routes are not ours to look after */
	struct lp_member *member;
	struct lp_offloader *offloader;
	uint16_t mtu;     /* of the room; 0: not known yet */
	uint16_t tap_mtu; /* of the TAP, as it was last set */
	uint16_t tcp_mtu; /* of the batch under way: IP bytes that TCP should keep to */
	bool up;
	bool paused;
};

/* One frame of a batch, cut to size: into the tunnel. */
static void to_tunnel(void *ctx, const struct lp_bytes *parts, size_t n_parts)
{
	struct lp_client *client = ctx;
	lp_member_send(client->member, parts, n_parts);
}

/* True if the frame's source is the client's own MAC: nothing else may leave (a VM bridged to the TAP, say). */
static bool is_own(const struct lp_client *client, const struct lp_frame *frame)
{
	return frame->len >= SOURCE_END && memcmp(frame->data + SOURCE_OFFSET, client->config.mac.octet, 6) == 0;
}

/* A batch of frames that the system sent. */
static void on_tap(void *ctx, const struct lp_frame *frames, size_t n_frames)
{
	struct lp_client *client = ctx;
	lp_member_begin(client->member);
	client->tcp_mtu = lp_member_unfragmented_mtu(client->member);
	for (size_t i = 0; i < n_frames; i++) {
		if (client->guard)
			lp_route_guard_saw(client->guard, frames[i].data, frames[i].len);
		if (!is_own(client, &frames[i]))
			lp_member_count_drops(client->member, LP_DROP_SPOOFED_SOURCE, 1);
		else if (lp_offloader_split(client->offloader, &frames[i], client->tcp_mtu, to_tunnel, client) < 0)
			lp_member_count_drops(client->member, LP_DROP_OFFLOAD, 1);
	}
	lp_member_flush(client->member);
	if (lp_member_congested(client->member)) {
		client->paused = true;
		lp_tap_pause(client->tap);
	}
}

/* The TAP is gone or broken: so are we. */
static void on_tap_error(void *ctx, const struct lp_failure *failure)
{
	struct lp_client *client = ctx;
	lp_member_fail(client->member, failure);
}

/* The adapter went away in mid-session, or is back: what is set of it may be forgotten. */
static void on_tap_state(void *ctx, bool up, const char *reason)
{
	struct lp_client *client = ctx;
	if (!up) {
		lp_event_tap_down(client->config.member.log, lp_tap_name(client->tap), reason);
		return;
	}
	if (client->guard && client->up)
		lp_route_guard_set_adapter(client->guard, client->mtu);
	lp_event_tap_up(client->config.member.log, lp_tap_name(client->tap), &client->config.mac, client->mtu);
}

/* The way to the relay has room again. */
static void on_relieved(void *ctx)
{
	struct lp_client *client = ctx;
	if (client->paused)
		lp_tap_resume(client->tap);
	client->paused = false;
}

/* The TAP is to have the room's MTU, which is not the one that we knew: the first, or that of a relay that came back
   with other settings. */
static int follow_mtu(struct lp_client *client, uint16_t mtu, struct lp_failure *failure)
{
	int result;
	client->mtu = mtu;
	/* Before the TAP is connected: the system must not send anything by it that belongs elsewhere. */
	if (client->guard)
		lp_route_guard_set_adapter(client->guard, mtu);
	result = client->up ? lp_tap_set_mtu(client->tap, mtu, failure) : lp_tap_up(client->tap, mtu, failure);
	if (result < 0)
		return result;
	client->up = true;
	client->tap_mtu = mtu;
	lp_event_tap_up(client->config.member.log, lp_tap_name(client->tap), &client->config.mac, mtu);
	return 0;
}

/* The TAP keeps its MTU: the right to set another was given up when it came up. The tunnel works all the same, but what
   is larger than the room allows would vanish without a word. */
static void tell_kept_mtu(const struct lp_client *client, const struct lp_failure *failure)
{
	char text[400];
	if (client->mtu > client->tap_mtu)
		return;
	snprintf(text, sizeof text,
		"%.200s: packets of more than the room's %u bytes get lost now: start the client again, or run 'ip "
		"link set %s mtu %u' with administrator rights",
		failure->text, client->mtu, lp_tap_name(client->tap), client->mtu);
	lp_event_warned(client->config.member.log, text);
}

/* The relay took us in: the TAP comes up, or stays up. */
static void on_joined(void *ctx, const struct lp_welcome *welcome)
{
	struct lp_client *client = ctx;
	struct lp_failure failure;
	bool was_up = client->up;
	on_relieved(client);
	if (welcome->mtu != client->mtu && follow_mtu(client, welcome->mtu, &failure) < 0) {
		if (!was_up) {
			lp_member_fail(client->member, &failure);
			return;
		}
		tell_kept_mtu(client, &failure);
	}
	client->config.joined(client->config.ctx, welcome);
}

/* The connection is lost; the TAP stays, so that the system keeps its address and its connections. */
static void on_lost(void *ctx)
{
	on_relieved(ctx);
}

/* The way to the relay is to go there, or goes there now. */
static void on_path(void *ctx, const struct lp_addr *local, const struct lp_addr *remote)
{
	struct lp_client *client = ctx;
	(void)local;
	if (client->guard)
		lp_route_guard_hold(client->guard, remote);
}

/* A frame from the room. */
static void on_frame(void *ctx, const uint8_t *frame, size_t len, uint64_t now_ns)
{
	struct lp_client *client = ctx;
	(void)now_ns;
	if (!lp_offloader_merge(client->offloader, frame, len, lp_member_unfragmented_mtu(client->member)))
		lp_member_count_drops(client->member, LP_DROP_OVERSIZE, 1);
}

/* Frames for the system. */
static void to_tap(void *ctx, const struct lp_frame *frames, size_t n_frames)
{
	struct lp_client *client = ctx;
	size_t n_sent = lp_tap_send(client->tap, frames, n_frames);
	if (n_sent < n_frames)
		lp_member_count_drops(client->member, LP_DROP_DEVICE, n_frames - n_sent);
}

/* A batch from the room is over. */
static void on_batch_end(void *ctx)
{
	struct lp_client *client = ctx;
	lp_offloader_deliver(client->offloader);
}

/* Something changed that a status line tells. */
static void on_changed(void *ctx)
{
	struct lp_client *client = ctx;
	if (client->config.changed)
		client->config.changed(client->config.ctx);
}

/* The member is done. */
static void on_ended(void *ctx, const struct lp_failure *failure)
{
	struct lp_client *client = ctx;
	client->config.ended(client->config.ctx, failure);
}

static const struct lp_member_events member_events = {
	.joined = on_joined,
	.lost = on_lost,
	.path = on_path,
	.frame = on_frame,
	.batch_end = on_batch_end,
	.relieved = on_relieved,
	.changed = on_changed,
	.ended = on_ended,
};

/* Says which adapter of the system's is used. */
static void tell_adapter(const struct lp_client *client)
{
	struct lp_tap_details details;
	char luid[24] = "";
	if (!lp_tap_details(client->tap, &details))
		return;
	if (details.luid)
		snprintf(luid, sizeof luid, "0x%" PRIx64, details.luid);
	lp_event_adapter(client->config.member.log, lp_tap_name(client->tap), details.guid, details.index, luid,
		details.driver, &details.mac, details.driver_mtu);
}

/* Begins to look after the computer's routes. */
static int start_guard(struct lp_client *client, struct lp_loop *loop, struct lp_failure *failure)
{
	const struct lp_route_guard_config guard = {
		.changes = client->changes,
		.device = lp_tap_name(client->tap),
		.device_id = lp_tap_id(client->tap),
		.log = client->config.member.log,
	};
	return lp_route_guard_new(loop, &guard, failure, &client->guard);
}

/* The MAC that the adapter has is the one that the room gets to know. Where it could not be changed to the wanted one
   it becomes ours, unless another was asked for. */
static int take_mac(struct lp_client *client, struct lp_failure *failure)
{
	const struct lp_mac *mac = lp_tap_mac(client->tap);
	char has[LP_MAC_TEXT_MAX], wanted[LP_MAC_TEXT_MAX];
	if (lp_mac_equal(mac, &client->config.mac))
		return 0;
	lp_mac_format(mac, has);
	lp_mac_format(&client->config.mac, wanted);
	if (client->config.mac_forced)
		return lp_fail(failure, LP_EINVAL,
			"--virtual-mac %s: the adapter '%s' keeps %s: leave --virtual-mac out, or set the "
			"adapter's MAC address in its properties",
			wanted, lp_tap_name(client->tap), has);
	if (!lp_mac_is_client(mac))
		return lp_fail(failure, LP_EINVAL,
			"the adapter '%s' keeps its MAC %s, which a room does not take (it is not unicast and "
			"locally administered): set %s in its properties, under 'MAC Address'",
			lp_tap_name(client->tap), has, wanted);
	client->config.mac = *mac;
	client->config.member.mac = *mac;
	client->config.member.resume[0] = '\0'; /* of the place of another MAC */
	return 0;
}

int lp_client_new(struct lp_loop *loop, const struct lp_client_config *config, struct lp_failure *failure,
	struct lp_client **ret_client)
{
	struct lp_tap_config tap = {.name = config->tap_name,
		.mac = config->mac,
		.offload = config->offload,
		.broadcast_routes = config->broadcast_routes,
		.state = on_tap_state};
	struct lp_client *client = calloc(1, sizeof *client);
	int result = LP_ENOMEM;
	if (!client)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	client->config = *config;
	client->config.member.role = LP_ROLE_CLIENT;
	client->config.member.mac = config->mac;
	client->config.member.events = &member_events;
	client->config.member.ctx = client;
	/* What a client before us left is put back first, also where we cannot begin. */
	if (config->journal_path &&
		(result = lp_changes_new(config->journal_path, config->member.log, failure, &client->changes)) < 0)
		goto fail;
	if ((result = lp_tap_open(loop, &tap, on_tap, on_tap_error, client, failure, &client->tap)) < 0 ||
		(result = take_mac(client, failure)) < 0)
		goto fail;
	tell_adapter(client);
	if (client->changes && (result = start_guard(client, loop, failure)) < 0)
		goto fail;
	client->config.member.device = lp_tap_name(client->tap);
	struct lp_offloader_config offloader = {
		.takes_tso4 = lp_tap_takes(client->tap, LP_GSO_TCP4),
		.takes_tso6 = lp_tap_takes(client->tap, LP_GSO_TCP6),
		.takes_uso = lp_tap_takes(client->tap, LP_GSO_UDP),
		.clamp_mss = config->clamp_mss,
		.send = to_tap,
		.ctx = client,
	};
	if ((result = lp_offloader_new(&offloader, &client->offloader)) < 0) {
		lp_fail(failure, result, "out of memory");
		goto fail;
	}
	if ((result = lp_member_new(loop, &client->config.member, failure, &client->member)) < 0)
		goto fail;
	*ret_client = client;
	return 0;
fail:
	lp_client_free(client);
	return result;
}

void lp_client_free(struct lp_client *client)
{
	if (!client)
		return;
	lp_member_free(client->member);
	lp_offloader_free(client->offloader);
	/* Disconnected first, so that nothing is sent by the adapter while it is put back. */
	lp_tap_close(client->tap);
	lp_route_guard_free(client->guard);
	lp_changes_free(client->changes);
	free(client);
}

void lp_client_stop(struct lp_client *client)
{
	lp_member_stop(client->member, LP_REASON_GOODBYE);
}

struct lp_member *lp_client_member(struct lp_client *client)
{
	return client->member;
}

const struct lp_mac *lp_client_mac(const struct lp_client *client)
{
	return &client->config.mac;
}

const char *lp_client_tap_name(const struct lp_client *client)
{
	return lp_tap_name(client->tap);
}
