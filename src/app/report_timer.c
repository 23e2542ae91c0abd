#include "app/report_timer.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"
#include "member/member.h"
#include "obs/counters.h"
#include "obs/event.h"
#include "platform/loop/loop.h"
#include "report/latency.h"
#include "report/live_view.h"
#include "report/rates.h"
#include "report/snapshot.h"
#include "report/status.h"

/* How often the figures are looked at. */
#define TICK_NS LP_SEC

struct lp_report {
	struct lp_report_config config;
	struct lp_member *member; /* borrowed */
	struct lp_timer *timer;
	struct lp_status_line line;
	struct lp_latency latency;
	struct lp_rates rates;
	struct lp_loss loss_up, loss_down;
	uint64_t n_told; /* the relay's `stats` that loss_down has taken in */
	uint64_t snapshot_due_ns;
	const char *trouble; /* what is wrong with the device, or NULL */
};

/* What the member is doing, in the status line's terms. */
static enum lp_status_phase phase_of(enum lp_member_state state)
{
	switch (state) {
	case LP_MEMBER_JOINED:
		return LP_STATUS_JOINED;
	case LP_MEMBER_WAITING:
		return LP_STATUS_PAUSING;
	case LP_MEMBER_ENDED:
		return LP_STATUS_OVER;
	default:
		return LP_STATUS_SEEKING;
	}
}

void lp_report_update(struct lp_report *report)
{
	struct lp_member_view member;
	lp_member_view(report->member, &member);
	struct lp_status_input input = {
		.phase = phase_of(member.state),
		.gateway_present = member.gateway_present,
		.gateway_name = member.gateway_name,
		.reason = member.reason,
		.retry_ns = member.retry_ns,
		.place_held = member.place_held,
		.device = report->config.device_name,
		.trouble = report->trouble,
		.gateway_lan_down = member.gateway_lan_down,
	};
	if (lp_status_line_update(&report->line, &input))
		lp_event_status(report->config.log, report->line.text);
}

/* Takes in the figures of the moment. */
static void sample(struct lp_report *report, const struct lp_member_view *member, uint64_t now_ns)
{
	lp_latency_sample(&report->latency, member->latest_rtt_ns / LP_US);
	lp_rates_sample(&report->rates, member->counters, now_ns);
	lp_loss_sample(&report->loss_up, member->counters->datagrams_out, member->lost_packets, now_ns);
	if (!member->told || member->n_told == report->n_told)
		return; /* the relay's figures are those of before */
	report->n_told = member->n_told;
	lp_loss_sample(&report->loss_down, member->told->counters.datagrams_out, member->told->packets_lost, now_ns);
}

/* All drops, at our end and as the relay says. */
static uint64_t all_drops(const struct lp_member_view *member)
{
	return lp_drops_total(member->counters->drops) +
	       (member->told ? lp_drops_total(member->told->counters.drops) : 0);
}

/* Draws the live view. */
static void draw(struct lp_report *report, const struct lp_member_view *member, uint64_t now_ns)
{
	struct lp_report_device device = {0};
	char block[2048];
	struct lp_text text;
	report->config.device(report->config.ctx, &device);
	struct lp_live_view view = {
		.status = report->line.text,
		.relay = report->config.relay,
		.gateway_name = member->gateway_name,
		.joined = member->state == LP_MEMBER_JOINED,
		.gateway_present = member->gateway_present,
		.latency = &report->latency,
		.gateway_rtt_us = member->gateway_rtt_ns / LP_US,
		.loss_up = &report->loss_up,
		.loss_down = member->told ? &report->loss_down : NULL,
		.rates = &report->rates,
		.drops = all_drops(member),
		.n_peers = member->n_peers,
		.mtu = member->mtu,
		.tcp_mtu = member->unfragmented_mtu,
		.retry_in_ns = member->state == LP_MEMBER_WAITING && member->retry_at_ns > now_ns
				       ? member->retry_at_ns - now_ns
				       : 0,
		.device = device.name,
		.device_address = device.address,
		.device_note = device.note,
		.device_mac = device.mac,
	};
	unsigned rows, columns;
	report->config.size(report->config.ctx, &rows, &columns);
	lp_text_init(&text, block, sizeof block);
	lp_live_view_format(&text, &view, rows, columns);
	report->config.draw(report->config.ctx, block);
}

/* Writes the figures to the log. */
static void log_snapshot(struct lp_report *report, const struct lp_member_view *member)
{
	struct lp_report_device device = {0};
	report->config.device(report->config.ctx, &device);
	struct lp_snapshot snapshot = {
		.status = report->line.status,
		.relay = member->state == LP_MEMBER_JOINED ? &member->remote : NULL,
		.rtt_ns = member->rtt_ns,
		.packets_lost = member->lost_packets,
		.budget_bytes = member->budget_bytes,
		.device = device.name,
		.device_state = device.state,
		.device_address = device.address,
		.n_peers = member->n_peers,
		.counters = member->counters,
		.told = member->told,
		.bounds = member->bounds,
	};
	if (report->config.count)
		report->config.count(report->config.ctx, &snapshot.bounds);
	lp_snapshot_log(report->config.log, &snapshot);
}

/* Once a second. */
static void on_timer(void *ctx, uint64_t now_ns)
{
	struct lp_report *report = ctx;
	struct lp_member_view member;
	lp_member_view(report->member, &member);
	if (report->config.look)
		report->trouble = report->config.look(
			report->config.ctx, member.mtu, member.gateway_present && !member.gateway_lan_down);
	if (report->config.role == LP_ROLE_GATEWAY)
		lp_member_set_lan_down(report->member, report->trouble != NULL);
	lp_report_update(report);
	sample(report, &member, now_ns);
	if (report->config.draw)
		draw(report, &member, now_ns);
	if (now_ns >= report->snapshot_due_ns) {
		report->snapshot_due_ns = now_ns + report->config.snapshot_ns;
		log_snapshot(report, &member);
	}
	lp_timer_set(report->timer, now_ns + TICK_NS);
}

int lp_report_new(struct lp_loop *loop, const struct lp_report_config *config, struct lp_member *member,
	struct lp_report **ret_report)
{
	struct lp_report *report = calloc(1, sizeof *report);
	uint64_t now_ns = lp_loop_now_ns(loop);
	int result;
	if (!report)
		return LP_ENOMEM;
	report->config = *config;
	report->member = member;
	report->snapshot_due_ns = config->snapshot_ns ? now_ns + config->snapshot_ns : LP_NEVER;
	lp_status_line_init(&report->line, config->role, config->relay, config->room);
	if ((result = lp_timer_new(loop, on_timer, report, &report->timer)) < 0) {
		free(report);
		return result;
	}
	lp_timer_set(report->timer, now_ns + TICK_NS);
	if (config->look)
		report->trouble = config->look(config->ctx, 0, false);
	lp_report_update(report);
	*ret_report = report;
	return 0;
}

void lp_report_free(struct lp_report *report)
{
	if (!report)
		return;
	lp_timer_free(report->timer);
	free(report);
}
