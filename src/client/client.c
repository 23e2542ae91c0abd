#include "client/client.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "member/offload.h"
#include "obs/event.h"
#include "platform/device/advice.h"
#include "platform/device/tap.h"
#include "platform/loop/loop.h"
#include "platform/net/dhcp.h"
#include "platform/net/system_dhcp.h"
#include "proto/ether.h"
#include "proto/multicast_query.h"
#include "proto/stations.h"

/* The shortest interval between events about MACs that may not send. */
#define STATION_LOG_NS (60 * LP_SEC)

struct lp_client {
	struct lp_client_config config;
	struct lp_loop *loop;
	struct lp_tap *tap;
	struct lp_client_guard *guard; /* NULL: the system needs none */
	struct lp_member *member;
	struct lp_offloader *offloader;
	struct lp_dhcp *dhcp;         /* NULL: the system or the user sees to an address */
	struct lp_timer *query_timer; /* queries the system for its multicast groups */
	struct lp_timer *leave_timer; /* ends the wait for the release of the address */
	bool leaving;                 /* the address is being released, then the member stops */
	uint16_t mtu;                 /* of the room; 0: unknown yet */
	uint16_t tap_mtu;             /* of the TAP */
	uint16_t tcp_mtu;             /* of the current batch: IP bytes that TCP is limited to */
	bool up;                      /* the TAP is */
	bool paused;                  /* reading from the TAP is */
	unsigned n_stations;          /* MACs that may send, as the relay allows */
	struct lp_stations stations;  /* those besides ours */
	uint64_t station_log_ns;      /* when a refused MAC may be logged again */
	bool filtered;                /* the first change by the host configuration filter was logged */
	bool lan;                     /* the LAN is reachable, at the last look */
	bool answered;                /* a frame for our MAC was received since then */
	bool dhcp_failed;             /* the DHCP client ended since then, which was logged */
};

/* A frame of the current batch, after segmentation. */
static void to_tunnel(void *ctx, const struct lp_bytes *parts, size_t n_parts)
{
	struct lp_client *client = ctx;
	lp_member_send(client->member, parts, n_parts);
}

/* Notes a frame in the capture. */
static void note(struct lp_client *client, enum lp_capture_side side, bool inbound, uint16_t source,
	const uint8_t *frame, size_t len, enum lp_drop drop)
{
	struct lp_bytes part = {frame, len};
	if (lp_capture_is_on(client->config.member.capture))
		lp_member_note(client->member, &(struct lp_member_frame){.side = side,
						       .inbound = inbound,
						       .source = source,
						       .parts = &part,
						       .n_parts = 1,
						       .drop = drop});
}

/* The longest wait for the system to release its address. */
#define RELEASE_NS (500 * LP_MS)
/* Ethernet, IPv4 without options: where the UDP destination port is. */
#define UDP_PORT_OFFSET (14 + 20 + 2)
#define DHCP_SERVER_PORT 67

/* True for a message to a DHCP server. */
static bool is_to_dhcp_server(const struct lp_frame *frame)
{
	const uint8_t *data = frame->data;
	return frame->len > UDP_PORT_OFFSET + 1 && data[12] == 0x08 && data[13] == 0x00 && data[23] == 17 &&
	       data[UDP_PORT_OFFSET] == 0 && data[UDP_PORT_OFFSET + 1] == DHCP_SERVER_PORT;
}

/* Says goodbye, once the release of the address was sent or takes too long. */
static void leave(struct lp_client *client)
{
	client->leaving = false;
	lp_timer_set(client->leave_timer, LP_NEVER);
	lp_member_stop(client->member, LP_REASON_GOODBYE);
}

static void on_leave_timer(void *ctx, uint64_t now_ns)
{
	(void)now_ns;
	leave(ctx);
}

/* Leaves after a batch with the release. */
static void watch_release(struct lp_client *client, const struct lp_frame *frames, size_t n_frames)
{
	bool seen = false;
	for (size_t i = 0; i < n_frames; i++)
		seen = seen || is_to_dhcp_server(&frames[i]);
	if (seen)
		leave(client);
}

/* True if the frame's source is our MAC, or one of the computers behind the TAP. Otherwise logs it, once a minute. */
static bool may_send(struct lp_client *client, const struct lp_frame *frame, uint64_t now_ns)
{
	uint64_t forgotten;
	struct lp_mac mac;
	if (lp_ether_is_from(frame->data, frame->len, &client->config.mac))
		return true;
	if (frame->len < LP_ETHER_HEADER)
		return false;
	memcpy(mac.octet, frame->data + sizeof mac.octet, sizeof mac.octet);
	if (lp_stations_take(&client->stations, client->n_stations, lp_mac_key(mac.octet), now_ns, &forgotten))
		return true;
	if (now_ns >= client->station_log_ns) {
		client->station_log_ns = now_ns + STATION_LOG_NS;
		lp_event_station_refused(client->config.member.log, lp_tap_name(client->tap), &mac, client->n_stations,
			client->n_stations + 1);
	}
	return false;
}

/* A batch of frames that the system sent. */
static void on_tap(void *ctx, const struct lp_frame *frames, size_t n_frames)
{
	struct lp_client *client = ctx;
	uint64_t now_ns = lp_member_begin(client->member);
	client->tcp_mtu = lp_member_unfragmented_mtu(client->member);
	if (client->guard)
		client->config.guard_ops->saw(client->guard, frames, n_frames);
	for (size_t i = 0; i < n_frames; i++) {
		const struct lp_frame *frame = &frames[i];
		enum lp_drop drop = LP_DROP_NONE;
		if (!may_send(client, frame, now_ns))
			drop = LP_DROP_SPOOFED_SOURCE;
		else if (lp_offloader_split(client->offloader, frame, client->tcp_mtu, to_tunnel, client) < 0)
			drop = LP_DROP_OFFLOAD;
		if (drop != LP_DROP_NONE)
			lp_member_count_drops(client->member, drop, 1);
		note(client, LP_CAPTURE_LAN, true, 0, frame->data, frame->len, drop);
	}
	lp_member_flush(client->member);
	if (lp_member_congested(client->member)) {
		client->paused = true;
		lp_tap_pause(client->tap);
	}
	if (client->leaving)
		watch_release(client, frames, n_frames);
}

static void on_tap_error(void *ctx, const struct lp_failure *failure)
{
	struct lp_client *client = ctx;
	lp_member_fail(client->member, failure);
}

/* The adapter was removed during the session, or is back and may have lost its configuration. */
static void on_tap_state(void *ctx, bool up, const char *reason)
{
	struct lp_client *client = ctx;
	if (!up) {
		lp_event_tap_down(client->config.member.log, lp_tap_name(client->tap), reason);
		return;
	}
	if (client->guard && client->up)
		client->config.guard_ops->set_adapter(client->guard, client->mtu);
	lp_event_tap_up(client->config.member.log, lp_tap_name(client->tap), &client->config.mac, client->mtu);
}

/* The egress queue has room again. */
static void on_relieved(void *ctx)
{
	struct lp_client *client = ctx;
	if (client->paused)
		lp_tap_resume(client->tap);
	client->paused = false;
}

/* Sets the TAP to the room's MTU, which is new: at the first join, or because the relay restarted with another. */
static int follow_mtu(struct lp_client *client, uint16_t mtu, struct lp_failure *failure)
{
	int result;
	client->mtu = mtu;
	/* Before the TAP comes up: the system must not send anything by it that belongs to another interface. */
	if (client->guard)
		client->config.guard_ops->set_adapter(client->guard, mtu);
	result = client->up ? lp_tap_set_mtu(client->tap, mtu, failure) : lp_tap_up(client->tap, mtu, failure);
	if (result < 0)
		return result;
	client->up = true;
	client->tap_mtu = mtu;
	lp_event_tap_up(client->config.member.log, lp_tap_name(client->tap), &client->config.mac, mtu);
	return 0;
}

/* The TAP keeps its MTU, because the right to change it was dropped when the TAP came up. The tunnel works, but frames
   larger than the room's MTU are lost, so that is logged. */
static void warn_of_mtu(const struct lp_client *client, const struct lp_failure *failure)
{
	char text[400], advice[160], mtu[8];
	if (client->mtu > client->tap_mtu)
		return;
	snprintf(mtu, sizeof mtu, "%u", client->mtu);
	lp_device_advice(LP_DEVICE_PROBLEM_MTU, lp_tap_name(client->tap), mtu, advice, sizeof advice);
	snprintf(text, sizeof text,
		"%.160s: packets of more than the room's %u bytes are lost. %s, or restart the client", failure->text,
		client->mtu, advice);
	lp_event_warned(client->config.member.log, text);
}

/* Asks for an address when the LAN becomes reachable. */
static void follow_lan(struct lp_client *client)
{
	if (!client->up)
		return;
	bool lan = lp_member_lan_reachable(client->member);
	if (client->dhcp && lan && !client->lan) {
		lp_dhcp_request(client->dhcp);
		client->dhcp_failed = false;
	}
	client->lan = lan;
	client->answered = client->answered && lan;
	if (!client->guard)
		return;
	if (!client->config.guard_ops->follow_lan(client->guard, lan))
		return;
	lp_event_address_asked(client->config.member.log, lp_tap_name(client->tap));
	lp_tap_replug(client->tap);
}

/* Queries this computer for its multicast groups, so that it reports them: the relay, which sends a group to the
   members that reported it, does not know them after a join, and a report can get lost. */
static void query_groups(void *ctx, uint64_t now_ns)
{
	struct lp_client *client = ctx;
	uint8_t igmp[LP_MULTICAST_QUERY_MAX], mld[LP_MULTICAST_QUERY_MAX];
	struct lp_frame frames[] = {
		{.data = igmp, .len = lp_multicast_query_igmp(igmp)},
		{.data = mld, .len = lp_multicast_query_mld(mld)},
	};
	if (client->up)
		(void)lp_tap_send(client->tap, frames, 2); /* the next query makes up for a lost one */
	lp_timer_set(client->query_timer, now_ns + LP_MULTICAST_QUERY_S * LP_SEC);
}

/* The relay decides how many MACs may send. */
static void set_stations(struct lp_client *client, const struct lp_welcome *welcome)
{
	char text[200];
	unsigned wanted = client->config.stations, allowed = welcome->limits.stations;
	client->n_stations = allowed > 1 && wanted > 1 ? allowed : 1;
	if (client->n_stations > wanted && wanted > 1)
		client->n_stations = wanted;
	if (client->n_stations >= wanted)
		return;
	snprintf(text, sizeof text,
		"the relay allows %u of the %u MAC addresses of --stations, and frames of the others are dropped. The "
		"relay's operator can raise --max-stations-per-client",
		client->n_stations, wanted);
	lp_event_warned(client->config.member.log, text);
}

static void on_joined(void *ctx, const struct lp_welcome *welcome)
{
	struct lp_client *client = ctx;
	struct lp_failure failure;
	bool was_up = client->up;
	on_relieved(client);
	set_stations(client, welcome);
	if (welcome->mtu != client->mtu && follow_mtu(client, welcome->mtu, &failure) < 0) {
		if (!was_up) {
			lp_member_fail(client->member, &failure);
			return;
		}
		warn_of_mtu(client, &failure);
	}
	if (!was_up && client->config.new_room)
		(void)lp_system_dhcp_restart(lp_tap_id(client->tap));
	follow_lan(client);
	query_groups(client, lp_loop_now_ns(client->loop));
	client->config.joined(client->config.ctx, welcome);
}

static void on_lost(void *ctx)
{
	struct lp_client *client = ctx;
	on_relieved(client);
	lp_timer_set(client->query_timer, LP_NEVER);
}

static void on_path(void *ctx, const struct lp_addr *local, const struct lp_addr *remote)
{
	struct lp_client *client = ctx;
	(void)local;
	if (client->guard)
		client->config.guard_ops->hold_route(client->guard, remote);
}

/* Logs once that the LAN offers more than an address. */
static void log_filtered(struct lp_client *client)
{
	if (!client->filtered)
		lp_event_lan_config_ignored(client->config.member.log, lp_tap_name(client->tap));
	client->filtered = true;
}

/* Adds a frame to those for the system. LP_DROP_NONE, or why it was dropped. */
static enum lp_drop take_frame(struct lp_client *client, const uint8_t *frame, size_t len)
{
	uint8_t changed[LP_HOSTCONF_FRAME_MAX];
	switch (lp_hostconf_filter(&client->config.accept, &client->config.mac, frame, len, changed, &len)) {
	case LP_HOSTCONF_PASS:
		break;
	case LP_HOSTCONF_CHANGED:
		frame = changed;
		log_filtered(client);
		break;
	case LP_HOSTCONF_DROP:
		return LP_DROP_HOST_CONFIG;
	}
	uint16_t mtu = lp_member_unfragmented_mtu(client->member);
	return lp_offloader_merge(client->offloader, frame, len, mtu) ? LP_DROP_NONE : LP_DROP_OVERSIZE;
}

static void on_frame(void *ctx, uint16_t source, const uint8_t *frame, size_t len, uint64_t now_ns)
{
	struct lp_client *client = ctx;
	(void)now_ns;
	if (!client->answered && len >= LP_ETHER_HEADER)
		client->answered = memcmp(frame, client->config.mac.octet, sizeof client->config.mac.octet) == 0;
	enum lp_drop drop = take_frame(client, frame, len);
	if (drop != LP_DROP_NONE)
		lp_member_count_drops(client->member, drop, 1);
	note(client, LP_CAPTURE_TUNNEL_IN, true, source, frame, len, drop);
}

/* A frame that a peer link dropped. */
static void on_dropped(void *ctx, uint16_t source, const uint8_t *frame, size_t len, enum lp_drop drop, uint64_t now_ns)
{
	(void)now_ns;
	note(ctx, LP_CAPTURE_TUNNEL_IN, true, source, frame, len, drop);
}

/* Frames for the system, after coalescing. */
static void to_tap(void *ctx, const struct lp_frame *frames, size_t n_frames)
{
	struct lp_client *client = ctx;
	size_t n_sent = lp_tap_send(client->tap, frames, n_frames);
	if (n_sent < n_frames)
		lp_member_count_drops(client->member, LP_DROP_DEVICE, n_frames - n_sent);
	for (size_t i = 0; i < n_frames; i++)
		note(client, LP_CAPTURE_LAN, false, 0, frames[i].data, frames[i].len,
			i < n_sent ? LP_DROP_NONE : LP_DROP_DEVICE);
}

static void on_batch_end(void *ctx)
{
	struct lp_client *client = ctx;
	lp_offloader_deliver(client->offloader);
}

static void on_changed(void *ctx)
{
	struct lp_client *client = ctx;
	follow_lan(client);
	if (client->config.changed)
		client->config.changed(client->config.ctx);
}

static void on_ended(void *ctx, const struct lp_failure *failure)
{
	struct lp_client *client = ctx;
	client->config.ended(client->config.ctx, failure);
}

static void on_peer(void *ctx, const struct lp_peer_event *peer, bool joined, bool known)
{
	struct lp_client *client = ctx;
	(void)known;
	if (joined && peer->role == LP_ROLE_GATEWAY && client->config.gateway)
		client->config.gateway(client->config.ctx, peer);
}

static const struct lp_member_events member_events = {
	.joined = on_joined,
	.peer = on_peer,
	.lost = on_lost,
	.path = on_path,
	.frame = on_frame,
	.dropped = on_dropped,
	.batch_end = on_batch_end,
	.relieved = on_relieved,
	.changed = on_changed,
	.ended = on_ended,
};

/* Logs which of the system's adapters is used. */
static void log_adapter(const struct lp_client *client)
{
	struct lp_tap_details details;
	char luid[24] = "";
	if (!lp_tap_details(client->tap, &details))
		return;
	if (details.luid)
		snprintf(luid, sizeof luid, "0x%" PRIx64, details.luid);
	lp_event_adapter(client->config.member.log, lp_tap_name(client->tap), details.guid, details.index, luid,
		details.driver, &details.mac, details.driver_mtu);
	if (details.driver_problem)
		lp_event_driver_old(
			client->config.member.log, lp_tap_name(client->tap), details.driver, details.driver_problem);
}

/* Uses the MAC that the adapter has. If it could not be set to the configured one, the adapter's becomes ours, unless
   the user asked for another. */
static int take_mac(struct lp_client *client, struct lp_failure *failure)
{
	const struct lp_mac *mac = lp_tap_mac(client->tap);
	char has[LP_MAC_TEXT_MAX], wanted[LP_MAC_TEXT_MAX];
	struct lp_tap_details details;
	if (lp_mac_equal(mac, &client->config.mac))
		return 0;
	lp_mac_format(mac, has);
	lp_mac_format(&client->config.mac, wanted);
	if (lp_tap_details(client->tap, &details) && details.reboot_needed)
		return lp_fail(failure, LP_EAGAIN,
			"the adapter '%s' has the MAC %s, and gets %s only when Windows restarts. Restart Windows, "
			"then start the client again",
			lp_tap_name(client->tap), has, wanted);
	if (client->config.mac_forced)
		return lp_fail(failure, LP_EINVAL,
			"--virtual-mac %s: the adapter '%s' keeps %s. Leave --virtual-mac out, or set the "
			"adapter's MAC address in its properties",
			wanted, lp_tap_name(client->tap), has);
	if (!lp_mac_is_client(mac))
		return lp_fail(failure, LP_EINVAL,
			"the adapter '%s' keeps its MAC %s, which a room does not accept (it is not unicast and "
			"locally administered). Set %s in its properties, under 'MAC Address'",
			lp_tap_name(client->tap), has, wanted);
	client->config.mac = *mac;
	client->config.member.resume[0] = '\0'; /* belongs to the membership of the other MAC */
	return 0;
}

static void on_dhcp_line(void *ctx, const char *line)
{
	struct lp_client *client = ctx;
	lp_event_dhcp_client(client->config.member.log, line);
}

/* Only the first failure since the LAN became reachable is logged. */
static void on_dhcp_ended(void *ctx, const char *reason, uint64_t retry_ns)
{
	struct lp_client *client = ctx;
	if (!client->dhcp_failed || retry_ns == 0)
		lp_event_dhcp_ended(client->config.member.log, lp_tap_name(client->tap), reason, retry_ns);
	client->dhcp_failed = true;
}

static const struct lp_dhcp_events dhcp_events = {.line = on_dhcp_line, .ended = on_dhcp_ended};

/* Prepares the DHCP client. Without one the tunnel works, but the user has to set an address. */
static void open_dhcp(struct lp_client *client, struct lp_loop *loop)
{
	struct lp_dhcp_config dhcp = {
		.device = lp_tap_name(client->tap),
		.accept_routes = client->config.accept.accept_routes,
		.accept_dns = client->config.accept.accept_dns,
		.events = &dhcp_events,
		.ctx = client,
	};
	struct lp_failure failure;
	int result = lp_dhcp_new(loop, &dhcp, &failure, &client->dhcp);
	if (result < 0 && result != LP_EUNSUPPORTED)
		lp_event_warned(client->config.member.log, failure.text);
}

/* The MAC setting of a borrowed adapter changes: it is restored at the end. */
static bool on_mac_changes(void *ctx, const char *guid, const char *before, const char *after)
{
	struct lp_client *client = ctx;
	struct lp_failure failure;
	if (!client->guard || client->config.guard_ops->note_mac(client->guard, guid, before, after, &failure) == 0)
		return true;
	lp_event_warned(client->config.member.log, failure.text);
	return false;
}

/* Opens the TAP, the guard, the DHCP client and the offloader. */
static int open_device(struct lp_client *client, struct lp_loop *loop, struct lp_failure *failure)
{
	const struct lp_client_config *config = &client->config;
	const struct lp_log *log = config->member.log;
	struct lp_tap_config tap = {
		.name = config->tap_name,
		.mac = config->mac,
		.offload = config->offload,
		.broadcast_routes = config->broadcast_routes,
		.address = config->address,
		.prefix_bits = config->prefix_bits,
		.mac_changes = on_mac_changes,
		.state = on_tap_state,
	};
	int result;
	if ((result = lp_tap_open(loop, &tap, on_tap, on_tap_error, client, failure, &client->tap)) < 0 ||
		(result = take_mac(client, failure)) < 0)
		return result;
	log_adapter(client);
	const struct lp_client_guard_config guard = {
		.device = lp_tap_name(client->tap),
		.device_id = lp_tap_id(client->tap),
		.log = log,
		.inbound = config->inbound,
	};
	if (client->guard && (result = config->guard_ops->start(client->guard, loop, &guard, failure)) < 0)
		return result;
	if (config->dhcp)
		open_dhcp(client, loop);
	struct lp_offloader_config offloader = {
		.takes_tso4 = lp_tap_takes(client->tap, LP_GSO_TCP4),
		.takes_tso6 = lp_tap_takes(client->tap, LP_GSO_TCP6),
		.takes_uso = lp_tap_takes(client->tap, LP_GSO_UDP),
		.clamp_mss = config->clamp_mss,
		.send = to_tap,
		.ctx = client,
	};
	result = lp_offloader_new(&offloader, &client->offloader);
	return result < 0 ? lp_fail(failure, result, "out of memory") : 0;
}

int lp_client_new(struct lp_loop *loop, const struct lp_client_config *config, struct lp_failure *failure,
	struct lp_client **ret_client)
{
	struct lp_client *client = calloc(1, sizeof *client);
	struct lp_member_config *member;
	int result = 0;
	if (!client)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	client->config = *config;
	client->loop = loop;
	/* First, so that what an earlier client left behind is restored even if this one cannot start. */
	if (config->guard_ops)
		result = config->guard_ops->new_guard(
			config->journal_path, config->member.log, failure, &client->guard);
	if (result < 0 || (result = open_device(client, loop, failure)) < 0)
		goto fail;
	if ((result = lp_timer_new(loop, query_groups, client, &client->query_timer)) < 0 ||
		(result = lp_timer_new(loop, on_leave_timer, client, &client->leave_timer)) < 0) {
		lp_fail(failure, result, "cannot start the client: %s", lp_error_text(result));
		goto fail;
	}
	if (config->opened)
		config->opened(config->ctx);
	member = &client->config.member;
	member->role = LP_ROLE_CLIENT;
	member->mac = client->config.mac;
	member->stations = client->config.stations;
	member->device = lp_tap_name(client->tap);
	member->events = &member_events;
	member->ctx = client;
	if ((result = lp_member_new(loop, member, failure, &client->member)) < 0)
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
	lp_timer_free(client->query_timer);
	lp_timer_free(client->leave_timer);
	lp_offloader_free(client->offloader);
	if (client->guard)
		client->config.guard_ops->leave(client->guard);
	lp_dhcp_free(client->dhcp);
	/* Before the guard, so that the system sends nothing by the adapter while the guard restores it. */
	lp_tap_close(client->tap);
	if (client->guard)
		client->config.guard_ops->free_guard(client->guard);
	free(client);
}

void lp_client_stop(struct lp_client *client, bool hurry)
{
	const struct lp_client_guard_ops *ops = client->config.guard_ops;
	if (hurry && client->guard) {
		ops->undo(client->guard);
	} else if (client->guard && client->lan && ops->has_lease(client->guard) &&
		   lp_system_dhcp_release(lp_tap_id(client->tap)) == 0) {
		client->leaving = true;
		lp_timer_set(client->leave_timer, lp_loop_now_ns(client->loop) + RELEASE_NS);
		return;
	}
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

const char *lp_client_tap_id(const struct lp_client *client)
{
	return lp_tap_id(client->tap);
}

bool lp_client_lan_answered(const struct lp_client *client)
{
	return client->answered;
}

const char *lp_client_tap_name(const struct lp_client *client)
{
	return lp_tap_name(client->tap);
}
