/* One member's connection at the relay: its control stream, its membership of a room, its link. */
#ifndef LP_RELAY_CONNECTION_H
#define LP_RELAY_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/ratelimit.h"
#include "ctrl/message.h"
#include "ctrl/stream.h"
#include "invite/keys.h"
#include "quic/endpoint.h"

struct lp_link;
struct lp_peer;
struct lp_relay;

/* Rate limit of a member's control stream, bytes per second and burst: parsing a byte of it costs a hundred times as
   much as forwarding one in a frame. A `stats` message every second takes less than half of the rate; the burst holds
   the longest message twice. */
#define LP_CONNECTION_CONTROL_PER_S 4096U
#define LP_CONNECTION_CONTROL_BURST 32776U

/* Fields that every frame uses come first: with many members, each cache line of them is a miss. */
struct lp_connection {
	struct lp_relay *relay;
	struct lp_quic_conn *quic;
	struct lp_link *link; /* NULL until admitted */
	struct lp_peer *peer; /* NULL before it is admitted and after it left */
	struct lp_node node;  /* in the relay's list */
	struct lp_ctrl_stream stream;
	struct lp_bucket control;            /* bytes received on the control stream */
	uint64_t hello_deadline_ns;          /* LP_NEVER once the hello was received */
	uint64_t stats_due_ns;               /* LP_NEVER until admitted */
	uint8_t key[LP_MEMBER_KEY_BYTES];    /* the SHA-256 of the member's public key */
	uint8_t exporter[LP_EXPORTER_BYTES]; /* keying material of this TLS session, for the proof in the hello */
	bool has_key, has_exporter;
	uint16_t sent_mtu;                  /* the last unfragmented_mtu sent to the member */
	enum lp_reason reason;              /* sent to the other members when it leaves */
	struct lp_peer_values lan_sent_for; /* a gateway: of its last stats */
	bool lan_deaf;                      /* a gateway: the same about frames for other MACs */
	bool lan_down;                      /* a gateway: its last stats reported an interface without link */
	bool ended;                         /* closed by the relay: what still arrives is ignored */
};

/* Creates a connection in |relay|'s list; to be called in the event `ready` of |quic|. NULL without memory. */
struct lp_connection *lp_connection_new(struct lp_relay *relay, struct lp_quic_conn *quic, uint64_t now_ns);
/* Removes the member from its room, if it is in one, and frees the connection. */
void lp_connection_free(struct lp_connection *connection);
/* Processes bytes of the control stream. Nothing is read after a message that ends the connection. */
void lp_connection_control(struct lp_connection *connection, const uint8_t *data, size_t len, uint64_t now_ns);
/* The UDP address from which packets of the member's peer links come; NULL: it has none, it uses another carrier. */
const struct lp_addr *lp_connection_link_address(const struct lp_connection *connection);
/* The room admitted the member as |peer|: sends `welcome`. */
void lp_connection_welcome(struct lp_connection *connection, const struct lp_peer *peer);
/* Processes one DATAGRAM. */
void lp_connection_datagram(struct lp_connection *connection, const uint8_t *data, size_t len, uint64_t now_ns);
/* Once per second: sends `stats` if they are due; closes a connection whose hello is overdue. */
void lp_connection_tick(struct lp_connection *connection, uint64_t now_ns);
/* Adds the link's drop counters to |drops|, LP_DROP_COUNT of them. */
void lp_connection_add_drops(const struct lp_connection *connection, uint64_t *drops);
/* Sends a message. Closes the connection if the member does not read its control stream. */
void lp_connection_send(struct lp_connection *connection, const struct lp_message *message);
/* Sends `disconnect` with |text| for people and closes. The other members get |reason|. Does nothing on a closed one.
 */
void lp_connection_end(
	struct lp_connection *connection, enum lp_quic_app_error code, enum lp_reason reason, const char *text);
/* The same for a member that is not wanted in its room any more, which it leaves now. */
void lp_connection_remove(struct lp_connection *connection, enum lp_reason reason, const char *text);

#endif
