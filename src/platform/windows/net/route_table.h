/* The system's table of routes, read by ourselves: for what it would do if a route or an interface were not there. */
#ifndef LP_PLATFORM_WINDOWS_NET_ROUTE_TABLE_H
#define LP_PLATFORM_WINDOWS_NET_ROUTE_TABLE_H

#include "platform/windows/net/ip_helper.h"

struct lp_addr;
struct lp_route;
struct lp_route_query;

/* The best route that the query leaves, and the source address that the system would choose for it. 0 or the error. */
DWORD lp_route_table_best(const struct lp_route_query *query, MIB_IPFORWARD_ROW2 *ret_row, SOCKADDR_INET *ret_source);
/* A row as a route, without a source address. */
void lp_route_of_row(const MIB_IPFORWARD_ROW2 *row, struct lp_route *ret_route);
/* An address as the routing calls take it. */
void lp_route_inet(const struct lp_addr *addr, SOCKADDR_INET *ret_inet);

#endif
