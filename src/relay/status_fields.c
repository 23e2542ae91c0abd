/* One row for each field of the status document. */
#include "relay/status.h"

#define AT(type, member) offsetof(struct type, member), sizeof(((struct type *)0)->member)
#define COUNTER(type, member, text_) \
	{ \
#member, LP_FIELD_UINT, false, AT(type, member), .max = INT64_MAX, .text = text_ \
	}
/* One that an older relay does not have. */
#define LATER(type, member, text_) \
	{ \
#member, LP_FIELD_UINT, true, AT(type, member), .max = INT64_MAX, .text = text_ \
	}
#define STRING(type, member, text_) \
	{ \
#member, LP_FIELD_TEXT, false, AT(type, member), .max = sizeof(((struct type *)0)->member) - 1, \
								 .text = text_ \
	}

static const struct lp_field peer_fields[] = {
	{"peer_id", LP_FIELD_UINT, false, AT(lp_relay_status_peer, peer_id), .max = UINT16_MAX,
		.text = "the member's number in its room"},
	STRING(lp_relay_status_peer, room, "room code"),
	{"role", LP_FIELD_WORD, false, AT(lp_relay_status_peer, role), .words = &lp_role_words, .text = "its role"},
	STRING(lp_relay_status_peer, name, "its name, may be empty"),
	{"mac", LP_FIELD_MAC, false, AT(lp_relay_status_peer, mac), .text = "its MAC address"},
	STRING(lp_relay_status_peer, address, "where its packets come from"),
	COUNTER(lp_relay_status_peer, rtt_us, "smoothed round trip, microseconds"),
	COUNTER(lp_relay_status_peer, datagram_budget, "bytes of the largest DATAGRAM that its path carries"),
	COUNTER(lp_relay_status_peer, lost_packets, "packets sent to it that were lost"),
	COUNTER(lp_relay_status_peer, frames_in, "frames received from it"),
	COUNTER(lp_relay_status_peer, frames_out, "frames sent to it"),
	COUNTER(lp_relay_status_peer, bytes_in, "bytes of those received"),
	COUNTER(lp_relay_status_peer, bytes_out, "bytes of those sent"),
	COUNTER(lp_relay_status_peer, link_bytes_in, "bytes of peer links received from it and passed on"),
	COUNTER(lp_relay_status_peer, link_bytes_out, "bytes of peer links passed on to it"),
	{"drops", LP_FIELD_DROPS, false, AT(lp_relay_status_peer, drops), .max = INT64_MAX,
		.text = "frames dropped, by reason"},
	{"lan_down", LP_FIELD_BOOL, true, AT(lp_relay_status_peer, lan_down),
		.text = "a gateway's interface has no link"},
	{"over_tcp", LP_FIELD_BOOL, true, AT(lp_relay_status_peer, over_tcp),
		.text = "its packets come by TLS over TCP, because its network blocks UDP"},
};

const struct lp_field lp_relay_status_fields[] = {
	STRING(lp_relay_status, version, "the relay's version"),
	COUNTER(lp_relay_status, uptime_s, "seconds since the start"),
	COUNTER(lp_relay_status, rooms, "rooms with at least one member"),
	COUNTER(lp_relay_status, connections, "QUIC connections, handshakes included"),
	COUNTER(lp_relay_status, handshakes, "completed handshakes"),
	LATER(lp_relay_status, handshakes_failed, "connections that ended before their handshake was complete"),
	LATER(lp_relay_status, cpu_us, "processor time that the relay has used, microseconds"),
	COUNTER(lp_relay_status, joins, "members admitted"),
	COUNTER(lp_relay_status, rejects, "members refused"),
	COUNTER(lp_relay_status, joins_limited, "members refused because too many joined their room"),
	COUNTER(lp_relay_status, wrong_invites, "members refused because their invite's proof was wrong or absent"),
	COUNTER(lp_relay_status, guesses_slowed,
		"members refused unread, because their address had sent too many wrong proofs"),
	COUNTER(lp_relay_status, frames_in, "frames received"),
	COUNTER(lp_relay_status, frames_out, "frames sent or queued, once per target"),
	COUNTER(lp_relay_status, bytes_in, "bytes of the frames received"),
	COUNTER(lp_relay_status, udp_datagrams_in, "UDP datagrams received"),
	COUNTER(lp_relay_status, udp_datagrams_out, "UDP datagrams sent"),
	COUNTER(lp_relay_status, udp_bytes_in, "bytes of UDP payload received"),
	COUNTER(lp_relay_status, udp_bytes_out, "bytes of UDP payload sent"),
	COUNTER(lp_relay_status, udp_invalid_in, "UDP datagrams that belong to no connection"),
	COUNTER(lp_relay_status, link_datagrams, "UDP datagrams of peer links passed on unopened"),
	COUNTER(lp_relay_status, link_bytes, "bytes of those"),
	COUNTER(lp_relay_status, link_foreign, "UDP datagrams for a member from an address outside its room, dropped"),
	COUNTER(lp_relay_status, link_limited, "UDP datagrams of peer links over a member's limit, dropped"),
	COUNTER(lp_relay_status, retries_sent, "Retry packets sent under load"),
	COUNTER(lp_relay_status, resets_sent, "stateless resets sent"),
	COUNTER(lp_relay_status, connections_refused, "handshakes refused by a limit"),
	LATER(lp_relay_status, tls_streams, "TLS streams over TCP, handshakes included"),
	LATER(lp_relay_status, tls_accepted, "TCP connections accepted"),
	LATER(lp_relay_status, tls_opened, "TLS streams that members opened"),
	LATER(lp_relay_status, tls_refused, "TCP connections refused by a limit"),
	LATER(lp_relay_status, tls_failed, "TLS handshakes that failed or timed out"),
	LATER(lp_relay_status, tls_slow, "TLS streams closed because of a slow reader"),
	LATER(lp_relay_status, tls_datagrams_dropped, "datagrams whose TLS stream was behind or had ended"),
	{"udp_overflows", LP_FIELD_UINT, true, AT(lp_relay_status, udp_overflows), .max = INT64_MAX,
		.text = "UDP datagrams that the system dropped because the relay was too slow"},
	{"certificate_expires", LP_FIELD_UINT, true, AT(lp_relay_status, certificate_expires), .max = INT64_MAX,
		.text = "when the certificate expires, seconds of Unix time"},
	{"drops", LP_FIELD_DROPS, false, AT(lp_relay_status, drops), .max = INT64_MAX,
		.text = "frames dropped, by reason"},
	{"peers", LP_FIELD_LIST, false, AT(lp_relay_status, peers), .fields = peer_fields,
		.n_fields = sizeof peer_fields / sizeof peer_fields[0],
		.item_size = sizeof(struct lp_relay_status_peer), .text = "the members of all rooms"},
};
const size_t lp_relay_status_fields_n = sizeof lp_relay_status_fields / sizeof lp_relay_status_fields[0];
