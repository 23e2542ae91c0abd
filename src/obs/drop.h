/* Drop reasons, one row each: why a frame was dropped. All programs use the same enum. */
#ifndef LP_OBS_DROP_H
#define LP_OBS_DROP_H

/* X(name, wire text, meaning) */
#define LP_DROPS(X) \
	X(NONE, "none", "not dropped") \
	X(MALFORMED_DATAGRAM, "malformed_datagram", "an overlay datagram that violates the protocol") \
	X(MALFORMED_FRAME, "malformed_frame", "too short, an impossible length or type field, too many tags") \
	X(OVERSIZE, "oversize", "longer than the room's MTU allows") \
	X(BAD_SOURCE, "bad_source", "a source MAC that is multicast, zero or equal to the destination") \
	X(SPOOFED_SOURCE, "spoofed_source", "a source MAC that belongs to another member") \
	X(SWITCH_CONTROL, "switch_control", "spanning tree, LLDP, pause and other frames between switches") \
	X(ROGUE_DHCP, "rogue_dhcp", "a DHCP server message from a member that is not the gateway") \
	X(ROGUE_RA, "rogue_ra", "a router advertisement or redirect from a member that is not the gateway") \
	X(HOST_CONFIG, "host_config", \
		"a DHCP reply or router advertisement for this computer that cannot be read to its end") \
	X(ROUTING, "routing", "a routing or router redundancy protocol from a client") \
	X(MULTICAST_QUERY, "multicast_query", "an IGMP or MLD query from a client") \
	X(ACCESS_CONTROL, "access_control", "802.1X or a PPPoE server's message from a client") \
	X(DHCP_SOURCE, "dhcp_source", "a DHCP request for another hardware address than the frame's source") \
	X(ADDRESS_THEFT, "address_theft", \
		"ARP or neighbour discovery from a client for an address that is not its own") \
	X(ISOLATED, "isolated", "a frame from one client to another in a room with isolation") \
	X(MAC_LIMIT, "mac_limit", \
		"a new MAC behind a client that has as many as it may have, or one that the relay has no memory to learn") \
	X(LIMIT_BROADCAST, "limit_broadcast", "over the limit for broadcast and multicast") \
	X(LIMIT_DHCP, "limit_dhcp", "over the limit for DHCP") \
	X(LIMIT_UNKNOWN, "limit_unknown", "over the limit for unknown unicast") \
	X(LIMIT_TOTAL, "limit_total", "over the member's total bandwidth") \
	X(LIMIT_OUTPUT, "limit_output", "over a limit on what the relay sends for a room, a source or all members") \
	X(UNKNOWN_UNICAST, "unknown_unicast", "a destination that no member of the room has") \
	X(QUEUE_FULL, "queue_full", "the egress queue is full") \
	X(QUEUE_AQM, "queue_aqm", "dropped by active queue management to keep latency low") \
	X(REASSEMBLY, "reassembly", "a fragment whose frame was not completed") \
	X(DEVICE, "device", "the operating system did not accept the frame") \
	X(OFFLOAD, "offload", "a super-frame or checksum with contradictory offload metadata") \
	X(MISROUTED, "misrouted", \
		"a frame on a peer link that is not for the receiver, or belongs to the relay: group frames, ARP, DHCP") \
	X(NOT_JOINED, "not_joined", "received before admission or after the end of a membership")

enum lp_drop {
#define X(name, wire, text) LP_DROP_##name,
	LP_DROPS(X)
#undef X
		LP_DROP_COUNT,
};

const char *lp_drop_wire(enum lp_drop drop);
const char *lp_drop_text(enum lp_drop drop);

#endif
