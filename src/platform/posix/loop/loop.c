#include "platform/loop/loop.h"

#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/units.h"
#include "platform/loop/timers.h"
#include "platform/posix/loop/clock.h"
#include "platform/posix/loop/cpu_pass.h"
#include "platform/posix/loop/loop_uv.h"
#include "platform/posix/loop/timerfd.h"

static const struct {
	int number;
	enum lp_signal signal;
} signal_rows[] = {
	{SIGINT, LP_SIGNAL_INTERRUPT},
	{SIGTERM, LP_SIGNAL_STOP},
	{SIGHUP, LP_SIGNAL_HANGUP},
};

#define N_SIGNALS (sizeof signal_rows / sizeof signal_rows[0])

struct lp_loop {
	uv_loop_t uv;
	uv_prepare_t prepare; /* runs before each sleep */
	uv_signal_t signals[N_SIGNALS];
	size_t n_signals; /* attached ones */
	lp_signal_fn signal_fn;
	void *signal_ctx;
	struct lp_timers timers;
	struct lp_timerfd timerfd;
	struct lp_cpu cpu;
	bool outlives_hangup; /* SIGHUP was ignored when the program started */
};

uv_loop_t *lp_loop_uv(struct lp_loop *loop)
{
	return &loop->uv;
}

void lp_loop_received(struct lp_loop *loop, size_t n, size_t bytes)
{
	lp_cpu_received(&loop->cpu, n, bytes);
}

struct lp_timers *lp_loop_timers(struct lp_loop *loop)
{
	return &loop->timers;
}

/* Before the loop sleeps: expired timers, the CPU policy, the next deadline. */
static void on_prepare(uv_prepare_t *prepare)
{
	struct lp_loop *loop = prepare->data;
	uint64_t now_ns = lp_monotonic_ns();
	lp_timers_run(&loop->timers, now_ns);
	lp_cpu_pass(&loop->cpu, now_ns);
	lp_timerfd_set(&loop->timerfd, lp_timers_next(&loop->timers));
}

/* Opens /dev/null on each of the descriptors 0 to 2 that is closed; otherwise a socket or a TAP would get that number
   and receive log text. Ignores SIGPIPE: if the reader of the log exits, members must still be sent a goodbye. 0 or
   LP_EIO. */
static int hold_streams(void)
{
	signal(SIGPIPE, SIG_IGN);
	int fd;
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return LP_EIO;
	close(fd);
	return 0;
}

int lp_loop_new(struct lp_loop **ret_loop)
{
	int result = hold_streams();
	if (result < 0)
		return result;
	struct lp_loop *loop = calloc(1, sizeof *loop);
	if (!loop)
		return LP_ENOMEM;
	if (uv_loop_init(&loop->uv) != 0) {
		free(loop);
		return LP_ENOMEM;
	}
	lp_timers_init(&loop->timers);
	result = lp_timerfd_init(&loop->timerfd, &loop->uv);
	if (result < 0) {
		uv_loop_close(&loop->uv);
		free(loop);
		return result;
	}
	uv_prepare_init(&loop->uv, &loop->prepare);
	loop->prepare.data = loop;
	uv_prepare_start(&loop->prepare, on_prepare);
	*ret_loop = loop;
	return 0;
}

void lp_loop_free(struct lp_loop *loop)
{
	if (!loop)
		return;
	lp_timers_done(&loop->timers);
	lp_timerfd_done(&loop->timerfd);
	uv_close((uv_handle_t *)&loop->prepare, NULL);
	for (size_t i = 0; i < loop->n_signals; i++)
		uv_close((uv_handle_t *)&loop->signals[i], NULL);
	/* libuv releases handles from inside the loop. */
	uv_run(&loop->uv, UV_RUN_DEFAULT);
	int result = uv_loop_close(&loop->uv);
	assert(result == 0);
	(void)result;
	free(loop);
}

int lp_loop_run(struct lp_loop *loop)
{
	lp_cpu_begin(&loop->cpu);
	uv_run(&loop->uv, UV_RUN_DEFAULT);
	return 0;
}

void lp_loop_stop(struct lp_loop *loop)
{
	uv_stop(&loop->uv);
}

uint64_t lp_loop_now_ns(const struct lp_loop *loop)
{
	(void)loop;
	return lp_monotonic_ns();
}

int64_t lp_loop_unix_s(const struct lp_loop *loop)
{
	(void)loop;
	return (int64_t)time(NULL);
}

uint64_t lp_loop_unix_ns(const struct lp_loop *loop)
{
	struct timespec now = {0};
	(void)loop;
	(void)timespec_get(&now, TIME_UTC);
	return (uint64_t)now.tv_sec * LP_SEC + (uint64_t)now.tv_nsec;
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct lp_loop *loop = handle->data;
	for (size_t i = 0; i < N_SIGNALS; i++) {
		enum lp_signal signal = signal_rows[i].signal;
		if (signal == LP_SIGNAL_HANGUP && loop->outlives_hangup)
			signal = LP_SIGNAL_RELOAD;
		if (signal_rows[i].number == number)
			loop->signal_fn(loop->signal_ctx, signal);
	}
}

int lp_loop_on_signal(struct lp_loop *loop, lp_signal_fn fn, void *ctx)
{
	struct sigaction hangup;
	if (loop->n_signals == 0 && sigaction(SIGHUP, NULL, &hangup) == 0)
		loop->outlives_hangup = hangup.sa_handler == SIG_IGN;
	loop->signal_fn = fn;
	loop->signal_ctx = ctx;
	while (loop->n_signals < N_SIGNALS) {
		uv_signal_t *handle = &loop->signals[loop->n_signals];
		if (uv_signal_init(&loop->uv, handle) != 0)
			return LP_EIO;
		handle->data = loop;
		loop->n_signals++;
		if (uv_signal_start(handle, on_signal, signal_rows[loop->n_signals - 1].number) != 0)
			return LP_EIO;
	}
	return 0;
}
