#include "platform/net/resolve.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"
#include "platform/posix/loop/fd_watch.h"
#include "platform/posix/loop/loop_uv.h"
#include "platform/posix/net/sockaddr.h"

/* A thread of its own for each lookup, rather than libuv's pool, for two reasons: a lookup that waits for a dead
   name server does not hold up the end of the program, and no idle thread stays behind that has kept the
   privileges which the program has given up in the meantime. */

/* Addresses of one name that are looked at. */
#define ADDRS_MAX 16
#define HOST_MAX 256

/* What the thread works on. It belongs to the thread and the request together; the last one frees it. */
struct job {
	atomic_int owners;
	atomic_bool answered; /* what follows |port| is complete, and is the loop's from now on */
	int done_fd;          /* an eventfd: the answer is there */
	char host[HOST_MAX];
	uint16_t port;
	char reason[160]; /* why there are none */
	size_t n_addrs;
	struct lp_addr addrs[ADDRS_MAX];
};

struct lp_resolve {
	struct job *job;
	lp_resolve_fn done;
	void *ctx;
	struct lp_fd_watch watch;
};

/* Gives up one owner's share. */
static void job_release(struct job *job)
{
	if (atomic_fetch_sub(&job->owners, 1) != 1)
		return;
	close(job->done_fd);
	free(job);
}

/* Puts the system's answer into the job. */
static void job_answer(struct job *job, int error, const struct addrinfo *list)
{
	if (error) {
		snprintf(job->reason, sizeof job->reason, "%s",
			error == EAI_NONAME ? "no such host" : gai_strerror(error));
		return;
	}
	for (const struct addrinfo *ai = list; ai && job->n_addrs < ADDRS_MAX; ai = ai->ai_next) {
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

/* Looks the host up and tells the loop. */
static void job_run(struct job *job, int flags)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM, .ai_flags = flags};
	struct addrinfo *list = NULL;
	int error = getaddrinfo(job->host, NULL, &hints, &list);
	job_answer(job, error, list);
	if (list)
		freeaddrinfo(list);
	atomic_store(&job->answered, true);
	eventfd_write(job->done_fd, 1);
}

/* The thread of one lookup. */
static void *job_thread(void *arg)
{
	job_run(arg, 0);
	job_release(arg);
	return NULL;
}

/* Starts the thread, deaf to signals: those are the loop's. 0 or LP_ENOMEM. */
static int start_thread(struct job *job)
{
	sigset_t all;
	sigfillset(&all);
	sigset_t before;
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_t thread;
	int err = pthread_create(&thread, NULL, job_thread, job);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		return LP_ENOMEM;
	pthread_detach(thread);
	return 0;
}

/* The answer is there. */
static void on_done(void *ctx, bool broken)
{
	struct lp_resolve *resolve = ctx;
	struct job *job = resolve->job;
	(void)broken;
	if (!atomic_load(&job->answered))
		return;
	lp_fd_watch_stop(&resolve->watch);
	resolve->done(resolve->ctx, job->addrs, job->n_addrs, job->reason);
}

/* True if the host is an address already: no thread is needed. */
static bool is_numeric(const char *host)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST};
	struct addrinfo *list = NULL;
	int error = getaddrinfo(host, NULL, &hints, &list);
	if (list)
		freeaddrinfo(list);
	return error == 0;
}

int lp_resolve_start(struct lp_loop *loop, const char *host, uint16_t port, lp_resolve_fn done, void *ctx,
	struct lp_resolve **ret_resolve)
{
	int result = LP_ENOMEM;
	if (strlen(host) >= HOST_MAX)
		return LP_ETOOBIG;
	struct job *job;
	job = calloc(1, sizeof *job);
	struct lp_resolve *resolve;
	resolve = calloc(1, sizeof *resolve);
	if (!job || !resolve)
		goto fail;
	memcpy(job->host, host, strlen(host) + 1);
	job->port = port;
	job->done_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (job->done_fd < 0)
		goto fail;
	*resolve = (struct lp_resolve){.job = job, .done = done, .ctx = ctx};
	result = lp_fd_watch_init(&resolve->watch, lp_loop_uv(loop), job->done_fd, on_done, resolve);
	if (result < 0) {
		close(job->done_fd);
		goto fail;
	}
	atomic_store(&job->owners, 1);
	if (is_numeric(host)) {
		job_run(job, AI_NUMERICHOST);
	} else {
		atomic_store(&job->owners, 2);
		result = start_thread(job);
		if (result < 0) {
			snprintf(job->reason, sizeof job->reason, "%s", lp_error_text(result));
			atomic_store(&job->owners, 1);
			atomic_store(&job->answered, true);
			eventfd_write(job->done_fd, 1);
		}
	}
	lp_fd_watch_start(&resolve->watch);
	*ret_resolve = resolve;
	return 0;
fail:
	free(job);
	free(resolve);
	return result;
}

/* The loop has let go of the request. */
static void on_released(void *ctx)
{
	free(ctx);
}

void lp_resolve_free(struct lp_resolve *resolve)
{
	if (!resolve)
		return;
	lp_fd_watch_close(&resolve->watch, on_released);
	job_release(resolve->job);
}
