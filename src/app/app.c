#include "app/app.h"

#include <stdio.h>
#include <string.h>

#include "app/report_timer.h"
#include "app/saved_session.h"
#include "base/addr.h"
#include "base/error.h"
#include "member/member.h"
#include "obs/event.h"
#include "platform/device/device_state.h"
#include "platform/loop/cpu.h"
#include "platform/loop/loop.h"
#include "platform/net/route_conflicts.h"
#include "platform/system/terminal.h"
#include "quic/tls/credentials.h"

bool lp_app_options(struct lp_app *life, const struct lp_program *program, const struct lp_option *rows, size_t n_rows,
	void *dest, int argc, char *const *argv, struct lp_options *ret_options, int *ret_exit)
{
	life->program = program;
	lp_options_init(ret_options, program);
	lp_options_add(ret_options, lp_member_option_rows, lp_member_option_rows_n, &life->options);
	lp_options_add(ret_options, rows, n_rows, dest);
	if (!lp_start(ret_options, &life->common, argc, argv, ret_exit))
		return false;
	lp_log_output_init(&life->output, &life->common, stderr);
	return true;
}

/* A signal asks the program to end: with a goodbye the first time, at once the second time. A terminal that closes may
   say so more than once, by the system and by its shell. */
static void on_signal(void *ctx, enum lp_signal signal)
{
	struct lp_app *life = ctx;
	if (signal == LP_SIGNAL_RELOAD)
		return;
	if (life->stopping) {
		if (signal == LP_SIGNAL_STOP)
			lp_loop_stop(life->loop);
		return;
	}
	life->stopping = true;
	lp_event_stopping(&life->output.log, "asked to by a signal");
	life->stop(life->ctx);
}

int lp_app_begin(struct lp_app *life, struct lp_failure *failure, struct lp_member_config *config)
{
	const struct lp_member_options *options = &life->options;
	int result = lp_member_options_apply(options, life->program->name, failure, config, &life->tls);
	if (result < 0)
		return result;
	config->log = &life->output.log;
	snprintf(life->relay, sizeof life->relay, strchr(options->relay.host, ':') ? "[%.240s]:%u" : "%.240s:%u",
		options->relay.host, options->relay.port);
	if ((result = lp_loop_new(&life->loop)) < 0 || (result = lp_loop_on_signal(life->loop, on_signal, life)) < 0)
		return lp_fail(failure, result, "cannot start: %s", lp_error_text(result));
	lp_event_started(&life->output.log, life->program->name, LP_VERSION);
	if (life->common.priority && (result = lp_cpu_raise_priority()) < 0)
		lp_event_priority_kept(&life->output.log, lp_error_text(result));
	return 0;
}

void lp_app_take_place(const struct lp_app *life, const struct lp_saved_session *place, struct lp_member_config *config)
{
	snprintf(config->resume, sizeof config->resume, "%s",
		lp_saved_session_token(place, life->relay, life->options.room));
}

void lp_app_keep_place(const struct lp_app *life, const char *path, struct lp_saved_session *place, const char *resume)
{
	struct lp_failure failure, warning;
	snprintf(place->relay, sizeof place->relay, "%s", life->relay);
	snprintf(place->room, sizeof place->room, "%s", life->options.room);
	snprintf(place->resume, sizeof place->resume, "%s", resume);
	if (lp_saved_session_save(path, place, &failure) == 0)
		return;
	lp_fail(&warning, failure.code, "%s: if this program is killed, its place in the room stays taken for a while",
		failure.text);
	lp_event_warned(&life->output.log, warning.text);
}

/* How the device is now. */
static void on_device(void *ctx, struct lp_report_device *ret_device)
{
	struct lp_app *life = ctx;
	struct lp_device_state state = {0};
	*ret_device = (struct lp_report_device){.name = life->device, .mac = life->mac};
	lp_device_state(life->device, &state);
	memcpy(life->device_note, state.note, sizeof life->device_note);
	ret_device->note = life->device_note;
	ret_device->state = state.up ? "up" : "down";
	if (state.address.family)
		lp_addr_format(&state.address, ret_device->address);
}

/* What is counted at the device. */
static void on_count(void *ctx, struct lp_bound_counters *counters)
{
	struct lp_app *life = ctx;
	if (life->count)
		life->count(life->ctx, counters);
}

/* True for what Windows takes when no DHCP server answers: 169.254.0.0/16 (RFC 3927). */
static bool is_made_up(const struct lp_addr *address)
{
	return address->family == 4 && address->ip[0] == 169 && address->ip[1] == 254;
}

/* Looks at what others do to the device. */
static const char *on_look(void *ctx, unsigned room_mtu, bool lan)
{
	struct lp_app *life = ctx;
	struct lp_device_state state = {0};
	/* One that is gone fails by itself. */
	if (lp_device_state(life->device, &state) == 0) {
		struct lp_route_conflicts conflicts = {0};
		if (life->watch.role == LP_ROLE_CLIENT) /* a gateway's host does not play */
			lp_route_conflicts(life->device, &conflicts);
		struct lp_device_facts facts = {
			.enabled = state.enabled,
			.link = state.up,
			.mtu = state.mtu,
			.mac = state.mac,
			.has_address = state.address.family && !is_made_up(&state.address),
			.lan = lan,
			.network_rival = conflicts.network,
			.broadcast_rival = conflicts.broadcast,
		};
		lp_device_watch_look(&life->watch, &facts, room_mtu);
	}
	return lp_device_watch_trouble(&life->watch);
}

/* Draws the live view. */
static void on_draw(void *ctx, const char *block)
{
	struct lp_app *life = ctx;
	lp_live_show(&life->live, block);
}

/* How much room there is for it. */
static void on_size(void *ctx, unsigned *ret_rows, unsigned *ret_columns)
{
	(void)ctx;
	lp_terminal_size(LP_TERMINAL_ERR, ret_rows, ret_columns);
}

int lp_app_show(struct lp_app *life, enum lp_role role, struct lp_member *member, const char *device,
	const struct lp_mac *mac, struct lp_failure *failure)
{
	struct lp_report_config config = {
		.role = role,
		.relay = life->relay,
		.room = life->options.room,
		.snapshot_ns = life->options.snapshot_ns,
		.log = &life->output.log,
		.device = on_device,
		.count = on_count,
		.look = on_look,
		.device_name = device,
		.size = on_size,
		.ctx = life,
	};
	life->device = device;
	life->mac = *mac;
	lp_device_watch_init(&life->watch, role, device, mac, &life->output.log);
	if (life->common.log_format == LP_LOG_TEXT && lp_terminal_is_live(LP_TERMINAL_ERR)) {
		lp_live_init(&life->live, stderr, &life->output);
		config.draw = on_draw;
	}
	int result = lp_report_new(life->loop, &config, member, &life->report);
	return result < 0 ? lp_fail(failure, result, "cannot start: %s", lp_error_text(result)) : 0;
}

void lp_app_changed(struct lp_app *life)
{
	if (life->report)
		lp_report_update(life->report);
}

void lp_app_ended(struct lp_app *life, const struct lp_failure *failure)
{
	if (failure)
		life->failure = *failure;
	lp_loop_stop(life->loop);
}

void lp_app_hide(struct lp_app *life)
{
	lp_report_free(life->report);
	life->report = NULL;
	if (life->live.file)
		lp_live_hide(&life->live);
}

int lp_app_end(struct lp_app *life)
{
	lp_tls_free(life->tls);
	lp_loop_free(life->loop);
	if (life->failure.code == 0) {
		lp_event_stopped(&life->output.log, life->program->name);
		return LP_EXIT_OK;
	}
	lp_event_failed(&life->output.log, life->failure.text);
	return life->failure.code == LP_EINVAL ? LP_EXIT_USAGE : LP_EXIT_FAILURE;
}
