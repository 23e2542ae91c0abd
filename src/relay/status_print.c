/* The answer of the status socket as a table. */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/text.h"
#include "ctrl/message.h"
#include "relay/status.h"

/* A name whose every byte is escaped fits. */
#define COLUMN_BYTES (LP_NAME_MAX * 4 + 1)

/* A number of an object, 0 if it is not there. */
static long long number(const json_t *object, const char *name)
{
	return (long long)json_integer_value(json_object_get(object, name));
}

/* A text of an object, "-" if it is not there or empty. */
static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value && value[0] ? value : "-";
}

/* Prints a text that a member may have made up, in a column of so many bytes. */
static void print_column(const char *string, int width, FILE *out)
{
	char data[COLUMN_BYTES];
	struct lp_text column;
	lp_text_init(&column, data, sizeof data);
	lp_text_escaped(&column, string);
	fprintf(out, "%-*s ", width, data);
}

/* The sum of all drops. */
static long long all_drops(const json_t *object)
{
	const char *key;
	json_t *value;
	long long sum = 0;
	json_object_foreach(json_object_get(object, "drops"), key, value) sum += (long long)json_integer_value(value);
	return sum;
}

/* One member's row. */
static void print_peer(const json_t *peer, FILE *out)
{
	print_column(text(peer, "room"), 16, out);
	fprintf(out, "%5lld  ", number(peer, "peer_id"));
	print_column(text(peer, "role"), 8, out);
	print_column(text(peer, "name"), 18, out);
	print_column(text(peer, "mac"), 18, out);
	print_column(text(peer, "address"), 24, out);
	fprintf(out, "%8.1f %6lld %10lld %10lld %8lld%s\n", (double)number(peer, "rtt_us") / 1000.0,
		number(peer, "datagram_budget"), number(peer, "frames_in"), number(peer, "frames_out"), all_drops(peer),
		json_is_true(json_object_get(peer, "lan_down")) ? "  no link to its LAN" : "");
}

int lp_relay_status_print(const char *json, size_t len, FILE *out, struct lp_failure *failure)
{
	json_error_t error;
	json_t *root = json_loadb(json, len, 0, &error);
	const char *reason;
	json_t *value;
	size_t i;
	if (!json_is_object(root)) {
		json_decref(root);
		return lp_fail(failure, LP_EMALFORMED,
			"the answer is not a relay's status: is this the relay's --status-socket?");
	}
	fprintf(out, "relay %s, up %lld s: %lld rooms, %zu peers, %lld connections, %lld joins, %lld rejects\n",
		text(root, "version"), number(root, "uptime_s"), number(root, "rooms"),
		json_array_size(json_object_get(root, "peers")), number(root, "connections"), number(root, "joins"),
		number(root, "rejects"));
	fprintf(out,
		"frames in %lld, out %lld; datagrams in %lld, out %lld, invalid %lld; retries %lld, refused %lld\n",
		number(root, "frames_in"), number(root, "frames_out"), number(root, "udp_datagrams_in"),
		number(root, "udp_datagrams_out"), number(root, "udp_invalid_in"), number(root, "retries_sent"),
		number(root, "connections_refused"));
	json_object_foreach(json_object_get(root, "drops"), reason, value)
		fprintf(out, "dropped %lld: %s\n", (long long)json_integer_value(value), reason);
	fprintf(out, "\n%-16s %5s  %-8s %-18s %-17s  %-24s %8s %6s %10s %10s %8s\n", "ROOM", "PEER", "ROLE", "NAME",
		"MAC", "ADDRESS", "RTT ms", "BUDGET", "FRAMES IN", "FRAMES OUT", "DROPS");
	json_array_foreach(json_object_get(root, "peers"), i, value) print_peer(value, out);
	json_decref(root);
	return 0;
}
