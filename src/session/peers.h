/* The peers that a session remembers: who they are, by id. */
#ifndef LP_SESSION_PEERS_H
#define LP_SESSION_PEERS_H

#include <stddef.h>
#include <stdint.h>

#include "ctrl/message.h"

struct lp_peers {
	struct lp_peer_event *peer; /* in the order of their ids */
	size_t n, size;             /* remembered; allocated */
	size_t max;
};

/* No peers, and never more than |max|. */
void lp_peers_init(struct lp_peers *peers, size_t max);
/* Forgets all and gives the memory back. */
void lp_peers_done(struct lp_peers *peers);
/* The peer of this id, or NULL. */
const struct lp_peer_event *lp_peers_find(const struct lp_peers *peers, uint16_t peer_id);
/* Remembers a peer, or what is new about it. 1 for a new one, 0 for a known one, LP_EFULL, LP_ENOMEM. */
int lp_peers_put(struct lp_peers *peers, const struct lp_peer_event *peer);
/* Forgets a peer. 0 and what was known of it, or LP_ENOTFOUND. */
int lp_peers_take(struct lp_peers *peers, uint16_t peer_id, struct lp_peer_event *ret_peer);

#endif
