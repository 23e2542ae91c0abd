#include "platform/loop/loop.h"

#include <assert.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/units.h"
#include "platform/linux/loop/affinity.h"
#include "platform/loop/timers.h"
#include "platform/posix/loop/clock.h"
#include "platform/posix/loop/home.h"
#include "platform/posix/loop/loop_uv.h"
#include "platform/posix/loop/moderation.h"
#include "platform/posix/loop/share.h"
#include "platform/posix/loop/timerfd.h"

static const struct {
	int number;
	enum lp_signal signal;
} signal_rows[] = {
	{SIGINT, LP_SIGNAL_STOP},
	{SIGTERM, LP_SIGNAL_STOP},
	{SIGHUP, LP_SIGNAL_HANGUP},
};

#define N_SIGNALS (sizeof signal_rows / sizeof signal_rows[0])

/* How long a turn is. Round robin by itself takes a tenth of a second (sched(7)). */
#define TURN_NS LP_MS

struct lp_loop {
	uv_loop_t uv;
	uv_prepare_t prepare; /* runs timers before each sleep */
	uv_signal_t signals[N_SIGNALS];
	size_t n_signals; /* that are attached */
	lp_signal_fn signal_fn;
	void *signal_ctx;
	struct lp_timers timers;
	struct lp_timerfd timerfd;
	struct lp_moderation moderation;
	struct lp_share share;
	struct lp_home home;
	struct lp_affinity affinity;
	uint64_t turn_ns;     /* when others of our priority last could have a turn */
	bool real_time;       /* the thread has real-time scheduling */
	bool outlives_hangup; /* SIGHUP was ignored when we came */
};

uv_loop_t *lp_loop_uv(struct lp_loop *loop)
{
	return &loop->uv;
}

void lp_loop_found(struct lp_loop *loop, size_t n, size_t bytes)
{
	lp_moderation_found(&loop->moderation, n, bytes);
	lp_home_found(&loop->home, n, bytes);
}

struct lp_timers *lp_loop_timers(struct lp_loop *loop)
{
	return &loop->timers;
}

/* Lets less than a second pass. */
static void rest(uint64_t ns)
{
	clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){.tv_nsec = (long)ns}, NULL);
}

/* Processor time that the thread has used. */
static uint64_t used_ns(void)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (uint64_t)used.tv_sec * LP_SEC + (uint64_t)used.tv_nsec;
}

/* Brings the thread where it belongs. Without priority that is for the kernel to choose: who is kept to a processor and
   may be made to wait there by everybody would be worse off. */
static void place(struct lp_loop *loop, uint64_t now_ns)
{
	lp_home_look(&loop->home, now_ns);
	if (lp_home_asks(&loop->home))
		lp_home_waited(&loop->home, now_ns, lp_affinity_waited_ns(&loop->affinity));
	if (loop->home.at_home)
		lp_affinity_narrow(&loop->affinity);
	else
		lp_affinity_widen(&loop->affinity);
}

/* In a crowd, lets others of our priority have a turn. Relay and gateway on one machine may want more processors than
   there are, and then who waits fills the receive buffers of who does not run. */
static void take_turns(struct lp_loop *loop, uint64_t now_ns)
{
	if (!loop->real_time || loop->home.at_home || now_ns - loop->turn_ns < TURN_NS)
		return;
	sched_yield();
	loop->turn_ns = now_ns;
}

/* Before the loop sleeps: what is due is called, and in a flood of frames some more are awaited. */
static void on_prepare(uv_prepare_t *prepare)
{
	struct lp_loop *loop = prepare->data;
	uint64_t now_ns = lp_monotonic_ns();

	lp_timers_run(&loop->timers, now_ns);
	if (loop->real_time && lp_home_pass(&loop->home, now_ns))
		place(loop, now_ns);
	take_turns(loop, now_ns);
	if (lp_moderation_pass(&loop->moderation, now_ns)) {
		rest(LP_NAP_NS);
		lp_moderation_napped(&loop->moderation, now_ns, lp_monotonic_ns());
	} else if (loop->real_time && lp_share_pass(&loop->share, now_ns)) {
		uint64_t rest_ns = lp_share_rest_ns(&loop->share, now_ns, used_ns());

		if (rest_ns)
			rest(rest_ns);
	}
	lp_timerfd_set(&loop->timerfd, lp_timers_next(&loop->timers));
}

/* Takes the numbers of standard streams that were closed when we came. What is opened next would get them, and then the
   log were written there: into the loop's own pipe, or as a frame. And whoever reads the log may end before us: that is
   no reason to leave members without a word. 0 or LP_EIO. */
static int hold_streams(void)
{
	int fd;

	signal(SIGPIPE, SIG_IGN);
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
	struct lp_loop *loop;
	int r = hold_streams();

	if (r < 0)
		return r;
	loop = calloc(1, sizeof *loop);
	if (!loop)
		return LP_ENOMEM;
	if (uv_loop_init(&loop->uv) != 0) {
		free(loop);
		return LP_ENOMEM;
	}
	lp_timers_init(&loop->timers);
	r = lp_timerfd_init(&loop->timerfd, &loop->uv);
	if (r < 0) {
		uv_loop_close(&loop->uv);
		free(loop);
		return r;
	}
	uv_prepare_init(&loop->uv, &loop->prepare);
	loop->prepare.data = loop;
	uv_prepare_start(&loop->prepare, on_prepare);
	*ret_loop = loop;
	return 0;
}

void lp_loop_free(struct lp_loop *loop)
{
	int r;

	if (!loop)
		return;
	lp_timers_done(&loop->timers);
	lp_timerfd_done(&loop->timerfd);
	uv_close((uv_handle_t *)&loop->prepare, NULL);
	for (size_t i = 0; i < loop->n_signals; i++)
		uv_close((uv_handle_t *)&loop->signals[i], NULL);
	/* Handles are given back from inside the loop. */
	uv_run(&loop->uv, UV_RUN_DEFAULT);
	r = uv_loop_close(&loop->uv);
	assert(r == 0);
	(void)r;
	free(loop);
}

int lp_loop_run(struct lp_loop *loop)
{
	int policy = sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;

	loop->real_time = policy == SCHED_RR || policy == SCHED_FIFO;
	lp_affinity_init(&loop->affinity);
	uv_run(&loop->uv, UV_RUN_DEFAULT);
	lp_affinity_done(&loop->affinity);
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

/* libuv's callback, from the loop: passes a signal on. */
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
