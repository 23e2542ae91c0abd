#include "session/peers.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* Room for this many peers comes with the first. */
#define FIRST_SIZE 8U

void lp_peers_init(struct lp_peers *peers, size_t max)
{
	*peers = (struct lp_peers){.max = max};
}

void lp_peers_done(struct lp_peers *peers)
{
	free(peers->peer);
	lp_peers_init(peers, peers->max);
}

/* Where the peer of this id is, or would be. */
static size_t place_of(const struct lp_peers *peers, uint16_t peer_id)
{
	size_t low = 0, high = peers->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (peers->peer[middle].peer_id < peer_id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* True if the peer of this id is at this place. */
static bool is_at(const struct lp_peers *peers, size_t place, uint16_t peer_id)
{
	return place < peers->n && peers->peer[place].peer_id == peer_id;
}

const struct lp_peer_event *lp_peers_find(const struct lp_peers *peers, uint16_t peer_id)
{
	size_t place = place_of(peers, peer_id);
	return is_at(peers, place, peer_id) ? &peers->peer[place] : NULL;
}

/* Makes room for one more. */
static int grow(struct lp_peers *peers)
{
	if (peers->n == peers->max)
		return LP_EFULL;
	if (peers->n < peers->size)
		return 0;
	size_t size = peers->size ? peers->size * 2 : FIRST_SIZE;
	struct lp_peer_event *more = realloc(peers->peer, size * sizeof *more);
	if (!more)
		return LP_ENOMEM;
	peers->peer = more;
	peers->size = size;
	return 0;
}

int lp_peers_put(struct lp_peers *peers, const struct lp_peer_event *peer)
{
	size_t place = place_of(peers, peer->peer_id);
	if (is_at(peers, place, peer->peer_id)) {
		peers->peer[place] = *peer;
		return 0;
	}
	int result = grow(peers);
	if (result < 0)
		return result;
	memmove(&peers->peer[place + 1], &peers->peer[place], (peers->n - place) * sizeof *peers->peer);
	peers->peer[place] = *peer;
	peers->n++;
	return 1;
}

int lp_peers_take(struct lp_peers *peers, uint16_t peer_id, struct lp_peer_event *ret_peer)
{
	size_t place = place_of(peers, peer_id);
	if (!is_at(peers, place, peer_id))
		return LP_ENOTFOUND;
	*ret_peer = peers->peer[place];
	peers->n--;
	memmove(&peers->peer[place], &peers->peer[place + 1], (peers->n - place) * sizeof *peers->peer);
	return 0;
}
