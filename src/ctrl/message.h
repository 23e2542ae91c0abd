/* The messages of the control stream: one struct for each, one table row for each JSON field. */
#ifndef LP_CTRL_MESSAGE_H
#define LP_CTRL_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mac.h"
#include "obs/counters.h"

struct lp_failure;

#define LP_PROTOCOL_VERSION 1
#define LP_ROOM_CODE_MIN 3
#define LP_ROOM_CODE_MAX 32
#define LP_NAME_MAX 63       /* bytes of UTF-8, of a member's name and its software */
#define LP_TEXT_MAX 255      /* bytes of UTF-8, of a message for people */
#define LP_RESUME_MAX 64     /* hex digits of a resume token */
#define LP_JSON_DEPTH_MAX 16 /* objects and arrays inside one another, the message itself counted */

/* X(name, wire text) */
#define LP_ROLES(X) \
	X(CLIENT, "client") \
	X(GATEWAY, "gateway")

enum lp_role {
#define X(name, wire) LP_ROLE_##name,
	LP_ROLES(X)
#undef X
		LP_ROLE_OTHER, /* a role of a later version: decoded, never admitted */
};

enum lp_message_type {
	LP_MESSAGE_HELLO,
	LP_MESSAGE_WELCOME,
	LP_MESSAGE_REJECT,
	LP_MESSAGE_PEER_JOINED,
	LP_MESSAGE_PEER_LEFT,
	LP_MESSAGE_STATS,
	LP_MESSAGE_DISCONNECT,
	LP_MESSAGE_UNKNOWN, /* a type of a later version: to be ignored */
};

/* X(name, wire text, text for people, the member may try again) */
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
	X(REDIRECT, "redirect", "the room lives on another relay", false)

enum lp_reject_code {
#define X(name, wire, text, retry) LP_REJECT_##name,
	LP_REJECTS(X)
#undef X
		LP_REJECT_OTHER, /* a code of a later version */
};

/* X(name, wire text): why a peer left, or why a connection ends. */
#define LP_REASONS(X) \
	X(GOODBYE, "goodbye") \
	X(TIMEOUT, "timeout") \
	X(MALFORMED, "malformed") \
	X(PROTOCOL, "protocol_error") \
	X(REPLACED, "replaced") \
	X(SHUTDOWN, "shutdown") \
	X(RESTARTING, "restarting") \
	X(CONNECTION, "connection_lost")

enum lp_reason {
#define X(name, wire) LP_REASON_##name,
	LP_REASONS(X)
#undef X
		LP_REASON_OTHER,
};

/* Syntax only: whether the room code, the MAC and the budget will do is for the relay to say, with a reject.
   A hello of another version is decoded as far as |version|, the rest stays zero. */
struct lp_hello {
	uint32_t version;
	enum lp_role role;
	char room[LP_ROOM_CODE_MAX + 1]; /* upper case; empty if it was too long to be a code */
	struct lp_mac mac;               /* the member's; a gateway's is its interface's */
	uint32_t datagram_budget;        /* bytes of the largest DATAGRAM that its path carries now */
	char name[LP_NAME_MAX + 1];      /* may be empty */
	char software[LP_NAME_MAX + 1];  /* "lanparty-client 0.1.0" */
	char resume[LP_RESUME_MAX + 1];  /* the token of an earlier welcome, or empty; a secret */
};

struct lp_welcome {
	uint16_t peer_id;
	char room[LP_ROOM_CODE_MAX + 1];
	uint16_t mtu; /* effective room MTU, IP bytes */
	bool gateway_present;
	uint16_t unfragmented_mtu;      /* IP bytes that the relay now sends to this member without overlay fragments;
					   0: unknown */
	uint32_t stats_interval_s;      /* between two `stats` of either side; 0: none */
	char resume[LP_RESUME_MAX + 1]; /* hex; proves later that the same member comes back; a secret; may be empty */
	struct {
		uint32_t broadcast_pps, unknown_pps, total_kbps; /* 0: no limit */
		uint32_t peers;                                  /* in the room; 0: not told */
	} limits;
};

struct lp_reject {
	enum lp_reject_code code;
	char message[LP_TEXT_MAX + 1];
	char address[LP_TEXT_MAX + 1]; /* redirect only */
	struct lp_mac mac;             /* gateway_exists only: of that gateway; zero: not told */
};

/* peer_joined (all but the reason), and peer_left (peer id and reason: who it was is for the receiver to remember) */
struct lp_peer_event {
	uint16_t peer_id;
	enum lp_role role;
	struct lp_mac mac;
	char name[LP_NAME_MAX + 1]; /* may be empty; not checked for controls: escape it before it is shown */
	enum lp_reason reason;
};

struct lp_stats_message {
	struct lp_link_counters counters; /* as the sender sees them */
	uint64_t rtt_us;                  /* sender's smoothed round trip to the receiver; 0: unknown */
	uint64_t packets_lost;            /* QUIC packets of the sender's that were declared lost, of this connection */
	bool gateway_present;             /* from the relay only */
	uint64_t gateway_rtt_us;          /* from the relay only: relay to gateway, 0: unknown */
	uint16_t unfragmented_mtu;        /* from the relay only, as in welcome */
	bool lan_down;                    /* a gateway's interface carries no frames: from it, and from the relay */
};

struct lp_disconnect {
	enum lp_reason reason;
	char message[LP_TEXT_MAX + 1];
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
	};
};

/* The largest message on the stream, without its length (docs/protocol.md). */
#define LP_MESSAGE_MAX 16384U
/* What any message of ours takes at most, with its length. */
#define LP_MESSAGE_ENCODED_MAX 4096U

/* Reads one message, |len| bytes of JSON. LP_EMALFORMED with the reason (not JSON, not UTF-8, a duplicate key, too
   deep, a field missing, of a wrong type or out of range), "hello: field 'mac': not a MAC address"; LP_ENOMEM.
   Unknown fields and drop reasons are ignored; an unknown type is LP_MESSAGE_UNKNOWN, an unknown word …_OTHER.
   What is absent, and every byte after a text's end, is zero. */
int lp_message_decode(const uint8_t *json, size_t len, struct lp_failure *failure, struct lp_message *ret_message);
/* Writes the length prefix and the JSON. Counters above INT64_MAX are written as INT64_MAX; bytes of a text that are
   not UTF-8 as '?'. Returns the number of bytes, LP_ETOOBIG (never with LP_MESSAGE_ENCODED_MAX bytes of room), or
   LP_EINVAL for what the other end would refuse: LP_MESSAGE_UNKNOWN, a number out of its field's range. */
int lp_message_encode(const struct lp_message *message, uint8_t *data, size_t size);

/* "hello"; "unknown" for LP_MESSAGE_UNKNOWN. */
const char *lp_message_wire(enum lp_message_type type);
/* On the wire and for people: "client", "gateway", "other". */
const char *lp_role_text(enum lp_role role);
const char *lp_reject_wire(enum lp_reject_code code);
const char *lp_reject_text(enum lp_reject_code code);
bool lp_reject_may_retry(enum lp_reject_code code);
const char *lp_reason_wire(enum lp_reason reason);
/* True for 3 to 32 of A–Z 0–9 and '-', either case. */
bool lp_room_code_valid(const char *code);
/* Makes a room code what it is compared as: upper case. */
void lp_room_code_fold(char *code);

#endif
