#include <winsock2.h>

#include "platform/net/interface_name.h"

#include <ws2ipdef.h>

#include <iphlpapi.h>
#include <string.h>

#include "platform/windows/system/wide.h"

bool lp_interface_name(uint32_t index, char ret_name[LP_INTERFACE_NAME_MAX], bool *ret_tunnel)
{
	MIB_IF_ROW2 row = {.InterfaceIndex = index};
	if (GetIfEntry2(&row) != NO_ERROR)
		return false;
	*ret_tunnel = row.Type == IF_TYPE_PPP || row.Type == IF_TYPE_TUNNEL || row.Type == IF_TYPE_PROP_VIRTUAL;
	return lp_utf8(row.Alias, ret_name, LP_INTERFACE_NAME_MAX) == 0;
}
