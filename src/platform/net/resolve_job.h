/* One name lookup, the same for every system.

   A lookup blocks, so it runs in a thread of its own rather than in a pool: a lookup that waits for a dead name server
   does not delay the end of the program, and no idle thread keeps privileges that the program has dropped. The thread
   and the loop's request own the job together; the second to release it frees it, so the request can be cancelled
   while the thread blocks. The thread writes the result, then signals the loop; the loop reads it only after that. */
#ifndef LP_PLATFORM_NET_RESOLVE_JOB_H
#define LP_PLATFORM_NET_RESOLVE_JOB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define LP_RESOLVE_HOST_MAX 256
/* Addresses of one name that are used. */
#define LP_RESOLVE_ADDRS_MAX 16

struct lp_resolve_job {
	atomic_int owners; /* 1 or 2 */
	char host[LP_RESOLVE_HOST_MAX];
	uint16_t port;
	atomic_bool complete; /* the result below is final, and only the loop reads it */
	char reason[256];     /* why there are no addresses */
	size_t n_addrs;
	struct lp_addr addrs[LP_RESOLVE_ADDRS_MAX];
};

/* Initialises a job with one owner. 0; LP_ETOOBIG: the name is too long. */
int lp_resolve_job_init(struct lp_resolve_job *job, const char *host, uint16_t port);
/* Adds an address to the result, with the job's port. Ignores family 0. */
void lp_resolve_job_add(struct lp_resolve_job *job, const struct lp_addr *addr);
/* Completes the result. |error| says why the lookup failed; NULL: it did not. */
void lp_resolve_job_complete(struct lp_resolve_job *job, const char *error);
/* Gives up one owner's share. True for the last: that one frees the job. */
bool lp_resolve_job_release(struct lp_resolve_job *job);

#endif
