#include "platform/net/resolve.h"

#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "platform/net/resolve_job.h"
#include "platform/posix/loop/fd_watch.h"
#include "platform/posix/loop/loop_uv.h"
#include "platform/posix/net/sockaddr.h"

/* A lookup, and the pipe that wakes the loop when it is complete. */
struct job {
	struct lp_resolve_job lookup;
	int read_fd, write_fd;
};

struct lp_resolve {
	struct job *job;
	lp_resolve_fn done;
	void *ctx;
	struct lp_fd_watch watch;
};

static void job_release(struct job *job)
{
	if (!lp_resolve_job_release(&job->lookup))
		return;
	close(job->read_fd);
	close(job->write_fd);
	free(job);
}

/* Completes the lookup and wakes the loop. */
static void job_complete(struct job *job, const char *error)
{
	lp_resolve_job_complete(&job->lookup, error);
	/* The pipe is empty. */
	(void)!write(job->write_fd, "", 1);
}

/* Resolves the host and completes the lookup. */
static void job_run(struct job *job, int flags)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM, .ai_flags = flags};
	struct addrinfo *list = NULL;
	int error = getaddrinfo(job->lookup.host, NULL, &hints, &list);
	for (const struct addrinfo *entry = error ? NULL : list; entry; entry = entry->ai_next) {
		union lp_sockaddr sa;
		if (entry->ai_addrlen > sizeof sa)
			continue;
		memcpy(&sa, entry->ai_addr, entry->ai_addrlen);
		struct lp_addr addr;
		lp_sockaddr_get(&sa, &addr);
		lp_resolve_job_add(&job->lookup, &addr);
	}
	if (list)
		freeaddrinfo(list);
	job_complete(job, error == EAI_NONAME ? "no such host" : error ? gai_strerror(error) : NULL);
}

static void *job_thread(void *arg)
{
	job_run(arg, 0);
	job_release(arg);
	return NULL;
}

/* Starts the thread with all signals blocked: the loop handles signals. 0 or LP_ENOMEM. */
static int start_thread(struct job *job)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_t thread;
	int err = pthread_create(&thread, NULL, job_thread, job);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		return LP_ENOMEM;
	pthread_detach(thread);
	return 0;
}

static void on_done(void *ctx, bool broken)
{
	struct lp_resolve *resolve = ctx;
	const struct lp_resolve_job *lookup = &resolve->job->lookup;
	(void)broken;
	if (!atomic_load(&lookup->complete))
		return;
	lp_fd_watch_stop(&resolve->watch);
	resolve->done(resolve->ctx, lookup->addrs, lookup->n_addrs, lookup->reason);
}

/* True if the host is a numeric address, which needs no thread. */
static bool is_numeric(const char *host)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST};
	struct addrinfo *list = NULL;
	int error = getaddrinfo(host, NULL, &hints, &list);
	if (list)
		freeaddrinfo(list);
	return error == 0;
}

/* Creates a job with one owner. */
static int job_new(const char *host, uint16_t port, struct job **ret_job)
{
	struct job *job = malloc(sizeof *job);
	if (!job)
		return LP_ENOMEM;
	int fds[2];
	int result = lp_resolve_job_init(&job->lookup, host, port);
	if (result == 0 && pipe2(fds, O_NONBLOCK | O_CLOEXEC) < 0)
		result = LP_EFULL;
	if (result < 0) {
		free(job);
		return result;
	}
	job->read_fd = fds[0];
	job->write_fd = fds[1];
	*ret_job = job;
	return 0;
}

int lp_resolve_start(struct lp_loop *loop, const char *host, uint16_t port, lp_resolve_fn done, void *ctx,
	struct lp_resolve **ret_resolve)
{
	struct lp_resolve *resolve = calloc(1, sizeof *resolve);
	if (!resolve)
		return LP_ENOMEM;
	struct job *job;
	int result = job_new(host, port, &job);
	if (result < 0) {
		free(resolve);
		return result;
	}
	*resolve = (struct lp_resolve){.job = job, .done = done, .ctx = ctx};
	result = lp_fd_watch_init(&resolve->watch, lp_loop_uv(loop), job->read_fd, on_done, resolve);
	if (result < 0) {
		job_release(job);
		free(resolve);
		return result;
	}
	if (is_numeric(host)) {
		job_run(job, AI_NUMERICHOST);
	} else {
		atomic_store(&job->lookup.owners, 2);
		result = start_thread(job);
		if (result < 0) {
			atomic_store(&job->lookup.owners, 1);
			job_complete(job, lp_error_text(result));
		}
	}
	lp_fd_watch_start(&resolve->watch);
	*ret_resolve = resolve;
	return 0;
}

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
