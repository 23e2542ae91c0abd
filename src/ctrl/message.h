/* Control messages: what a member and the relay send each other on the control stream of their connection.

   A message is a struct here, a JSON object on the wire, and a u32 length in front of it (ctrl/stream.h). The two forms
   are connected by a table with one row per JSON field (ctrl/schema.h): name, kind, range, offset in the struct, and a
   text. Decoder, encoder and the tables of docs/protocol.md are made from the rows; other modules use the same rows for
   their own JSON (lp_fields_read(), lp_fields_write()).

   The decoder is strict about what it understands and tolerant about the rest. A field with a wrong type or out of
   range, a duplicate key, invalid UTF-8 or deep nesting is an error. Unknown fields are ignored, an unknown word
   becomes the enum's last value (…_OTHER), an unknown message type LP_MESSAGE_UNKNOWN: a later version may send them.

   Invariants: the decoder checks syntax only; whether a room code or a MAC is acceptable is decided by the receiver
   (room/), with a `reject`. What the encoder writes, the decoder accepts. A decoded text ends in NUL within its array
   and may contain control characters: escape it before it is shown.

   The module keeps no state except the bytes of an incomplete message, and knows no connections. */
#ifndef LP_CTRL_MESSAGE_H
#define LP_CTRL_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/link_prefix.h"
#include "base/mac.h"
#include "obs/counters.h"

struct lp_failure;

#define LP_PROTOCOL_VERSION 1
#define LP_ROOM_CODE_MIN 3
#define LP_ROOM_CODE_MAX 32
#define LP_NAME_MAX 63   /* bytes of UTF-8, of names and software */
#define LP_TEXT_MAX 255  /* bytes of UTF-8, of texts for people */
#define LP_PROBE_BYTES 8 /* of the nonce of loop probes */
#define LP_PROBE_HEX (2 * LP_PROBE_BYTES)
#define LP_RESUME_MAX 64     /* hex digits of a resume token */
#define LP_ROOM_KEY_HEX 32   /* hex digits of a room's admission key */
#define LP_KEY_HEX 64        /* hex digits of a member's key, and of a proof */
#define LP_JSON_DEPTH_MAX 16 /* nested objects and arrays, including the message */

/* X(name, wire text) */
#define LP_ROLES(X) \
	X(CLIENT, "client") \
	X(GATEWAY, "gateway")

enum lp_role {
#define X(name, wire) LP_ROLE_##name,
	LP_ROLES(X)
#undef X
		LP_ROLE_OTHER, /* of a later version: decoded, but never admitted */
};

enum lp_message_type {
	LP_MESSAGE_HELLO,
	LP_MESSAGE_WELCOME,
	LP_MESSAGE_REJECT,
	LP_MESSAGE_PEER_JOINED,
	LP_MESSAGE_PEER_LEFT,
	LP_MESSAGE_STATS,
	LP_MESSAGE_DISCONNECT,
	LP_MESSAGE_HOST_REQUEST,
	LP_MESSAGE_HOST_REPLY,
	LP_MESSAGE_LINK_PROOF, /* these two are exchanged by members, on their peer link */
	LP_MESSAGE_LINK_OFFER,
	LP_MESSAGE_UNKNOWN, /* of a later version: ignored */
};

/* X(name, wire text, text for people, whether the member may retry) */
#define LP_REJECTS(X) \
	X(BAD_VERSION, "bad_version", "the relay speaks another protocol version", false) \
	X(BAD_ROOM, "bad_room", "the room code is not valid", false) \
	X(BAD_ROLE, "bad_role", "the relay does not know this role", false) \
	X(BAD_MAC, "bad_mac", "the MAC address is not valid for a client", false) \
	X(DUPLICATE_MAC, "duplicate_mac", "this MAC address is in the room already", true) \
	X(GATEWAY_EXISTS, "gateway_exists", "the room has a gateway already", true) \
	X(ROOM_FULL, "room_full", "the room is full, or too many joined it at once", true) \
	X(RELAY_FULL, "relay_full", "the relay is full", true) \
	X(MTU_TOO_SMALL, "mtu_too_small", "the path to the relay carries too small packets", true) \
	X(UNAUTHORIZED, "unauthorized", "the relay does not admit this member", false) \
	X(REDIRECT, "redirect", "the room is served elsewhere", false)

enum lp_reject_code {
#define X(name, wire, text, retry) LP_REJECT_##name,
	LP_REJECTS(X)
#undef X
		LP_REJECT_OTHER, /* a code of a later version */
};

/* X(name, wire text). Why a member left, or why a connection was closed. */
#define LP_REASONS(X) \
	X(GOODBYE, "goodbye") \
	X(TIMEOUT, "timeout") \
	X(MALFORMED, "malformed") \
	X(PROTOCOL, "protocol_error") \
	X(REPLACED, "replaced") \
	X(SHUTDOWN, "shutdown") \
	X(RESTARTING, "restarting") \
	X(CONNECTION, "connection_lost") \
	X(KICKED, "kicked") \
	X(BANNED, "banned") \
	X(DUPLICATE_MAC, "duplicate_mac")

enum lp_reason {
#define X(name, wire) LP_REASON_##name,
	LP_REASONS(X)
#undef X
		LP_REASON_OTHER,
};

/* What admits a member to a room with keys: an invite, and the proof that the member has it (invite/keys.h). */
struct lp_ticket {
	uint32_t invite;            /* the invite's id */
	uint32_t expires_unix_s;    /* of the invite; 0: never */
	uint16_t uses;              /* of the invite; 0: any number */
	char proof[LP_KEY_HEX + 1]; /* hex; empty: no invite */
	char new_room[LP_ROOM_KEY_HEX +
		      1]; /* of a gateway that creates the room: its host's admission key, hex; a secret */
};

/* Of a hello with another version, only |version| is decoded; the rest is zero. */
struct lp_hello {
	uint32_t version;
	enum lp_role role;
	char room[LP_ROOM_CODE_MAX + 1]; /* upper case; empty if it was too long */
	struct lp_mac mac;               /* of the client, or of the gateway's interface */
	uint32_t datagram_budget;        /* the largest DATAGRAM on its path now, bytes */
	uint32_t stations;               /* client: MACs that it wants to send from; 0 counts as 1 */
	char name[LP_NAME_MAX + 1];      /* may be empty */
	char software[LP_NAME_MAX + 1];  /* "lanparty-client 0.1.0" */
	char resume[LP_RESUME_MAX + 1];  /* the token of an earlier `welcome`, or empty; a secret */
	struct lp_ticket ticket;         /* to a room with keys; all zero for a plain room */
	bool links;                      /* the member can have peer links */
};

struct lp_welcome {
	uint16_t peer_id;
	char room[LP_ROOM_CODE_MAX + 1];
	uint16_t mtu; /* effective room MTU, IP bytes */
	bool gateway_present;
	uint16_t unfragmented_mtu;      /* IP bytes that the relay can send to this member without overlay fragments;
					   0: unknown */
	uint32_t stats_interval_s;      /* interval of `stats` in both directions; 0: none */
	char resume[LP_RESUME_MAX + 1]; /* resume token, hex digits; a secret; may be empty */
	struct {
		uint32_t broadcast_pps, unknown_pps, total_kbps; /* 0: no limit */
		uint32_t peers;                                  /* maximum in the room; 0: unknown */
		uint32_t stations; /* MACs that this client may send from; 0 counts as 1 */
	} limits;
	char probe[LP_PROBE_HEX + 1];      /* for a gateway: the nonce of its loop probes, hex digits; empty: none */
	char link[LP_LINK_PREFIX_HEX + 1]; /* prefix of the connection IDs of peer links, hex digits; empty: none */
	char seen[LP_ADDR_TEXT_MAX];       /* with |link|: the address that the member comes from */
};

struct lp_reject {
	enum lp_reject_code code;
	char message[LP_TEXT_MAX + 1];
	char address[LP_TEXT_MAX + 1]; /* redirect only: another relay; empty: this one, with |steer| */
	char steer[3];                 /* redirect only: two hex digits, see lp_room_steer(); empty: none */
	struct lp_mac mac;             /* gateway_exists only: of that gateway; zero: unknown */
};

/* peer_joined (all fields but |reason|) and peer_left (|peer_id| and |reason|) */
struct lp_peer_event {
	uint16_t peer_id;
	enum lp_role role;
	struct lp_mac mac;
	char name[LP_NAME_MAX + 1];        /* may be empty; may contain control characters */
	char key[LP_KEY_HEX + 1];          /* hex SHA-256 of its public key; empty: it showed none */
	char link[LP_LINK_PREFIX_HEX + 1]; /* as in `welcome`, of the peer; empty: it has no peer links */
	enum lp_reason reason;
};

/* A number for each of several members: the round trip between the relay and it, or what |lan_sent_for| counts. */
#define LP_PEER_VALUES_MAX 64U
struct lp_peer_values {
	uint32_t n;
	struct {
		uint32_t peer_id, value;
	} at[LP_PEER_VALUES_MAX];
};

/* The index of a member's entry; |n| of the values: it has none. */
static inline uint32_t lp_peer_values_find(const struct lp_peer_values *values, uint32_t peer_id)
{
	uint32_t i = 0;
	while (i < values->n && values->at[i].peer_id != peer_id)
		i++;
	return i;
}

struct lp_stats_message {
	struct lp_link_counters counters; /* of the sender */
	uint64_t rtt_us;                  /* smoothed round trip from sender to receiver; 0: unknown */
	uint64_t packets_lost;            /* packets that the sender declared lost on this connection */
	bool gateway_present;             /* from the relay only */
	uint64_t gateway_rtt_us;          /* from the relay only: relay to gateway, 0: unknown */
	struct lp_peer_values peer_rtts;  /* from the relay only: relay to other members */
	uint16_t unfragmented_mtu;        /* from the relay only, as in welcome */
	uint64_t link_bytes_in,
		link_bytes_out; /* from the relay only: of peer links, passed on unopened; UDP payload */
	bool lan_deaf;          /* the gateway's interface drops frames for other MACs; from the same two */
	bool lan_down;          /* the gateway's interface carries no frames; from the gateway and from the relay */
	struct lp_peer_values lan_sent_for; /* from a gateway: broadcasts that it sent to its LAN, by the member they
					     came from */
	uint64_t lan_sent;           /* from the relay only: the receiver's own entry of these; 0: none, or unknown
				      */
	char seen[LP_ADDR_TEXT_MAX]; /* from the relay only: the address that the member comes from now */
};

struct lp_disconnect {
	enum lp_reason reason;
	char message[LP_TEXT_MAX + 1];
};

/* X(name, wire text): what the host of a room with keys may ask for. */
#define LP_HOST_ACTIONS(X) \
	X(KICK, "kick") \
	X(BAN, "ban") \
	X(UNBAN, "unban") \
	X(LOCK, "lock") \
	X(UNLOCK, "unlock") \
	X(REVOKE, "revoke") \
	X(PROXY, "proxy") \
	X(NO_PROXY, "no-proxy")

enum lp_host_action {
#define X(name, wire) LP_HOST_##name,
	LP_HOST_ACTIONS(X)
#undef X
		LP_HOST_OTHER,
};

struct lp_host_request {
	uint32_t request; /* number that the reply repeats */
	enum lp_host_action action;
	uint16_t peer_id;            /* kick, ban, proxy, no-proxy */
	uint32_t invite;             /* revoke: the invite's id */
	char target[LP_KEY_HEX + 1]; /* unban: the name, or the first digits of the key */
};

struct lp_host_reply {
	uint32_t request;
	bool done;
	char message[LP_TEXT_MAX + 1]; /* what was done, or why not */
};

struct lp_link_proof {
	char proof[LP_KEY_HEX + 1]; /* hex */
	char direct[16]; /* from the gateway: with whom members may have direct routes, as by --direct; empty: with all
			  */
};

/* Addresses at which a member may be reached without the relay. */
struct lp_link_offer {
	char addresses[LP_TEXT_MAX + 1]; /* "192.0.2.1:4711 [2001:db8::1]:4711", in order of preference; may be empty */
};

struct lp_message {
	enum lp_message_type type;
	union {
		struct lp_hello hello;
		struct lp_welcome welcome;
		struct lp_reject reject;
		struct lp_peer_event peer; /* peer_joined and peer_left */
		struct lp_stats_message stats;
		struct lp_disconnect disconnect;
		struct lp_host_request host_request;
		struct lp_host_reply host_reply;
		struct lp_link_proof link_proof;
		struct lp_link_offer link_offer;
	};
};

/* The largest message on the stream, without its length prefix (docs/protocol.md). */
#define LP_MESSAGE_MAX 16384U
/* The largest message that lp_message_encode() writes, with its length prefix. */
#define LP_MESSAGE_ENCODED_MAX 6144U

/* Decodes a message, |len| bytes of JSON. 0; LP_EMALFORMED with the reason, such as "hello: field 'mac': not a MAC
   address"; LP_ENOMEM. Absent fields, and the bytes after the end of a text, are zero. */
int lp_message_decode(const uint8_t *json, size_t len, struct lp_failure *failure, struct lp_message *ret_message);
/* Encodes a message with its length prefix. Counters above INT64_MAX are written as INT64_MAX, bytes of a text that are
   not UTF-8 as '?'. Returns the number of bytes; LP_ETOOBIG (never if |size| is LP_MESSAGE_ENCODED_MAX); or LP_EINVAL:
   LP_MESSAGE_UNKNOWN, or a number out of its field's range. */
int lp_message_encode(const struct lp_message *message, uint8_t *data, size_t size);

/* "hello"; "unknown" for LP_MESSAGE_UNKNOWN. */
const char *lp_message_wire(enum lp_message_type type);
/* The word on the wire, also for people: "client", "gateway", "other". */
const char *lp_role_text(enum lp_role role);
const char *lp_reject_wire(enum lp_reject_code code);
const char *lp_reject_text(enum lp_reject_code code);
bool lp_reject_may_retry(enum lp_reject_code code);
const char *lp_reason_wire(enum lp_reason reason);
const char *lp_host_action_wire(enum lp_host_action action);
/* True for 3 to 32 of A–Z 0–9 and '-', either case. */
bool lp_room_code_valid(const char *code);
/* Converts a room code to upper case, the form in which codes are compared. */
void lp_room_code_fold(char *code);
/* The byte that the first destination connection ID of a connection for this room (upper case) begins with, so that the
   members of a room meet at one worker of the relay (docs/protocol.md). */
uint8_t lp_room_steer(const char *code);

#endif
