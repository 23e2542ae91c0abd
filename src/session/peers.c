#include "session/peers.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* Entries allocated with the first peer. */
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

/* The index of the peer, or where it would be inserted. */
static size_t index_of(const struct lp_peers *peers, uint16_t peer_id)
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

/* True if the peer is at this index. */
static bool is_at(const struct lp_peers *peers, size_t index, uint16_t peer_id)
{
	return index < peers->n && peers->peer[index].peer_id == peer_id;
}

const struct lp_peer_event *lp_peers_find(const struct lp_peers *peers, uint16_t peer_id)
{
	size_t index = index_of(peers, peer_id);
	return is_at(peers, index, peer_id) ? &peers->peer[index] : NULL;
}

/* Makes space for one more. */
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
	size_t index = index_of(peers, peer->peer_id);
	if (is_at(peers, index, peer->peer_id)) {
		peers->peer[index] = *peer;
		return 0;
	}
	int result = grow(peers);
	if (result < 0)
		return result;
	memmove(&peers->peer[index + 1], &peers->peer[index], (peers->n - index) * sizeof *peers->peer);
	peers->peer[index] = *peer;
	peers->n++;
	return 1;
}

int lp_peers_take(struct lp_peers *peers, uint16_t peer_id, struct lp_peer_event *ret_peer)
{
	size_t index = index_of(peers, peer_id);
	if (!is_at(peers, index, peer_id))
		return LP_ENOTFOUND;
	*ret_peer = peers->peer[index];
	peers->n--;
	memmove(&peers->peer[index], &peers->peer[index + 1], (peers->n - index) * sizeof *peers->peer);
	return 0;
}
