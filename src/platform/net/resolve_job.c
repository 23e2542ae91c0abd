#include "platform/net/resolve_job.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

int lp_resolve_job_init(struct lp_resolve_job *job, const char *host, uint16_t port)
{
	size_t len = strlen(host);
	if (len >= sizeof job->host)
		return LP_ETOOBIG;
	*job = (struct lp_resolve_job){.port = port};
	memcpy(job->host, host, len + 1);
	atomic_init(&job->owners, 1);
	return 0;
}

void lp_resolve_job_add(struct lp_resolve_job *job, const struct lp_addr *addr)
{
	if (!addr->family || job->n_addrs == LP_RESOLVE_ADDRS_MAX)
		return;
	job->addrs[job->n_addrs] = *addr;
	job->addrs[job->n_addrs++].port = job->port;
}

void lp_resolve_job_complete(struct lp_resolve_job *job, const char *error)
{
	if (!error && !job->n_addrs)
		error = "the name has no address";
	if (error)
		snprintf(job->reason, sizeof job->reason, "%s", error);
	atomic_store(&job->complete, true);
}

bool lp_resolve_job_release(struct lp_resolve_job *job)
{
	return atomic_fetch_sub(&job->owners, 1) == 1;
}
