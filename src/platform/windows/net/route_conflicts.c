#include "platform/net/route_conflicts.h"

#include "platform/device/adapter.h"
#include "platform/windows/device/adapter_registry.h"
#include "platform/windows/net/interface.h"

void lp_route_conflicts(const char *name, struct lp_route_conflicts *ret_conflicts)
{
	/* Where broadcasts go, the client tests by itself (client/windows/broadcast_test). */
	*ret_conflicts = (struct lp_route_conflicts){0};
	struct lp_adapter adapter;
	if (lp_adapter_find(name, NULL, &adapter) == 0)
		lp_interface_find_conflict(adapter.guid, ret_conflicts->network, sizeof ret_conflicts->network);
}
