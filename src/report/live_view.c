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
static void add_ms(struct lp_text *line, uint64_t us)
{
	lp_text_addf(line, "%" PRIu64 ".%" PRIu64 " ms", (us + 50) / 1000, (us + 50) / 100 % 10);
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

static void add_loss(struct lp_text *line, const struct lp_loss *loss)
{
	lp_text_addf(line, "%u.%02u %%", loss->ppm / 10000, loss->ppm / 100 % 100);
}

static void write_summary(struct lp_text *line, const struct lp_status *status, uint64_t now_ns)
{
	(void)now_ns;
	lp_text_escaped(line, status->text);
}

/* Round trips: to the LAN if the relay reported the gateway's, and to the relay. Nothing without a sample. */
static void write_ping(struct lp_text *line, const struct lp_status *status, uint64_t now_ns)
{
	uint64_t gateway_rtt_us = status->has_relay_stats ? status->relay_stats.gateway_rtt_us : 0;
	uint64_t rtt_us = status->latency.rtt_us;
	uint64_t lan_us = status->role == LP_ROLE_CLIENT && status->gateway_present
				  ? lp_latency_gateway_us(rtt_us, gateway_rtt_us)
				  : 0;
	(void)now_ns;
	if (status->state != LP_MEMBER_JOINED || rtt_us == 0)
		return;
	lp_text_add(line, "  ping     ");
	if (lan_us) {
		add_ms(line, lan_us);
		lp_text_add(line, " to the LAN, ");
	}
	add_ms(line, rtt_us);
	lp_text_add(line, " to the relay, jitter ");
	add_ms(line, lp_latency_jitter_us(&status->latency));
	lp_text_add(line, ", lost up ");
	add_loss(line, &status->loss_up);
	if (!status->has_relay_stats)
		return;
	lp_text_add(line, ", down ");
	add_loss(line, &status->loss_down);
}

static void write_traffic(struct lp_text *line, const struct lp_status *status, uint64_t now_ns)
{
	const struct lp_rates *rates = &status->rates;
	uint64_t drops = lp_status_drops(status);
	(void)now_ns;
	if (status->state != LP_MEMBER_JOINED)
		return;
	lp_text_add(line, "  traffic  ");
	add_bps(line, rates->up_bps);
	lp_text_add(line, " up, ");
	add_bps(line, rates->down_bps);
	lp_text_add(line, " down");
	if (drops)
		lp_text_addf(line, ", %" PRIu64 " frames dropped", drops);
}

static void write_players(struct lp_text *line, const struct lp_status *status, uint64_t now_ns)
{
	(void)now_ns;
	if (status->state != LP_MEMBER_JOINED || !status->players[0])
		return;
	lp_text_add(line, "  players  ");
	lp_text_escaped(line, status->players);
}

/* Members that are reached by a peer link, each with its route and round trip. */
static void write_links(struct lp_text *line, const struct lp_status *status, uint64_t now_ns)
{
	bool any = false;
	(void)now_ns;
	for (size_t i = 0; status->state == LP_MEMBER_JOINED && i < status->n_members; i++) {
		const struct lp_status_member *member = &status->members[i];
		if (strcmp(member->route, "relay") == 0)
			continue;
		lp_text_add(line, any ? ", " : "  links    ");
		any = true;
		lp_text_escaped(line, member->name[0]                   ? member->name
				      : member->role == LP_ROLE_GATEWAY ? "the gateway"
									: "a player");
		lp_text_addf(line, " %s ", member->route);
		add_ms(line, member->rtt_us);
		if (member->packets_lost)
			lp_text_addf(line, " (%" PRIu64 " packets lost)", member->packets_lost);
	}
}

static void write_relay(struct lp_text *line, const struct lp_status *status, uint64_t now_ns)
{
	lp_text_addf(line, "  relay    %s", status->relay);
	if (status->state == LP_MEMBER_JOINED && status->over_tcp)
		lp_text_addf(line, ", over TCP%s: lost packets delay games",
			status->udp_blocked ? ", because UDP is blocked" : "");
	if (status->state == LP_MEMBER_WAITING && status->retry_at_ns > now_ns) {
		lp_text_add(line, ", next attempt in ");
		lp_text_duration(line, status->retry_at_ns - now_ns);
	}
}

static void write_device(struct lp_text *line, const struct lp_status *status, uint64_t now_ns)
{
	char mac[LP_MAC_TEXT_MAX], address[LP_ADDR_TEXT_MAX];
	(void)now_ns;
	if (!status->device_name[0])
		return;
	lp_text_add(line, "  device   ");
	lp_text_escaped(line, status->device_name);
	if (status->device.address.family)
		lp_text_addf(line, ", %s", lp_addr_format(&status->device.address, address));
	else if (status->role == LP_ROLE_CLIENT) /* a gateway's interface needs none */
		lp_text_add(line, ", no address yet");
	lp_text_addf(line, ", MAC %s", lp_mac_format(&status->mac, mac));
	if (status->device.note[0]) {
		lp_text_add(line, ", ");
		lp_text_escaped(line, status->device.note);
	}
}

/* Shortens a line to |columns| characters, the last of which is then "…". */
static void clip(char *line, size_t size, size_t columns)
{
	size_t at = 0, end = 0, n_columns = 0, len = strlen(line);
	uint32_t code;
	for (size_t n; at < len; at += n, n_columns++) {
		if (n_columns + 1 == columns)
			end = at;
		n = lp_utf8_next(line + at, len - at, &code);
		n = n ? n : 1;
	}
	if (n_columns <= columns)
		return;
	line[end] = '\0';
	if (columns > 0 && end + sizeof "…" <= size)
		memcpy(line + end, "…", sizeof "…");
}

void lp_live_view_format(
	struct lp_text *text, const struct lp_status *status, uint64_t now_ns, size_t rows, size_t columns)
{
	typedef void write_fn(struct lp_text * line, const struct lp_status *status, uint64_t now_ns);
	static write_fn *const writers[LP_LIVE_VIEW_LINES] = {
		write_summary,
		write_ping,
		write_traffic,
		write_players,
		write_links,
		write_relay,
		write_device,
	};
	size_t n_lines = rows > LP_LIVE_VIEW_LINES ? LP_LIVE_VIEW_LINES : rows > 1 ? 1 : 0;
	for (size_t i = 0; i < n_lines; i++) {
		char bytes[LINE_MAX_BYTES];
		struct lp_text line;
		lp_text_init(&line, bytes, sizeof bytes);
		writers[i](&line, status, now_ns);
		if (line.len == 0 && i > 0)
			continue;
		clip(bytes, sizeof bytes, columns);
		lp_text_add(text, bytes);
		lp_text_add(text, "\n");
	}
}
