#include <winsock2.h>

#include "platform/net/resolve.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "platform/windows/loop/wait.h"
#include "platform/windows/net/sockaddr.h"
#include "platform/windows/system/os_error.h"
#include "platform/windows/system/wide.h"

/* A thread of its own for each lookup: one that waits for a dead name server does not hold up the program's end. */

/* Addresses of one name that are looked at. */
#define ADDRS_MAX 16
#define HOST_MAX 256

/* What the thread works on. It belongs to the thread and the request together; the last one frees it. */
struct job {
	atomic_int owners;
	HANDLE done; /* an event: the answer is there */
	wchar_t host[HOST_MAX];
	uint16_t port;
	char reason[LP_OS_ERROR_TEXT_MAX]; /* why there are none */
	size_t n_addrs;
	struct lp_addr addrs[ADDRS_MAX];
};

struct lp_resolve {
	struct job *job;
	lp_resolve_fn done;
	void *ctx;
	struct lp_wait wait;
};

/* Gives up one owner's share. */
static void job_release(struct job *job)
{
	if (atomic_fetch_sub(&job->owners, 1) != 1)
		return;
	CloseHandle(job->done);
	free(job);
}

/* Puts the system's answer into the job. */
static void job_answer(struct job *job, int error, const ADDRINFOW *list)
{
	if (error == WSAHOST_NOT_FOUND) {
		snprintf(job->reason, sizeof job->reason, "no such host");
		return;
	}
	if (error) {
		lp_os_error_text((DWORD)error, job->reason);
		return;
	}
	for (const ADDRINFOW *ai = list; ai && job->n_addrs < ADDRS_MAX; ai = ai->ai_next) {
		struct lp_addr *addr = &job->addrs[job->n_addrs];
		union lp_sockaddr sa;
		if (ai->ai_addrlen > sizeof sa)
			continue;
		memcpy(&sa, ai->ai_addr, ai->ai_addrlen);
		lp_sockaddr_get(&sa, addr);
		addr->port = job->port;
		if (addr->family)
			job->n_addrs++;
	}
	if (!job->n_addrs)
		snprintf(job->reason, sizeof job->reason, "the name has no address");
}

/* The thread of one lookup. */
static DWORD WINAPI job_thread(void *arg)
{
	struct job *job = arg;
	ADDRINFOW hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM};
	ADDRINFOW *list = NULL;
	int error = GetAddrInfoW(job->host, NULL, &hints, &list);
	job_answer(job, error, list);
	if (list)
		FreeAddrInfoW(list);
	SetEvent(job->done);
	job_release(job);
	return 0;
}

/* Starts the thread; without one the job has its answer at once. */
static void start_thread(struct job *job)
{
	HANDLE thread = CreateThread(NULL, 0, job_thread, job, 0, NULL);
	if (thread) {
		CloseHandle(thread);
		return;
	}
	snprintf(job->reason, sizeof job->reason, "%s", lp_error_text(LP_ENOMEM));
	SetEvent(job->done);
	job_release(job);
}

/* The answer is there. */
static void on_done(void *ctx)
{
	struct lp_resolve *resolve = ctx;
	const struct job *job = resolve->job;
	lp_wait_remove(&resolve->wait);
	resolve->done(resolve->ctx, job->addrs, job->n_addrs, job->reason);
}

int lp_resolve_start(struct lp_loop *loop, const char *host, uint16_t port, lp_resolve_fn done, void *ctx,
	struct lp_resolve **ret_resolve)
{
	struct lp_resolve *resolve = calloc(1, sizeof *resolve);
	struct job *job = calloc(1, sizeof *job);
	int result = LP_ENOMEM;
	if (!job || !resolve)
		goto fail;
	result = lp_wide(host, job->host, HOST_MAX);
	if (result < 0)
		goto fail;
	result = LP_ENOMEM;
	job->port = port;
	job->done = CreateEventW(NULL, TRUE, FALSE, NULL);
	if (!job->done)
		goto fail;
	*resolve = (struct lp_resolve){.job = job, .done = done, .ctx = ctx};
	result = lp_wait_add(&resolve->wait, loop, job->done, on_done, resolve);
	if (result < 0)
		goto fail;
	atomic_store(&job->owners, 2);
	start_thread(job);
	*ret_resolve = resolve;
	return 0;
fail:
	if (job && job->done)
		CloseHandle(job->done);
	free(job);
	free(resolve);
	return result;
}

void lp_resolve_free(struct lp_resolve *resolve)
{
	if (!resolve)
		return;
	lp_wait_remove(&resolve->wait);
	job_release(resolve->job);
	free(resolve);
}
