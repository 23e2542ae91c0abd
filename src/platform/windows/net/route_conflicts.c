#include "platform/net/route_conflicts.h"

#include "platform/windows/net/interface.h"

void lp_route_conflicts(const char *name, struct lp_route_conflicts *ret_conflicts)
{
	/* The client tests where broadcasts go (client/windows/broadcast_test). */
	*ret_conflicts = (struct lp_route_conflicts){0};
	lp_interface_find_conflict(name, ret_conflicts->network, sizeof ret_conflicts->network);
}
