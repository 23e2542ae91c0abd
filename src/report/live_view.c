#include "report/live_view.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "base/units.h"
#include "base/utf8.h"
#include "report/latency.h"
#include "report/rates.h"

/* No line is longer than this, however wide the terminal. */
#define LINE_MAX_BYTES 1024

/* Adds microseconds as milliseconds with one digit after the point. */
static void add_ms(struct lp_text *line, const char *label, uint64_t us)
{
	if (us == 0)
		lp_text_addf(line, "%s -", label);
	else
		lp_text_addf(line, "%s %" PRIu64 ".%" PRIu64 " ms", label, (us + 50) / 1000, (us + 50) / 100 % 10);
}

/* Adds a bit rate as people say it. */
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

/* Adds a loss in percent. */
static void add_loss(struct lp_text *line, const char *label, const struct lp_loss *loss)
{
	if (loss)
		lp_text_addf(line, "%s %u.%02u %%", label, loss->ppm / 10000, loss->ppm / 100 % 100);
	else
		lp_text_addf(line, "%s -", label);
}

/* The relay: how far, how steady, how much is lost. */
static void write_relay(struct lp_text *line, const struct lp_live_view *view)
{
	lp_text_addf(line, "  relay    %s", view->relay ? view->relay : "");
	if (view->retry_in_ns > 0) {
		lp_text_add(line, ", next attempt in ");
		lp_text_duration(line, view->retry_in_ns);
	}
	if (!view->joined || !view->latency)
		return;
	add_ms(line, ", RTT", view->latency->rtt_us);
	add_ms(line, ", jitter", lp_latency_jitter_us(view->latency));
	add_loss(line, ", loss up", view->loss_up);
	add_loss(line, ", down", view->loss_down);
}

/* The gateway: whether it is there, and how far. */
static void write_gateway(struct lp_text *line, const struct lp_live_view *view)
{
	lp_text_add(line, "  gateway  ");
	if (!view->joined)
		return;
	if (!view->gateway_present) {
		lp_text_add(line, "not there");
		return;
	}
	lp_text_escaped(line, view->gateway_name && view->gateway_name[0] ? view->gateway_name : "present");
	if (view->latency)
		add_ms(line, ", RTT", lp_latency_gateway_us(view->latency->rtt_us, view->gateway_rtt_us));
}

/* The traffic in both directions. */
static void write_traffic(struct lp_text *line, const struct lp_live_view *view)
{
	lp_text_add(line, "  traffic  ");
	if (!view->joined || !view->rates)
		return;
	lp_text_add(line, "up ");
	add_bps(line, view->rates->up_bps);
	lp_text_addf(line, " (%" PRIu64 " frames/s), down ", view->rates->up_fps);
	add_bps(line, view->rates->down_bps);
	lp_text_addf(line, " (%" PRIu64 " frames/s), dropped %" PRIu64, view->rates->down_fps, view->drops);
}

/* The room. */
static void write_room(struct lp_text *line, const struct lp_live_view *view)
{
	lp_text_add(line, "  room     ");
	if (!view->joined)
		return;
	lp_text_addf(line, "%zu other%s, MTU %u", view->n_peers, view->n_peers == 1 ? "" : "s", view->mtu);
	if (view->tcp_mtu > 0 && view->tcp_mtu < view->mtu)
		lp_text_addf(line, ", in one piece up to %u", view->tcp_mtu);
}

/* The device at this end. */
static void write_device(struct lp_text *line, const struct lp_live_view *view)
{
	char mac[LP_MAC_TEXT_MAX];
	lp_text_add(line, "  device   ");
	if (!view->device)
		return;
	lp_text_escaped(line, view->device);
	lp_text_add(line, view->device_address && view->device_address[0] ? ", " : ", no address yet");
	if (view->device_address)
		lp_text_add(line, view->device_address);
	lp_text_addf(line, ", MAC %s", lp_mac_format(&view->device_mac, mac));
	if (view->device_note && view->device_note[0]) {
		lp_text_add(line, ", ");
		lp_text_escaped(line, view->device_note);
	}
}

/* The line of all lines. */
static void write_status(struct lp_text *line, const struct lp_live_view *view)
{
	lp_text_escaped(line, view->status ? view->status : "");
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

void lp_live_view_format(struct lp_text *text, const struct lp_live_view *view, size_t rows, size_t columns)
{
	size_t n_lines = rows > LP_LIVE_VIEW_LINES ? LP_LIVE_VIEW_LINES : rows > 1 ? 1 : 0;
	static void (*const writers[LP_LIVE_VIEW_LINES])(struct lp_text * line, const struct lp_live_view *view) = {
		write_status,
		write_relay,
		write_gateway,
		write_traffic,
		write_room,
		write_device,
	};
	for (size_t i = 0; i < n_lines; i++) {
		char bytes[LINE_MAX_BYTES];
		struct lp_text line;
		lp_text_init(&line, bytes, sizeof bytes);
		writers[i](&line, view);
		bytes[clip(bytes, columns)] = '\0';
		lp_text_add(text, bytes);
		lp_text_add(text, "\n");
	}
}
