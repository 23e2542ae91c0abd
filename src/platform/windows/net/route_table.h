/* The system's table of routes, read by ourselves: for what it would do if a route or an interface were not there. */
#ifndef LP_PLATFORM_WINDOWS_NET_ROUTE_TABLE_H
#define LP_PLATFORM_WINDOWS_NET_ROUTE_TABLE_H

#include "platform/windows/net/ip_helper.h"

struct lp_addr;
struct lp_route;
struct lp_route_query;

/* The best route that the query allows, and the source address that the system would choose for it. 0 or the error. */
DWORD lp_route_table_best(const struct lp_route_query *query, MIB_IPFORWARD_ROW2 *ret_row, SOCKADDR_INET *ret_source);
/* Converts a row; the route has no source address. */
void lp_route_of_row(const MIB_IPFORWARD_ROW2 *row, struct lp_route *ret_route);
/* Converts an address for the routing calls. */
void lp_route_inet(const struct lp_addr *addr, SOCKADDR_INET *ret_inet);

#endif
