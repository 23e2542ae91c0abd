/* What a relay shows its operator: a status document (JSON) with rooms' members and counters, the same as a table for
   a terminal, and counters for Prometheus.

   The document is a struct and rows of fields: the relay adds to the struct and writes it by the rows, the command
   `status` reads it by the same rows. */
#ifndef LP_RELAY_STATUS_H
#define LP_RELAY_STATUS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/addr.h"
#include "ctrl/message.h"
#include "ctrl/schema.h"
#include "obs/drop.h"
#include "obs/histogram.h"

struct lp_failure;
struct lp_relay;

/* One member. */
struct lp_relay_status_peer {
	uint16_t peer_id;
	char room[LP_ROOM_CODE_MAX + 1];
	enum lp_role role;
	char name[LP_NAME_MAX + 1];
	struct lp_mac mac;
	char address[LP_ADDR_TEXT_MAX];
	uint64_t rtt_us; /* relay to member, smoothed */
	uint64_t datagram_budget;
	uint64_t lost_packets;
	uint64_t frames_in, frames_out, bytes_in, bytes_out;
	uint64_t link_bytes_in, link_bytes_out; /* UDP payload of its peer links, passed on unopened */
	uint64_t drops[LP_DROP_COUNT];
	bool lan_down; /* a gateway: its interface carries no frames */
	bool over_tcp; /* its packets come in a TLS stream */
};

struct lp_relay_status {
	char version[32];
	uint64_t uptime_s;
	uint64_t rooms, connections;
	uint64_t handshakes, handshakes_failed;
	uint64_t cpu_us; /* processor time of the whole process */
	uint64_t joins, rejects, joins_limited, wrong_invites, guesses_slowed;
	uint64_t frames_in, frames_out, bytes_in;
	uint64_t udp_datagrams_in, udp_datagrams_out, udp_bytes_in, udp_bytes_out, udp_invalid_in;
	uint64_t link_datagrams, link_bytes, link_foreign, link_limited;
	uint64_t retries_sent, resets_sent, connections_refused;
	uint64_t tls_streams, tls_accepted, tls_opened, tls_refused, tls_failed, tls_slow, tls_datagrams_dropped;
	uint64_t udp_overflows;
	uint64_t certificate_expires; /* seconds of Unix time */
	uint64_t target_bytes;        /* for the metrics alone, as are the two below */
	struct lp_histogram rtt, join_time;
	uint64_t drops[LP_DROP_COUNT];
	struct lp_list peers; /* of struct lp_relay_status_peer */
};

extern const struct lp_field lp_relay_status_fields[];
extern const size_t lp_relay_status_fields_n;

/* Adds a relay's members and counters to |status|, which was zeroed before the first. LP_ENOMEM. */
int lp_relay_status_add(struct lp_relay *relay, struct lp_relay_status *status);
/* Frees the list of members. */
void lp_relay_status_done(struct lp_relay_status *status);
/* The status as one JSON object, malloc'd; NULL without memory. Room codes and members' names are in it: it is for the
   operator alone. */
char *lp_relay_status_json(const struct lp_relay_status *status);
/* Prints such an object as a table of at most 80 columns, unless an address is an IPv6 one. 0, or LP_EMALFORMED. */
int lp_relay_status_print(const char *json, size_t len, FILE *out, struct lp_failure *failure);
/* The counters as text for Prometheus (exposition format 0.0.4), malloc'd; NULL without memory. Neither room codes nor
   names are in it. */
char *lp_relay_metrics_text(const struct lp_relay_status *status);

#endif
