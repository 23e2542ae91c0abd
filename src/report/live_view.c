#include "report/live_view.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "base/units.h"
#include "base/utf8.h"
#include "report/status.h"

/* Longest line, for terminals of any width. */
#define LINE_MAX_BYTES 1024

/* Adds microseconds as milliseconds with one digit after the point. */
static void add_ms(struct lp_text *line, const char *label, uint64_t us)
{
	if (us == 0)
		lp_text_addf(line, "%s -", label);
	else
		lp_text_addf(line, "%s %" PRIu64 ".%" PRIu64 " ms", label, (us + 50) / 1000, (us + 50) / 100 % 10);
}

/* Adds a bit rate with a unit and at most three significant digits. */
static void add_bps(struct lp_text *line, uint64_t bps)
{
	static const char *const units[] = {"bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"};
	size_t unit = 0;
	uint64_t tenths = bps < UINT64_MAX / 10 ? bps * 10 : UINT64_MAX;
	for (; tenths >= 10000 && unit + 1 < sizeof units / sizeof units[0]; unit++)
		tenths /= 1000;
	if (unit == 0 || tenths >= 1000)
		lp_text_addf(line, "%" PRIu64 " %s", tenths / 10, units[unit]);
	else
		lp_text_addf(line, "%" PRIu64 ".%" PRIu64 " %s", tenths / 10, tenths % 10, units[unit]);
}

/* Adds a loss in percent; NULL: unknown. */
static void add_loss(struct lp_text *line, const char *label, const struct lp_loss *loss)
{
	if (loss)
		lp_text_addf(line, "%s %u.%02u %%", label, loss->ppm / 10000, loss->ppm / 100 % 100);
	else
		lp_text_addf(line, "%s -", label);
}

static void write_summary(struct lp_text *line, const struct lp_status *status, uint64_t now_ns)
{
	(void)now_ns;
	lp_text_escaped(line, status->text);
}

static void write_relay(struct lp_text *line, const struct lp_status *status, uint64_t now_ns)
{
	lp_text_addf(line, "  relay    %s", status->relay);
	if (status->state == LP_MEMBER_WAITING && status->retry_at_ns > now_ns) {
		lp_text_add(line, ", next attempt in ");
		lp_text_duration(line, status->retry_at_ns - now_ns);
	}
	if (status->state != LP_MEMBER_JOINED)
		return;
	add_ms(line, ", RTT", status->latency.rtt_us);
	add_ms(line, ", jitter", lp_latency_jitter_us(&status->latency));
	add_loss(line, ", loss up", &status->loss_up);
	add_loss(line, ", down", status->has_relay_stats ? &status->loss_down : NULL);
}

static void write_gateway(struct lp_text *line, const struct lp_status *status, uint64_t now_ns)
{
	uint64_t gateway_rtt_us = status->has_relay_stats ? status->relay_stats.gateway_rtt_us : 0;
	(void)now_ns;
	lp_text_add(line, "  gateway  ");
	if (status->state != LP_MEMBER_JOINED)
		return;
	if (!status->gateway_present) {
		lp_text_add(line, "not there");
		return;
	}
	lp_text_escaped(line, status->gateway_name[0] ? status->gateway_name : "present");
	add_ms(line, ", RTT", lp_latency_gateway_us(status->latency.rtt_us, gateway_rtt_us));
}

static void write_traffic(struct lp_text *line, const struct lp_status *status, uint64_t now_ns)
{
	const struct lp_rates *rates = &status->rates;
	(void)now_ns;
	lp_text_add(line, "  traffic  ");
	if (status->state != LP_MEMBER_JOINED)
		return;
	lp_text_add(line, "up ");
	add_bps(line, rates->up_bps);
	lp_text_addf(line, " (%" PRIu64 " frames/s), down ", rates->up_fps);
	add_bps(line, rates->down_bps);
	lp_text_addf(line, " (%" PRIu64 " frames/s), dropped %" PRIu64, rates->down_fps, lp_status_drops(status));
}

static void write_room(struct lp_text *line, const struct lp_status *status, uint64_t now_ns)
{
	(void)now_ns;
	lp_text_add(line, "  room     ");
	if (status->state != LP_MEMBER_JOINED)
		return;
	lp_text_addf(
		line, "%" PRIu64 " other%s, MTU %u", status->n_peers, status->n_peers == 1 ? "" : "s", status->mtu);
	if (status->unfragmented_mtu > 0 && status->unfragmented_mtu < status->mtu)
		lp_text_addf(line, ", in one piece up to %u", status->unfragmented_mtu);
}

static void write_device(struct lp_text *line, const struct lp_status *status, uint64_t now_ns)
{
	char mac[LP_MAC_TEXT_MAX], address[LP_ADDR_TEXT_MAX];
	(void)now_ns;
	lp_text_add(line, "  device   ");
	if (!status->device_name[0])
		return;
	lp_text_escaped(line, status->device_name);
	if (status->device.address.family)
		lp_text_addf(line, ", %s", lp_addr_format(&status->device.address, address));
	else
		lp_text_add(line, ", no address yet");
	lp_text_addf(line, ", MAC %s", lp_mac_format(&status->mac, mac));
	if (status->device.note[0]) {
		lp_text_add(line, ", ");
		lp_text_escaped(line, status->device.note);
	}
}

/* Bytes of the first |columns| characters of a line. */
static size_t clip(const char *line, size_t columns)
{
	size_t at = 0, len = strlen(line);
	uint32_t code;
	for (size_t n; columns > 0 && at < len; at += n, columns--) {
		n = lp_utf8_next(line + at, len - at, &code);
		n = n ? n : 1;
	}
	return at;
}

void lp_live_view_format(
	struct lp_text *text, const struct lp_status *status, uint64_t now_ns, size_t rows, size_t columns)
{
	typedef void write_fn(struct lp_text * line, const struct lp_status *status, uint64_t now_ns);
	static write_fn *const writers[LP_LIVE_VIEW_LINES] = {
		write_summary,
		write_relay,
		write_gateway,
		write_traffic,
		write_room,
		write_device,
	};
	size_t n_lines = rows > LP_LIVE_VIEW_LINES ? LP_LIVE_VIEW_LINES : rows > 1 ? 1 : 0;
	for (size_t i = 0; i < n_lines; i++) {
		char bytes[LINE_MAX_BYTES];
		struct lp_text line;
		lp_text_init(&line, bytes, sizeof bytes);
		writers[i](&line, status, now_ns);
		bytes[clip(bytes, columns)] = '\0';
		lp_text_add(text, bytes);
		lp_text_add(text, "\n");
	}
}
