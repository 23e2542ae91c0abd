/* The diagnostics that a member logs every 30 s. */
#include "base/text.h"
#include "base/units.h"
#include "obs/event.h"
#include "report/status.h"

static void add_drops(struct lp_text *text, const struct lp_status *status)
{
	const uint64_t *at_relay = status->relay_stats.counters.drops;
	lp_drops_text(text, status->counters.drops);
	if (!status->has_relay_stats || lp_drops_total(at_relay) == 0)
		return;
	lp_text_add(text, text->len > 0 ? "; relay: " : "relay: ");
	lp_drops_text(text, at_relay);
}

void lp_status_log(const struct lp_log *log, const struct lp_status *status)
{
	const struct lp_link_counters *counters = &status->counters;
	uint64_t gateway_rtt_us = status->has_relay_stats ? status->relay_stats.gateway_rtt_us : 0;
	char drops[1024], bounds[256], address[LP_ADDR_TEXT_MAX] = "";
	struct lp_text text;
	lp_text_init(&text, bounds, sizeof bounds);
	lp_bounds_text(&text, &status->bounds);
	lp_text_init(&text, drops, sizeof drops);
	add_drops(&text, status);
	if (status->device.address.family)
		lp_addr_format(&status->device.address, address);
	lp_event_snapshot(log, lp_summary_text(status->summary),
		status->state == LP_MEMBER_JOINED ? &status->remote : NULL, status->rtt_ns,
		lp_latency_gateway_us(status->rtt_ns / LP_US, gateway_rtt_us) * LP_US, status->packets_lost,
		status->budget_bytes, status->device_name, status->device.up ? "up" : "down", address, status->n_peers,
		counters->frames_in, counters->frames_out, counters->bytes_in, counters->bytes_out,
		counters->datagrams_in, counters->datagrams_out, drops, bounds);
}
