/* One member's connection at the relay: its control stream, its place in a room, its link. */
#ifndef LP_RELAY_CONNECTION_H
#define LP_RELAY_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/ratelimit.h"
#include "ctrl/message.h"
#include "ctrl/stream.h"
#include "quic/endpoint.h"

struct lp_link;
struct lp_peer;
struct lp_relay;

/* Rate limit of a member's control stream, bytes per second and burst: parsing a byte of it costs a hundred times as
   much as forwarding one in a frame. A `stats` message every second takes less than half of the rate; the burst holds
   the longest message twice. */
#define LP_CONNECTION_CONTROL_PER_S 4096U
#define LP_CONNECTION_CONTROL_BURST 32776U

/* What every frame touches comes first: with many members each line of it is a miss. */
struct lp_connection {
	struct lp_relay *relay;
	struct lp_quic_conn *quic;
	struct lp_link *link; /* NULL until admitted */
	struct lp_peer *peer; /* NULL until admitted, and after it left */
	struct lp_node node;  /* in the relay's list */
	struct lp_ctrl_stream stream;
	struct lp_bucket control;   /* bytes received on the control stream */
	uint64_t hello_deadline_ns; /* LP_NEVER once the hello came */
	uint64_t stats_due_ns;      /* LP_NEVER until admitted */
	uint16_t told_mtu;          /* the unfragmented_mtu that the member was told last */
	enum lp_reason reason;      /* that the others hear when it leaves */
	bool lan_down;              /* a gateway: its interface carries no frames, as it said last */
	bool ended;                 /* closed from this end: nothing that still comes in counts */
};

/* A new connection of |relay|, put into its list. NULL when there is no memory. */
struct lp_connection *lp_connection_new(struct lp_relay *relay, struct lp_quic_conn *quic, uint64_t now_ns);
/* Takes the member out of its room, if it is in one, and frees the connection. */
void lp_connection_free(struct lp_connection *connection);
/* Bytes of the control stream. The message that ends the connection is the last that is read. */
void lp_connection_control(struct lp_connection *connection, const uint8_t *data, size_t len, uint64_t now_ns);
/* Sends the `welcome` of |peer|, as which the room admitted the member. */
void lp_connection_welcome(struct lp_connection *connection, const struct lp_peer *peer);
/* One DATAGRAM. */
void lp_connection_datagram(struct lp_connection *connection, const uint8_t *data, size_t len, uint64_t now_ns);
/* Sends what is due by time: `stats`, or the end for a hello that did not come. */
void lp_connection_tick(struct lp_connection *connection, uint64_t now_ns);
/* Adds what the link has dropped to |drops|, LP_DROP_COUNT of them. */
void lp_connection_add_drops(const struct lp_connection *connection, uint64_t *drops);
/* Sends a message; a member that does not read its control stream is closed. */
void lp_connection_send(struct lp_connection *connection, const struct lp_message *message);
/* Sends `disconnect` and closes. The others hear |reason| when the member leaves. Harmless on one that was closed. */
void lp_connection_end(
	struct lp_connection *connection, enum lp_quic_app_error code, enum lp_reason reason, const char *text);

#endif
