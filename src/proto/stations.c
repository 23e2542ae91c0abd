#include "proto/stations.h"

#include "base/mac.h"

bool lp_stations_take(
	struct lp_stations *stations, unsigned max, uint64_t key, uint64_t now_ns, uint64_t *ret_forgotten)
{
	unsigned free_slot = LP_STATIONS_MAX;
	if (key == 0 || lp_mac_key_is_group(key))
		return false;
	for (unsigned i = 0; i + 1 < max && i + 1 < LP_STATIONS_MAX; i++) {
		if (stations->keys[i] == key) {
			stations->seen_ns[i] = now_ns;
			*ret_forgotten = 0;
			return true;
		}
		bool is_free = stations->keys[i] == 0 || now_ns - stations->seen_ns[i] >= LP_STATIONS_AGE_NS;
		if (is_free && (free_slot == LP_STATIONS_MAX || stations->keys[i] == 0))
			free_slot = i;
	}
	if (free_slot == LP_STATIONS_MAX)
		return false;
	*ret_forgotten = stations->keys[free_slot];
	stations->keys[free_slot] = key;
	stations->seen_ns[free_slot] = now_ns;
	return true;
}

void lp_stations_remove(struct lp_stations *stations, uint64_t key)
{
	for (unsigned i = 0; i + 1 < LP_STATIONS_MAX; i++) {
		if (stations->keys[i] == key)
			stations->keys[i] = 0;
	}
}
