/* Decides when Windows has to be made to ask the LAN's DHCP server again. Without an answer it takes an address of
   169.254.0.0/16 and asks again only every five minutes; taking the cable out and putting it back makes it ask now.
   Pure. */
#ifndef LP_CLIENT_WINDOWS_LEASE_H
#define LP_CLIENT_WINDOWS_LEASE_H

#include <stdbool.h>
#include <stdint.h>

struct lp_lease {
	bool known;           /* lp_lease_follow() was called */
	bool lan;             /* the LAN was reachable then */
	uint64_t lan_lost_ns; /* when it was last seen to become unreachable */
};

/* The TAP is connected and the LAN is (|lan|) or is not reachable; called at every change. |has_address|: the TAP has
   an address that a DHCP server or a person gave it. True if Windows has to ask again. */
bool lp_lease_follow(struct lp_lease *lease, bool lan, bool has_address, uint64_t now_ns);

#endif
