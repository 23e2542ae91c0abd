#include "report/snapshot.h"

#include "base/text.h"
#include "base/units.h"
#include "obs/event.h"
#include "report/latency.h"

/* Adds the drops at both ends. */
static void add_drops(struct lp_text *text, const struct lp_snapshot *snapshot)
{
	lp_drops_text(text, snapshot->counters->drops);
	if (!snapshot->told || lp_drops_total(snapshot->told->counters.drops) == 0)
		return;
	lp_text_add(text, text->len > 0 ? "; relay: " : "relay: ");
	lp_drops_text(text, snapshot->told->counters.drops);
}

void lp_snapshot_log(const struct lp_log *log, const struct lp_snapshot *snapshot)
{
	const struct lp_link_counters *counters = snapshot->counters;
	uint64_t gateway_rtt_us = snapshot->told ? snapshot->told->gateway_rtt_us : 0;
	char drops[1024], bounds[256];
	struct lp_text text;
	lp_text_init(&text, bounds, sizeof bounds);
	lp_bounds_text(&text, &snapshot->bounds);
	lp_text_init(&text, drops, sizeof drops);
	add_drops(&text, snapshot);
	lp_event_snapshot(log, lp_status_word(snapshot->status), snapshot->relay, snapshot->rtt_ns,
		lp_latency_gateway_us(snapshot->rtt_ns / LP_US, gateway_rtt_us) * LP_US, snapshot->packets_lost,
		snapshot->budget_bytes, snapshot->device, snapshot->device_state, snapshot->device_address,
		snapshot->n_peers, counters->frames_in, counters->frames_out, counters->bytes_in, counters->bytes_out,
		counters->datagrams_in, counters->datagrams_out, drops, bounds);
}
