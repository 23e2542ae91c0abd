/* The relay's counters in Prometheus' text exposition format 0.0.4. */
#include <assert.h>
#include <stdlib.h>

#include "base/text.h"
#include "obs/drop.h"
#include "obs/prometheus.h"
#include "relay/status.h"

/* Enough for all metrics, whose number is fixed. */
#define TEXT_BYTES 24576U

/* One metric without labels. */
static void metric(struct lp_text *text, const char *name, const char *type, const char *help, uint64_t value)
{
	lp_prometheus_metric(text, name, type, help);
	lp_prometheus_sample(text, name, NULL, 0, value);
}

/* Drops by reason. */
static void add_drops(struct lp_text *text, const uint64_t *drops)
{
	static const char name[] = "lanparty_relay_drops_total";
	lp_prometheus_metric(text, name, "counter", "Frames not forwarded, by reason.");
	for (enum lp_drop i = LP_DROP_NONE + 1; i < LP_DROP_COUNT; i++) {
		struct lp_prometheus_label label = {"reason", lp_drop_wire(i)};
		if (i != LP_DROP_DEVICE && i != LP_DROP_OFFLOAD) /* a relay has no device */
			lp_prometheus_sample(text, name, &label, 1, drops[i]);
	}
}

/* One metric with a label. */
static void labelled(struct lp_text *text, const char *name, const char *label, const char *value, uint64_t number)
{
	lp_prometheus_sample(text, name, &(struct lp_prometheus_label){label, value}, 1, number);
}

static void add_members(struct lp_text *text, const struct lp_relay_status *status)
{
	static const char name[] = "lanparty_relay_members";
	const struct lp_relay_status_peer *peers = status->peers.items;
	uint64_t n_gateways = 0;
	for (size_t i = 0; i < status->peers.n; i++)
		n_gateways += peers[i].role == LP_ROLE_GATEWAY;
	lp_prometheus_metric(text, name, "gauge", "Members in all rooms, by role.");
	labelled(text, name, "role", "client", status->peers.n - n_gateways);
	labelled(text, name, "role", "gateway", n_gateways);
}

/* What operators watch besides the counters. */
static void add_more(struct lp_text *text, const struct lp_relay_status *status)
{
	static const char build[] = "lanparty_relay_build_info", handshakes[] = "lanparty_relay_handshakes_total",
			  sent[] = "lanparty_relay_sent_bytes_total";
	lp_prometheus_metric(text, build, "gauge", "Always 1; the label has the version.");
	labelled(text, build, "version", status->version, 1);
	add_members(text, status);
	lp_prometheus_metric(text, handshakes, "counter", "Handshakes, by outcome.");
	labelled(text, handshakes, "outcome", "completed", status->handshakes);
	labelled(text, handshakes, "outcome", "refused", status->connections_refused);
	labelled(text, handshakes, "outcome", "failed", status->handshakes_failed);
	lp_prometheus_metric(text, sent, "counter",
		"Bytes sent to members, by route: frames that the relay forwarded, and UDP payload of peer links.");
	labelled(text, sent, "route", "relay", status->target_bytes);
	labelled(text, sent, "route", "peer_link", status->link_bytes);
	metric(text, "lanparty_relay_udp_overflows_total", "counter",
		"UDP datagrams that the system dropped because the relay was too slow.", status->udp_overflows);
	metric(text, "lanparty_relay_certificate_expiry_timestamp_seconds", "gauge",
		"When the certificate expires, Unix time.", status->certificate_expires);
	lp_histogram_text(text, "lanparty_relay_member_rtt_seconds",
		"Round trips to members, one sample of each per --stats-interval.", &status->rtt);
	lp_histogram_text(text, "lanparty_relay_join_seconds",
		"Time from the end of the handshake to the admission of a member.", &status->join_time);
}

char *lp_relay_metrics_text(const struct lp_relay_status *status)
{
	struct lp_text text;
	char *data = malloc(TEXT_BYTES);
	if (!data)
		return NULL;
	lp_text_init(&text, data, TEXT_BYTES);
	metric(&text, "lanparty_relay_uptime_seconds", "gauge", "Seconds since the start.", status->uptime_s);
	metric(&text, "lanparty_relay_rooms", "gauge", "Rooms with at least one member.", status->rooms);
	metric(&text, "lanparty_relay_peers", "gauge", "Members in all rooms.", status->peers.n);
	metric(&text, "lanparty_relay_connections", "gauge", "QUIC connections, handshakes included.",
		status->connections);
	metric(&text, "lanparty_relay_joins_total", "counter", "Members admitted.", status->joins);
	metric(&text, "lanparty_relay_rejects_total", "counter", "Members not admitted.", status->rejects);
	metric(&text, "lanparty_relay_joins_limited_total", "counter",
		"Members not admitted because too many joined their room.", status->joins_limited);
	metric(&text, "lanparty_relay_wrong_invites_total", "counter",
		"Members not admitted because their invite's proof was wrong or absent.", status->wrong_invites);
	metric(&text, "lanparty_relay_guesses_slowed_total", "counter",
		"Members refused unread, because their address had sent too many wrong proofs.",
		status->guesses_slowed);
	metric(&text, "lanparty_relay_frames_in_total", "counter", "Ethernet frames received from members.",
		status->frames_in);
	metric(&text, "lanparty_relay_frames_out_total", "counter", "Ethernet frames sent or queued to members.",
		status->frames_out);
	metric(&text, "lanparty_relay_bytes_in_total", "counter", "Bytes of the frames received.", status->bytes_in);
	metric(&text, "lanparty_relay_udp_datagrams_in_total", "counter", "UDP datagrams received.",
		status->udp_datagrams_in);
	metric(&text, "lanparty_relay_udp_datagrams_out_total", "counter", "UDP datagrams sent.",
		status->udp_datagrams_out);
	metric(&text, "lanparty_relay_udp_bytes_in_total", "counter", "Bytes of UDP payload received.",
		status->udp_bytes_in);
	metric(&text, "lanparty_relay_udp_bytes_out_total", "counter", "Bytes of UDP payload sent.",
		status->udp_bytes_out);
	metric(&text, "lanparty_relay_udp_invalid_in_total", "counter", "UDP datagrams that belong to no connection.",
		status->udp_invalid_in);
	metric(&text, "lanparty_relay_link_datagrams_total", "counter",
		"UDP datagrams of peer links passed on unopened.", status->link_datagrams);
	metric(&text, "lanparty_relay_link_bytes_total", "counter", "Bytes of UDP payload of peer links passed on.",
		status->link_bytes);
	metric(&text, "lanparty_relay_link_foreign_total", "counter",
		"UDP datagrams for a member from an address outside its room, dropped.", status->link_foreign);
	metric(&text, "lanparty_relay_link_limited_total", "counter",
		"UDP datagrams of peer links over a member's limit, dropped.", status->link_limited);
	metric(&text, "lanparty_relay_retries_sent_total", "counter", "Retry packets sent under load.",
		status->retries_sent);
	metric(&text, "lanparty_relay_stateless_resets_sent_total", "counter", "Stateless resets sent.",
		status->resets_sent);
	metric(&text, "lanparty_relay_connections_refused_total", "counter", "Handshakes refused by a limit.",
		status->connections_refused);
	metric(&text, "lanparty_relay_tls_streams", "gauge", "TLS streams over TCP, handshakes included.",
		status->tls_streams);
	metric(&text, "lanparty_relay_tls_accepted_total", "counter", "TCP connections accepted.",
		status->tls_accepted);
	metric(&text, "lanparty_relay_tls_opened_total", "counter", "TLS streams that members opened.",
		status->tls_opened);
	metric(&text, "lanparty_relay_tls_refused_total", "counter", "TCP connections refused by a limit.",
		status->tls_refused);
	metric(&text, "lanparty_relay_tls_failed_total", "counter", "TLS handshakes that failed or timed out.",
		status->tls_failed);
	metric(&text, "lanparty_relay_tls_slow_total", "counter", "TLS streams closed because of a slow reader.",
		status->tls_slow);
	metric(&text, "lanparty_relay_tls_datagrams_dropped_total", "counter",
		"Datagrams dropped because their TLS stream was behind or had ended.", status->tls_datagrams_dropped);
	add_drops(&text, status->drops);
	add_more(&text, status);
	assert(!text.cut);
	return data;
}
