#include "client/windows/lease.h"

#include "base/units.h"

/* A LAN that was away for longer may have given the address to another computer, or be another LAN. */
#define AWAY_NS (300 * LP_SEC)

bool lp_lease_follow(struct lp_lease *lease, bool lan, bool has_address, uint64_t now_ns)
{
	bool came = lease->known && lan && !lease->lan;
	bool ask_again = came && (!has_address || (lease->lan_lost_ns && now_ns - lease->lan_lost_ns >= AWAY_NS));
	if (lease->known && lease->lan && !lan)
		lease->lan_lost_ns = now_ns;
	lease->known = true;
	lease->lan = lan;
	return ask_again;
}
