/* Passes packets of peer links on between members, in place: what one receive run brought for a member leaves as one
   run. */
#ifndef LP_RELAY_TRANSIT_H
#define LP_RELAY_TRANSIT_H

#include <stddef.h>

struct lp_carrier;
struct lp_relay;
struct lp_udp_msg;

/* Whose members get peer links. */
enum lp_peer_links {
	LP_PEER_LINKS_OFF,
	LP_PEER_LINKS_AUTO, /* those of rooms with keys */
	LP_PEER_LINKS_ON,
};

/* Takes a batch that was received: passes on what belongs to peer links, and gives the rest to the endpoint. */
void lp_relay_receive(struct lp_relay *relay, struct lp_carrier *carrier, const struct lp_udp_msg *msgs, size_t n_msgs);

#endif
