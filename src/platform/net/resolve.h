/* Resolves host names without blocking the loop. */
#ifndef LP_PLATFORM_NET_RESOLVE_H
#define LP_PLATFORM_NET_RESOLVE_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct lp_loop;
struct lp_resolve;

/* |addrs| are in the system's order of preference and valid until the call returns. n_addrs 0: |reason| says why. */
typedef void (*lp_resolve_fn)(void *ctx, const struct lp_addr *addrs, size_t n_addrs, const char *reason);

/* Resolves |host|, a name or a numeric address, and calls |done| once, never from inside this call. 0, LP_ENOMEM,
   LP_ETOOBIG. */
int lp_resolve_start(struct lp_loop *loop, const char *host, uint16_t port, lp_resolve_fn done, void *ctx,
	struct lp_resolve **ret_resolve);
/* Cancels the request; |done| is not called any more. NULL is fine. */
void lp_resolve_free(struct lp_resolve *resolve);

#endif
