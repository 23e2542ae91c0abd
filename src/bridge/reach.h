/* Finds out whether the gateway's interface receives the LAN's frames for remote members.

   A macvlan, most virtual machines' adapters and Wi-Fi pass broadcasts, but drop unicast frames for MACs other than
   their own: the status is fine at both ends, and no reply reaches a player. So the gateway sends a station of the LAN
   two ARP requests (RFC 5227 §2.1.1), from its own MAC and from an unused one. If the station replies to the first
   alone, several times, the interface drops the other replies. A frame for a remote member, or a reply to the second,
   proves that it does not. The stations are taken from ARP messages of the LAN and of remote members. */
#ifndef LP_BRIDGE_REACH_H
#define LP_BRIDGE_REACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mac.h"
#include "base/units.h"
#include "proto/ether.h"

/* Addresses that requests rotate over. */
#define LP_REACH_STATIONS 4U
/* The interval of questions: while nothing is known, and later. */
#define LP_REACH_ASK_NS (2 * LP_SEC)
#define LP_REACH_ASK_AGAIN_NS (30 * LP_SEC)
/* Replies to our own MAC without one to the other, after which the interface is said to drop them. */
#define LP_REACH_REPLIES 4U

enum lp_reach_state {
	LP_REACH_UNKNOWN,
	LP_REACH_OPEN,
	LP_REACH_DEAF,
};

struct lp_reach {
	enum lp_reach_state state;
	struct lp_mac own, foreign;             /* sources of the questions */
	uint8_t stations[LP_REACH_STATIONS][4]; /* IPv4 addresses */
	unsigned n_stations, next_station;      /* |next_station| counts on */
	unsigned n_replies;                     /* to |own| since the last one to |foreign| */
	uint64_t due_ns;                        /* of the next question */
	bool second;                            /* it is the second of the two */
};

/* |foreign|: a MAC that no station has. */
void lp_reach_init(struct lp_reach *reach, const struct lp_mac *own, const struct lp_mac *foreign, uint64_t now_ns);
/* A frame from the wire. |to_member|: its destination is the MAC of a remote member. */
void lp_reach_from_lan(
	struct lp_reach *reach, const uint8_t *frame, size_t len, const struct lp_ether *ether, bool to_member);
/* A frame from a remote member. */
void lp_reach_from_tunnel(struct lp_reach *reach, const uint8_t *frame, size_t len, const struct lp_ether *ether);
/* When lp_reach_next() is due; LP_NEVER: nothing to ask. */
uint64_t lp_reach_deadline(const struct lp_reach *reach);
/* Writes the next question to the LAN. False if none is due. */
bool lp_reach_next(struct lp_reach *reach, uint64_t now_ns, uint8_t frame[LP_ETHER_FRAME_MIN]);

#endif
