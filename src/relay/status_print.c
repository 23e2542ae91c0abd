/* The status document as a table for a terminal. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/text.h"
#include "base/utf8.h"
#include "obs/counters.h"
#include "relay/status.h"

/* Widths. The row has 80 columns: 14 + 7 + 17 + 15 + 4 × 5 and a space between each two. */
#define NAME_COLUMNS 14
#define ADDRESS_COLUMNS 15
#define NUMBER_BYTES 32

/* A text that a member may have made up, safe for the terminal, every byte escaped at worst. */
#define ESCAPED_BYTES (LP_NAME_MAX * 4 + 1)

/* Prints such a text, padded or cut to |columns|; "-" for an empty one. */
static void print_text(const char *string, size_t columns, FILE *out)
{
	char data[ESCAPED_BYTES];
	struct lp_text text;
	uint32_t code;
	lp_text_init(&text, data, sizeof data);
	lp_text_escaped(&text, string[0] ? string : "-");
	size_t at = 0, used = 0;
	while (at < text.len && used < columns) {
		size_t n = lp_utf8_next(data + at, text.len - at, &code);
		at += n ? n : 1;
		used++;
	}
	fprintf(out, "%.*s%*s", (int)at, data, (int)(columns - used), "");
}

/* Writes a count in at most 5 characters: 99999, 123k, 12.3M. */
static const char *short_count(uint64_t n, char text[NUMBER_BYTES])
{
	static const char units[] = "kMGTPE";
	if (n < 100000)
		snprintf(text, NUMBER_BYTES, "%" PRIu64, n);
	size_t unit = 0;
	uint64_t scaled = n;
	while (n >= 100000 && scaled >= 1000000 && unit + 1 < sizeof units - 1) {
		scaled /= 1000;
		unit++;
	}
	if (n >= 100000 && scaled < 100000)
		snprintf(text, NUMBER_BYTES, "%" PRIu64 ".%" PRIu64 "%c", scaled / 1000, scaled % 1000 / 100,
			units[unit]);
	else if (n >= 100000)
		snprintf(text, NUMBER_BYTES, "%" PRIu64 "%c", scaled / 1000, units[unit]);
	return text;
}

/* The address without its port; |ret_wide| is an IPv6 address, which has a line of its own. */
static void format_address(const char *address, char text[LP_ADDR_TEXT_MAX], bool *ret_wide)
{
	*ret_wide = address[0] == '[';
	snprintf(text, LP_ADDR_TEXT_MAX, "%s", *ret_wide ? "(IPv6)" : address);
	char *colon = strchr(text, ':');
	if (colon)
		*colon = '\0';
}

/* Prints one member. */
static void print_peer(const struct lp_relay_status_peer *peer, FILE *out)
{
	char mac[LP_MAC_TEXT_MAX], address[LP_ADDR_TEXT_MAX], in[NUMBER_BYTES], sent[NUMBER_BYTES], drops[NUMBER_BYTES];
	bool wide;
	format_address(peer->address, address, &wide);
	print_text(peer->name, NAME_COLUMNS, out);
	fprintf(out, " %-7s %-17s ", lp_role_text(peer->role), lp_mac_format(&peer->mac, mac));
	print_text(address, ADDRESS_COLUMNS, out);
	if (peer->rtt_us < 100 * 1000)
		fprintf(out, " %5.1f", (double)peer->rtt_us / 1000.0);
	else
		fprintf(out, " %5" PRIu64, peer->rtt_us < 99999 * 1000 ? peer->rtt_us / 1000 : 99999);
	fprintf(out, " %5s %5s %5s\n", short_count(peer->frames_in, in), short_count(peer->frames_out, sent),
		short_count(lp_drops_total(peer->drops), drops));
	if (wide) {
		fprintf(out, "%*s", NAME_COLUMNS + 1, "");
		print_text(peer->address, strlen(peer->address), out);
		fprintf(out, "\n");
	}
	if (peer->lan_down)
		fprintf(out, "%*sno link to its LAN\n", NAME_COLUMNS + 1, "");
	if (peer->over_tcp)
		fprintf(out, "%*sover TCP\n", NAME_COLUMNS + 1, "");
}

/* Sorts members by room, gateways first, then by number. */
static int compare_peers(const void *left, const void *right)
{
	const struct lp_relay_status_peer *a = left, *b = right;
	int order = strcmp(a->room, b->room);
	if (order == 0)
		order = (b->role == LP_ROLE_GATEWAY) - (a->role == LP_ROLE_GATEWAY);
	return order ? order : (int)a->peer_id - (int)b->peer_id;
}

/* Prints the members, room by room. */
static void print_peers(struct lp_relay_status *status, FILE *out)
{
	struct lp_relay_status_peer *peers = status->peers.items;
	if (status->peers.n > 0)
		qsort(peers, status->peers.n, sizeof *peers, compare_peers);
	for (size_t i = 0; i < status->peers.n; i++) {
		if (i == 0 || strcmp(peers[i].room, peers[i - 1].room) != 0) {
			fprintf(out, "\nroom ");
			print_text(peers[i].room, strlen(peers[i].room), out);
			fprintf(out, "\n%-14s %-7s %-17s %-15s %5s %5s %5s %5s\n", "NAME", "ROLE", "MAC", "ADDRESS",
				"RTTms", "IN", "OUT", "DROPS");
		}
		print_peer(&peers[i], out);
	}
}

/* Prints the figures of the relay as a whole. */
static void print_relay(const struct lp_relay_status *status, FILE *out)
{
	char uptime[32];
	struct lp_text text;
	lp_text_init(&text, uptime, sizeof uptime);
	lp_text_duration(&text, status->uptime_s * 1000000000);
	fprintf(out, "relay ");
	print_text(status->version, strlen(status->version), out);
	fprintf(out, ", up %s\n", uptime);
	fprintf(out,
		"rooms %" PRIu64 ", members %zu, connections %" PRIu64 ", joins %" PRIu64 ", rejects %" PRIu64 "\n",
		status->rooms, status->peers.n, status->connections, status->joins, status->rejects);
	fprintf(out, "frames in %" PRIu64 ", out %" PRIu64 "\n", status->frames_in, status->frames_out);
	fprintf(out, "UDP datagrams in %" PRIu64 ", out %" PRIu64 ", of no connection %" PRIu64 "\n",
		status->udp_datagrams_in, status->udp_datagrams_out, status->udp_invalid_in);
	if (status->link_datagrams || status->link_foreign || status->link_limited)
		fprintf(out,
			"peer links: datagrams passed on %" PRIu64 ", over a limit %" PRIu64 ", foreign %" PRIu64 "\n",
			status->link_datagrams, status->link_limited, status->link_foreign);
	fprintf(out, "handshakes: Retry sent %" PRIu64 ", refused %" PRIu64 "\n", status->retries_sent,
		status->connections_refused);
	for (enum lp_drop i = LP_DROP_NONE + 1; i < LP_DROP_COUNT; i++)
		if (status->drops[i] > 0)
			fprintf(out, "frames dropped: %s %" PRIu64 "\n", lp_drop_wire(i), status->drops[i]);
}

int lp_relay_status_print(const char *json, size_t len, FILE *out, struct lp_failure *failure)
{
	struct lp_relay_status status = {0};
	struct lp_failure why = {0};
	int result = lp_fields_read(
		"status", lp_relay_status_fields, lp_relay_status_fields_n, json, len, &why, &status);
	if (result == 0) {
		print_relay(&status, out);
		print_peers(&status, out);
	} else {
		lp_fail(failure, result, "%s. Is this the status socket of a relay of this version?", why.text);
	}
	free(status.peers.items);
	return result;
}
