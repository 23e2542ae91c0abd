#include "ctrl/schema.h"

/* Offset and size of a member of struct lp_message. */
#define AT(member) offsetof(struct lp_message, member), sizeof(((struct lp_message *)0)->member)
#define LIST(array) array, sizeof array / sizeof array[0]

enum { REQUIRED = false, OPTIONAL = true };

/* Rows by kind; those without |optional_| are required. */
#define UINT(name_, optional_, member, min_, max_, text_) \
	{ \
		name_, LP_FIELD_UINT, optional_, AT(member), .min = min_, .max = max_, .text = text_ \
	}
#define COUNTER(name_, optional_, member, text_) UINT(name_, optional_, member, 0, INT64_MAX, text_)
#define BOOL(name_, optional_, member, text_) \
	{ \
		name_, LP_FIELD_BOOL, optional_, AT(member), .text = text_ \
	}
#define TEXT(name_, optional_, member, max_, text_) \
	{ \
		name_, LP_FIELD_TEXT, optional_, AT(member), .max = max_, .text = text_ \
	}
#define ROOM(name_, member, text_) \
	{ \
		name_, LP_FIELD_ROOM, false, AT(member), .max = LP_ROOM_CODE_MAX, .text = text_ \
	}
#define HEX(name_, optional_, member, max_, text_) \
	{ \
		name_, LP_FIELD_HEX, optional_, AT(member), .max = max_, .text = text_ \
	}
#define MAC(name_, optional_, member, text_) \
	{ \
		name_, LP_FIELD_MAC, optional_, AT(member), .text = text_ \
	}
#define WORD(name_, member, words_, text_) \
	{ \
		name_, LP_FIELD_WORD, false, AT(member), .words = &(words_), .text = text_ \
	}

/* `version` is first: the rest is read only if the version is ours. */
static const struct lp_field hello[] = {
	UINT("version", REQUIRED, hello.version, 0, UINT32_MAX, "protocol version, 1"),
	WORD("role", hello.role, lp_role_words, "what the member is"),
	ROOM("room", hello.room, "room code; case does not matter"),
	MAC("mac", REQUIRED, hello.mac, "the client's MAC, or that of the gateway's interface"),
	UINT("datagram_budget", REQUIRED, hello.datagram_budget, 0, UINT32_MAX,
		"bytes of the largest DATAGRAM that the member can send now"),
	UINT("stations", OPTIONAL, hello.stations, 0, UINT32_MAX,
		"client: how many MACs it wants to send from, its own included; 0: 1"),
	TEXT("name", OPTIONAL, hello.name, LP_NAME_MAX, "the member's name, for people"),
	TEXT("software", REQUIRED, hello.software, LP_NAME_MAX, "program and version, for people"),
	HEX("resume", OPTIONAL, hello.resume, LP_RESUME_MAX,
		"token of an earlier `welcome`: the same member comes back"),
	UINT("invite", OPTIONAL, hello.ticket.invite, 0, UINT32_MAX, "id of the invite"),
	UINT("invite_expires", OPTIONAL, hello.ticket.expires_unix_s, 0, UINT32_MAX,
		"when the invite expires, seconds of Unix time; 0: never"),
	UINT("invite_uses", OPTIONAL, hello.ticket.uses, 0, UINT16_MAX,
		"how many members may join with the invite; 0: any number"),
	HEX("proof", OPTIONAL, hello.ticket.proof, LP_KEY_HEX, "64 digits: proves that the member has the invite"),
	HEX("new_room", OPTIONAL, hello.ticket.new_room, LP_ROOM_KEY_HEX,
		"gateway: 32 digits: create the room, with this admission key of its host; a secret"),
	BOOL("links", OPTIONAL, hello.links, "whether the member can have peer links"),
};

static const struct lp_field limits[] = {
	UINT("broadcast_pps", OPTIONAL, welcome.limits.broadcast_pps, 0, UINT32_MAX,
		"broadcast and multicast frames per second from this member; 0: no limit"),
	UINT("unknown_pps", OPTIONAL, welcome.limits.unknown_pps, 0, UINT32_MAX,
		"unknown unicast frames per second from this member; 0: no limit"),
	UINT("total_kbps", OPTIONAL, welcome.limits.total_kbps, 0, UINT32_MAX,
		"1000 bits per second from this member; 0: no limit"),
	UINT("stations", OPTIONAL, welcome.limits.stations, 0, UINT32_MAX,
		"MACs that this client may send from, its own included; 0: 1"),
	UINT("peers", OPTIONAL, welcome.limits.peers, 0, UINT32_MAX,
		"largest number of members in the room; 0: unknown"),
};

static const struct lp_field welcome[] = {
	UINT("peer_id", REQUIRED, welcome.peer_id, 1, UINT16_MAX, "the member's id in the room"),
	ROOM("room", welcome.room, "room code, upper case"),
	UINT("mtu", REQUIRED, welcome.mtu, 576, UINT16_MAX, "room MTU, IP bytes"),
	BOOL("gateway_present", REQUIRED, welcome.gateway_present, "whether a gateway is in the room"),
	UINT("unfragmented_mtu", OPTIONAL, welcome.unfragmented_mtu, 0, UINT16_MAX,
		"IP bytes that the relay now sends to this member without overlay fragments; 0: unknown"),
	UINT("stats_interval_s", OPTIONAL, welcome.stats_interval_s, 0, 86400,
		"seconds between two `stats`, in both directions; 0: none"),
	HEX("resume", OPTIONAL, welcome.resume, LP_RESUME_MAX,
		"token for `hello.resume` of a later connection; a secret"),
	{"limits", LP_FIELD_OBJECT, OPTIONAL, AT(welcome.limits), .fields = limits,
		.n_fields = sizeof limits / sizeof limits[0], .text = "what the relay allows"},
	HEX("probe", OPTIONAL, welcome.probe, LP_PROBE_HEX,
		"to a gateway, 16 digits: the room nonce of its loop probes, random for each room"),
	HEX("link", OPTIONAL, welcome.link, LP_LINK_PREFIX_HEX,
		"12 digits: how the connection IDs of the member's peer links begin; absent: it has none"),
	TEXT("seen", OPTIONAL, welcome.seen, LP_ADDR_TEXT_MAX - 1,
		"ADDRESS:PORT that the member's packets come from, if it has peer links"),
};

static const struct lp_field reject[] = {
	WORD("code", reject.code, lp_reject_words, "why the member is not admitted"),
	TEXT("message", REQUIRED, reject.message, LP_TEXT_MAX, "the same for people, with the figures"),
	TEXT("address", OPTIONAL, reject.address, LP_TEXT_MAX,
		"`redirect` only: HOST:PORT of the other relay; absent: the same one"),
	HEX("steer", OPTIONAL, reject.steer, 2,
		"`redirect` only: two digits, the first byte of the first destination connection ID for this room"),
	MAC("mac", OPTIONAL, reject.mac, "`gateway_exists` only: the MAC of that gateway"),
};

static const struct lp_field peer_joined[] = {
	UINT("peer_id", REQUIRED, peer.peer_id, 1, UINT16_MAX, "the peer's id in the room"),
	WORD("role", peer.role, lp_role_words, "what the peer is"),
	MAC("mac", REQUIRED, peer.mac, "as in its `hello`"),
	TEXT("name", OPTIONAL, peer.name, LP_NAME_MAX, "as in its `hello`"),
	HEX("key", OPTIONAL, peer.key, LP_KEY_HEX, "64 digits: SHA-256 of the peer's public key, if it showed one"),
	HEX("link", OPTIONAL, peer.link, LP_LINK_PREFIX_HEX,
		"12 digits: how the connection IDs of the peer's peer links begin; absent: it has none"),
};

static const struct lp_field peer_left[] = {
	UINT("peer_id", REQUIRED, peer.peer_id, 1, UINT16_MAX, "the peer's id in the room, no longer valid"),
	WORD("reason", peer.reason, lp_reason_words, "why it left"),
};

static const struct lp_field stats[] = {
	COUNTER("frames_in", REQUIRED, stats.counters.frames_in, "whole frames that the sender received"),
	COUNTER("frames_out", REQUIRED, stats.counters.frames_out, "whole frames that the sender sent"),
	COUNTER("bytes_in", REQUIRED, stats.counters.bytes_in, "bytes of the frames received"),
	COUNTER("bytes_out", REQUIRED, stats.counters.bytes_out, "bytes of the frames sent"),
	COUNTER("datagrams_in", REQUIRED, stats.counters.datagrams_in, "DATAGRAMs received"),
	COUNTER("datagrams_out", REQUIRED, stats.counters.datagrams_out, "DATAGRAMs sent"),
	{"drops", LP_FIELD_DROPS, OPTIONAL, AT(stats.counters.drops), .max = INT64_MAX,
		.text = "frames that the sender did not carry on, by reason"},
	COUNTER("rtt_us", OPTIONAL, stats.rtt_us, "smoothed round trip to the receiver, microseconds; 0: unknown"),
	COUNTER("packets_lost", OPTIONAL, stats.packets_lost, "QUIC packets of the sender's that were declared lost"),
	BOOL("gateway_present", OPTIONAL, stats.gateway_present, "relay only: whether a gateway is in the room"),
	COUNTER("gateway_rtt_us", OPTIONAL, stats.gateway_rtt_us,
		"relay only: smoothed round trip between relay and gateway, microseconds; 0: unknown"),
	{"peer_rtts", LP_FIELD_PEER_VALUES, OPTIONAL, AT(stats.peer_rtts),
		.text = "relay only: smoothed round trips between relay and up to 64 other members, by peer id, microseconds"},
	UINT("unfragmented_mtu", OPTIONAL, stats.unfragmented_mtu, 0, UINT16_MAX, "relay only: as in `welcome`, now"),
	COUNTER("link_bytes_in", OPTIONAL, stats.link_bytes_in,
		"relay only: UDP payload of peer links received from the member and passed on unopened, bytes"),
	COUNTER("link_bytes_out", OPTIONAL, stats.link_bytes_out,
		"relay only: the same of other members, passed on to this member"),
	BOOL("lan_deaf", OPTIONAL, stats.lan_deaf,
		"from a gateway: its interface drops frames for MACs other than its own; from the relay: so its gateway says"),
	BOOL("lan_down", OPTIONAL, stats.lan_down,
		"from a gateway: its interface carries no frames; from the relay: so its gateway says"),
	{"lan_sent_for", LP_FIELD_PEER_VALUES, OPTIONAL, AT(stats.lan_sent_for),
		.text = "from a gateway: object of peer ids to the number of broadcasts of that peer that it sent to its LAN"},
	COUNTER("lan_sent", OPTIONAL, stats.lan_sent,
		"relay only: the receiver's number in its gateway's `lan_sent_for`; 0: none, or unknown"),
	TEXT("seen", OPTIONAL, stats.seen, LP_ADDR_TEXT_MAX - 1,
		"relay only: ADDRESS:PORT that the member's packets come from now"),
};

static const struct lp_field disconnect[] = {
	WORD("code", disconnect.reason, lp_reason_words, "why the connection ends"),
	TEXT("message", REQUIRED, disconnect.message, LP_TEXT_MAX, "the same for people"),
};

static const struct lp_field host_request[] = {
	UINT("request", REQUIRED, host_request.request, 0, UINT32_MAX, "a number that the reply repeats"),
	WORD("action", host_request.action, lp_host_action_words, "what to do"),
	UINT("peer_id", OPTIONAL, host_request.peer_id, 0, UINT16_MAX,
		"`kick`, `ban`, `proxy`, `no-proxy`: the member"),
	UINT("invite", OPTIONAL, host_request.invite, 0, UINT32_MAX, "`revoke`: id of the invite"),
	TEXT("target", OPTIONAL, host_request.target, LP_KEY_HEX,
		"`unban`: the member's name, or at least 8 digits of its key"),
};

static const struct lp_field host_reply[] = {
	UINT("request", REQUIRED, host_reply.request, 0, UINT32_MAX, "the number of the request"),
	BOOL("done", REQUIRED, host_reply.done, "whether it was carried out"),
	TEXT("message", REQUIRED, host_reply.message, LP_TEXT_MAX, "for people: what was done, or why not"),
};

static const struct lp_field link_proof[] = {
	HEX("proof", REQUIRED, link_proof.proof, LP_KEY_HEX,
		"64 digits: proves that the sender has the room's peer secret"),
	TEXT("direct", OPTIONAL, link_proof.direct, 15,
		"gateway only: with whom members of the room may have direct routes: `all`, `gateway`, `off`; absent: `all`"),
};

static const struct lp_field link_offer[] = {
	TEXT("addresses", REQUIRED, link_offer.addresses, LP_TEXT_MAX,
		"ADDRESS:PORT at which the sender may be reached, separated by spaces, best first; may be empty"),
};

static const struct {
	const char *wire;
	const struct lp_field *fields;
	size_t n_fields;
} messages[] = {
	[LP_MESSAGE_HELLO] = {"hello", LIST(hello)},
	[LP_MESSAGE_WELCOME] = {"welcome", LIST(welcome)},
	[LP_MESSAGE_REJECT] = {"reject", LIST(reject)},
	[LP_MESSAGE_PEER_JOINED] = {"peer_joined", LIST(peer_joined)},
	[LP_MESSAGE_PEER_LEFT] = {"peer_left", LIST(peer_left)},
	[LP_MESSAGE_STATS] = {"stats", LIST(stats)},
	[LP_MESSAGE_DISCONNECT] = {"disconnect", LIST(disconnect)},
	[LP_MESSAGE_HOST_REQUEST] = {"host_request", LIST(host_request)},
	[LP_MESSAGE_HOST_REPLY] = {"host_reply", LIST(host_reply)},
	[LP_MESSAGE_LINK_PROOF] = {"link_proof", LIST(link_proof)},
	[LP_MESSAGE_LINK_OFFER] = {"link_offer", LIST(link_offer)},
};

const struct lp_field *lp_schema_fields(enum lp_message_type type, size_t *ret_n_fields)
{
	if ((unsigned)type >= LP_MESSAGE_UNKNOWN)
		return NULL;
	*ret_n_fields = messages[type].n_fields;
	return messages[type].fields;
}

const char *lp_message_wire(enum lp_message_type type)
{
	return (unsigned)type < LP_MESSAGE_UNKNOWN ? messages[type].wire : "unknown";
}
