/* Why a frame was not carried on: one enum for every program, one row each. */
#ifndef LP_OBS_DROP_H
#define LP_OBS_DROP_H

/* X(name, wire text, what it means) */
#define LP_DROPS(X) \
	X(NONE, "none", "not dropped") \
	X(MALFORMED_DATAGRAM, "malformed_datagram", "an overlay datagram that breaks the protocol") \
	X(MALFORMED_FRAME, "malformed_frame", "too short, an impossible length or type field, too many tags") \
	X(OVERSIZE, "oversize", "longer than the room's MTU allows") \
	X(BAD_SOURCE, "bad_source", "a source MAC that is multicast, zero or equal to the destination") \
	X(SPOOFED_SOURCE, "spoofed_source", "a source MAC that belongs to somebody else") \
	X(SWITCH_CONTROL, "switch_control", "spanning tree, LLDP, pause and the like stay on their own switch") \
	X(ROGUE_DHCP, "rogue_dhcp", "a DHCP server's message from a member that is not the gateway") \
	X(ROGUE_RA, "rogue_ra", "a router advertisement or redirect from a member that is not the gateway") \
	X(ARP_SPOOF, "arp_spoof", "an ARP sender address that differs from the frame's source") \
	X(ISOLATED, "isolated", "clients may not talk to one another in this room") \
	X(MAC_LIMIT, "mac_limit", "the gateway brought more MACs than allowed") \
	X(LIMIT_BROADCAST, "limit_broadcast", "over the limit for broadcast and multicast") \
	X(LIMIT_UNKNOWN, "limit_unknown", "over the limit for unknown unicast") \
	X(LIMIT_TOTAL, "limit_total", "over the member's total bandwidth") \
	X(UNKNOWN_UNICAST, "unknown_unicast", "a destination that nobody in the room has") \
	X(QUEUE_FULL, "queue_full", "no room in the egress queue") \
	X(QUEUE_AQM, "queue_aqm", "dropped by the queue's management to keep latency low") \
	X(REASSEMBLY, "reassembly", "a fragment that did not become a frame") \
	X(DEVICE, "device", "the operating system did not take the frame") \
	X(OFFLOAD, "offload", "a super-frame or checksum that could not be put right") \
	X(NOT_JOINED, "not_joined", "arrived before admission or after the end")

enum lp_drop {
#define X(name, wire, text) LP_DROP_##name,
	LP_DROPS(X)
#undef X
		LP_DROP_COUNT,
};

const char *lp_drop_wire(enum lp_drop drop);
const char *lp_drop_text(enum lp_drop drop);

#endif
