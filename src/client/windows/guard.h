/* The guard of a client on Windows: the journal of changes to the computer (changes.h) and the route guard on top of it
   (route_guard.h), behind the interface of client/client.h. */
#ifndef LP_CLIENT_WINDOWS_GUARD_H
#define LP_CLIENT_WINDOWS_GUARD_H

#include "client/client.h"

extern const struct lp_client_guard_ops lp_windows_guard_ops;

#endif
