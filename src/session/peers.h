/* The peers of a room by id: a sorted array with a maximum. */
#ifndef LP_SESSION_PEERS_H
#define LP_SESSION_PEERS_H

#include <stddef.h>
#include <stdint.h>

#include "ctrl/message.h"

struct lp_peers {
	struct lp_peer_event *peer; /* sorted by id */
	size_t n, size;             /* used; allocated */
	size_t max;
};

/* An empty list for at most |max| peers. */
void lp_peers_init(struct lp_peers *peers, size_t max);
/* Empties the list and frees its memory. */
void lp_peers_done(struct lp_peers *peers);
/* The peer of this id, or NULL. */
const struct lp_peer_event *lp_peers_find(const struct lp_peers *peers, uint16_t peer_id);
/* Adds or updates a peer. 1 if it was added, 0 if it was updated; LP_EFULL, LP_ENOMEM. */
int lp_peers_put(struct lp_peers *peers, const struct lp_peer_event *peer);
/* Removes a peer and returns its entry. 0, or LP_ENOTFOUND. */
int lp_peers_take(struct lp_peers *peers, uint16_t peer_id, struct lp_peer_event *ret_peer);

#endif
