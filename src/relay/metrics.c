/* The relay's counters in Prometheus' text exposition format 0.0.4. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/attribute.h"
#include "base/units.h"
#include "obs/drop.h"
#include "platform/loop.h"
#include "quic/endpoint.h"
#include "relay/state.h"
#include "relay/status.h"
#include "room/room.h"

/* Text that grows. */
struct text {
	char *data;
	size_t len, size;
	bool failed;
};

/* Appends to the text. */
static void LP_PRINTF(2, 3) add(struct text *text, const char *format, ...)
{
	char line[512];
	va_list args;
	va_start(args, format);
	int n = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof line || text->failed)
		return;
	if (text->len + (size_t)n + 1 > text->size) {
		size_t size = text->size * 2 + sizeof line;
		char *data = realloc(text->data, size);
		if (!data) {
			text->failed = true;
			return;
		}
		text->data = data;
		text->size = size;
	}
	memcpy(text->data + text->len, line, (size_t)n + 1);
	text->len += (size_t)n;
}

/* One metric without labels. */
static void metric(struct text *text, const char *name, const char *type, const char *help, uint64_t value)
{
	add(text, "# HELP lanparty_relay_%s %s\n# TYPE lanparty_relay_%s %s\nlanparty_relay_%s %" PRIu64 "\n", name,
	    help, name, type, name, value);
}

char *lp_relay_metrics_text(struct lp_relay *relay)
{
	const struct lp_relay_counters *counters = &relay->counters;
	const struct lp_quic_counters *quic = lp_quic_counters(relay->endpoint);
	struct text text = {0};
	uint64_t drops[LP_DROP_COUNT];
	lp_relay_drops(relay, drops);
	metric(&text, "uptime_seconds", "gauge", "Seconds since the start.",
	       (lp_loop_now_ns(relay->loop) - relay->started_ns) / LP_SEC);
	metric(&text, "rooms", "gauge", "Rooms with at least one member.", lp_rooms_room_count(relay->rooms));
	metric(&text, "peers", "gauge", "Members in all rooms.", lp_rooms_peer_count(relay->rooms));
	metric(&text, "connections", "gauge", "QUIC connections, handshakes included.",
	       lp_quic_conn_count(relay->endpoint));
	metric(&text, "joins_total", "counter", "Members admitted.", counters->joins);
	metric(&text, "rejects_total", "counter", "Members not admitted.", counters->rejects);
	metric(&text, "joins_limited_total", "counter", "Members not admitted because too many joined their room.",
	       lp_rooms_joins_limited(relay->rooms));
	metric(&text, "frames_in_total", "counter", "Ethernet frames received from members.", counters->frames);
	metric(&text, "frames_out_total", "counter", "Ethernet frames sent or queued to members.", counters->targets);
	metric(&text, "bytes_in_total", "counter", "Bytes of the frames received.", counters->bytes);
	metric(&text, "udp_datagrams_in_total", "counter", "UDP datagrams received.", quic->datagrams_in);
	metric(&text, "udp_datagrams_out_total", "counter", "UDP datagrams sent.", quic->datagrams_out);
	metric(&text, "udp_bytes_in_total", "counter", "Bytes of UDP payload received.", quic->bytes_in);
	metric(&text, "udp_bytes_out_total", "counter", "Bytes of UDP payload sent.", quic->bytes_out);
	metric(&text, "udp_invalid_in_total", "counter", "UDP datagrams that belong to no connection.",
	       quic->invalid_in);
	metric(&text, "retries_sent_total", "counter", "Retry packets sent under load.", quic->retries_sent);
	metric(&text, "stateless_resets_sent_total", "counter", "Stateless resets sent.", quic->resets_sent);
	metric(&text, "connections_refused_total", "counter", "Handshakes refused by a limit.", quic->conns_refused);
	add(&text, "# HELP lanparty_relay_drops_total Frames not forwarded, by reason.\n"
	           "# TYPE lanparty_relay_drops_total counter\n");
	for (enum lp_drop i = LP_DROP_NONE + 1; i < LP_DROP_COUNT; i++) {
		if (i != LP_DROP_DEVICE && i != LP_DROP_OFFLOAD) /* a relay has no device */
			add(&text, "lanparty_relay_drops_total{reason=\"%s\"} %" PRIu64 "\n", lp_drop_wire(i),
			    drops[i]);
	}
	if (text.failed) {
		free(text.data);
		return NULL;
	}
	return text.data;
}
