#include <winsock2.h>

#include "platform/net/resolve.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "platform/net/resolve_job.h"
#include "platform/windows/loop/wait.h"
#include "platform/windows/net/sockaddr.h"
#include "platform/windows/system/os_error.h"
#include "platform/windows/system/wide.h"

/* A lookup, and the event that wakes the loop when it is complete. */
struct job {
	struct lp_resolve_job lookup;
	HANDLE done;
};

struct lp_resolve {
	struct job *job;
	lp_resolve_fn done;
	void *ctx;
	struct lp_wait wait;
};

static void job_release(struct job *job)
{
	if (!lp_resolve_job_release(&job->lookup))
		return;
	CloseHandle(job->done);
	free(job);
}

/* Completes the lookup and wakes the loop. */
static void job_complete(struct job *job, const char *error)
{
	lp_resolve_job_complete(&job->lookup, error);
	SetEvent(job->done);
}

/* Resolves the host and completes the lookup. */
static void job_run(struct job *job)
{
	wchar_t host[LP_RESOLVE_HOST_MAX];
	int result = lp_wide(job->lookup.host, host, LP_RESOLVE_HOST_MAX);
	if (result < 0) {
		job_complete(job, lp_error_text(result));
		return;
	}
	ADDRINFOW hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM};
	ADDRINFOW *list = NULL;
	int error = GetAddrInfoW(host, NULL, &hints, &list);
	for (const ADDRINFOW *entry = error ? NULL : list; entry; entry = entry->ai_next) {
		union lp_sockaddr sa;
		if (entry->ai_addrlen > sizeof sa)
			continue;
		memcpy(&sa, entry->ai_addr, entry->ai_addrlen);
		struct lp_addr addr;
		lp_sockaddr_get(&sa, &addr);
		lp_resolve_job_add(&job->lookup, &addr);
	}
	if (list)
		FreeAddrInfoW(list);
	char text[LP_OS_ERROR_TEXT_MAX];
	if (error == WSAHOST_NOT_FOUND)
		job_complete(job, "no such host");
	else
		job_complete(job, error ? lp_os_error_text((DWORD)error, text) : NULL);
}

static DWORD WINAPI job_thread(void *arg)
{
	job_run(arg);
	job_release(arg);
	return 0;
}

/* Starts the thread, the second owner of the job; without one the lookup fails. */
static void start_thread(struct job *job)
{
	atomic_store(&job->lookup.owners, 2);
	HANDLE thread = CreateThread(NULL, 0, job_thread, job, 0, NULL);
	if (thread) {
		CloseHandle(thread);
		return;
	}
	job_complete(job, lp_error_text(LP_ENOMEM));
	job_release(job);
}

static void on_done(void *ctx)
{
	struct lp_resolve *resolve = ctx;
	const struct lp_resolve_job *lookup = &resolve->job->lookup;
	lp_wait_remove(&resolve->wait);
	resolve->done(resolve->ctx, lookup->addrs, lookup->n_addrs, lookup->reason);
}

/* Creates a job with one owner. */
static int job_new(const char *host, uint16_t port, struct job **ret_job)
{
	struct job *job = malloc(sizeof *job);
	if (!job)
		return LP_ENOMEM;
	int result = lp_resolve_job_init(&job->lookup, host, port);
	if (result == 0 && !(job->done = CreateEventW(NULL, TRUE, FALSE, NULL)))
		result = LP_ENOMEM;
	if (result < 0) {
		free(job);
		return result;
	}
	*ret_job = job;
	return 0;
}

int lp_resolve_start(struct lp_loop *loop, const char *host, uint16_t port, lp_resolve_fn done, void *ctx,
	struct lp_resolve **ret_resolve)
{
	struct lp_resolve *resolve = malloc(sizeof *resolve);
	if (!resolve)
		return LP_ENOMEM;
	struct job *job;
	int result = job_new(host, port, &job);
	if (result < 0) {
		free(resolve);
		return result;
	}
	*resolve = (struct lp_resolve){.job = job, .done = done, .ctx = ctx};
	result = lp_wait_add(&resolve->wait, loop, job->done, on_done, resolve);
	if (result < 0) {
		job_release(job);
		free(resolve);
		return result;
	}
	start_thread(job);
	*ret_resolve = resolve;
	return 0;
}

void lp_resolve_free(struct lp_resolve *resolve)
{
	if (!resolve)
		return;
	lp_wait_remove(&resolve->wait);
	job_release(resolve->job);
	free(resolve);
}
