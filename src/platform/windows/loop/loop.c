#include <winsock2.h>

#include "platform/loop/loop.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/error.h"
#include "base/units.h"
#include "platform/loop/timers.h"
#include "platform/windows/loop/alarm.h"
#include "platform/windows/loop/wait.h"
#include "platform/windows/system/os_error.h"
#include "platform/windows/system/signals.h"

/* One thread waits for all handles: events of sockets, events of overlapped reads of devices, and a waitable timer.
   Frames never pass from one thread to another. */

struct lp_loop {
	struct lp_timers timers;
	struct lp_alarm alarm;
	struct lp_wait alarm_wait;
	struct lp_signals signals;
	struct lp_wait signal_waits[LP_SIGNAL_EVENTS];
	lp_signal_fn signal_fn;
	void *signal_ctx;
	uint64_t ticks_per_s;
	bool stopped;
	unsigned n;
	HANDLE handles[MAXIMUM_WAIT_OBJECTS];
	struct lp_wait *waits[MAXIMUM_WAIT_OBJECTS];
};

struct lp_timers *lp_loop_timers(struct lp_loop *loop)
{
	return &loop->timers;
}

int lp_wait_add(struct lp_wait *wait, struct lp_loop *loop, HANDLE handle, lp_wait_fn fn, void *ctx)
{
	if (loop->n == MAXIMUM_WAIT_OBJECTS)
		return LP_EFULL;
	*wait = (struct lp_wait){.loop = loop, .handle = handle, .fn = fn, .ctx = ctx, .place = loop->n};
	loop->handles[loop->n] = handle;
	loop->waits[loop->n++] = wait;
	return 0;
}

void lp_wait_remove(struct lp_wait *wait)
{
	struct lp_loop *loop = wait->loop;
	if (!loop)
		return;
	struct lp_wait *last = loop->waits[--loop->n];
	last->place = wait->place;
	loop->waits[last->place] = last;
	loop->handles[last->place] = last->handle;
	wait->loop = NULL;
}

static void on_alarm(void *ctx)
{
	struct lp_loop *loop = ctx;
	lp_alarm_fired(&loop->alarm);
}

int lp_loop_new(struct lp_loop **ret_loop)
{
	struct lp_loop *loop = calloc(1, sizeof *loop);
	if (!loop)
		return LP_ENOMEM;
	WSADATA winsock;
	if (WSAStartup(MAKEWORD(2, 2), &winsock) != 0) {
		free(loop);
		return LP_EUNSUPPORTED;
	}
	LARGE_INTEGER frequency;
	QueryPerformanceFrequency(&frequency);
	loop->ticks_per_s = (uint64_t)frequency.QuadPart;
	lp_timers_init(&loop->timers);
	int result = lp_alarm_init(&loop->alarm);
	if (result < 0) {
		WSACleanup();
		free(loop);
		return result;
	}
	lp_wait_add(&loop->alarm_wait, loop, loop->alarm.timer, on_alarm, loop);
	*ret_loop = loop;
	return 0;
}

void lp_loop_free(struct lp_loop *loop)
{
	if (!loop)
		return;
	lp_timers_done(&loop->timers);
	lp_wait_remove(&loop->alarm_wait);
	for (int kind = 0; kind < LP_SIGNAL_EVENTS; kind++)
		lp_wait_remove(&loop->signal_waits[kind]);
	assert(loop->n == 0);
	lp_signals_done(&loop->signals);
	lp_alarm_done(&loop->alarm);
	WSACleanup();
	free(loop);
}

/* Calls the signalled handles from |first| on; waits up to |timeout_ms| for the first one. */
static void dispatch(struct lp_loop *loop, unsigned first, DWORD timeout_ms)
{
	while (first < loop->n && !loop->stopped) {
		DWORD r = WaitForMultipleObjects(loop->n - first, loop->handles + first, FALSE, timeout_ms);
		/* No mutexes here, so no WAIT_ABANDONED; an invalid handle would be a bug. */
		assert(r != WAIT_FAILED);
		if (r >= WAIT_OBJECT_0 + (loop->n - first))
			return;
		first += r - WAIT_OBJECT_0;
		/* The call may remove any handle; the handle that moves into its index waits for the next pass. */
		loop->waits[first]->fn(loop->waits[first]->ctx);
		first++;
		timeout_ms = 0;
	}
}

int lp_loop_run(struct lp_loop *loop)
{
	while (!loop->stopped) {
		uint64_t now_ns = lp_loop_now_ns(loop);
		lp_timers_run(&loop->timers, now_ns);
		if (loop->stopped)
			break;
		uint64_t next_ns = lp_timers_next(&loop->timers);
		if (next_ns <= now_ns) {
			/* Another timer has expired already: serve the handles first. */
			dispatch(loop, 0, 0);
			continue;
		}
		lp_alarm_set(&loop->alarm, next_ns, now_ns);
		dispatch(loop, 0, INFINITE);
	}
	/* A stop before the run ends that run. */
	loop->stopped = false;
	return 0;
}

void lp_loop_stop(struct lp_loop *loop)
{
	loop->stopped = true;
}

uint64_t lp_loop_now_ns(const struct lp_loop *loop)
{
	uint64_t n, per_s = loop->ticks_per_s;
	LARGE_INTEGER ticks;
	QueryPerformanceCounter(&ticks);
	n = (uint64_t)ticks.QuadPart;
	return n / per_s * LP_SEC + n % per_s * LP_SEC / per_s;
}

int64_t lp_loop_unix_s(const struct lp_loop *loop)
{
	(void)loop;
	return (int64_t)time(NULL);
}

uint64_t lp_loop_unix_ns(const struct lp_loop *loop)
{
	FILETIME now;
	(void)loop;
	GetSystemTimePreciseAsFileTime(&now);
	uint64_t since_1601 = (uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime; /* units of 100 ns */
	return (since_1601 - UINT64_C(116444736000000000)) * 100;
}

static void on_stop(void *ctx)
{
	struct lp_loop *loop = ctx;
	loop->signal_fn(loop->signal_ctx, LP_SIGNAL_INTERRUPT);
}

static void on_close(void *ctx)
{
	struct lp_loop *loop = ctx;
	loop->signal_fn(loop->signal_ctx, LP_SIGNAL_HANGUP);
}

int lp_loop_on_signal(struct lp_loop *loop, lp_signal_fn fn, void *ctx)
{
	static const lp_wait_fn fns[LP_SIGNAL_EVENTS] = {on_stop, on_close};
	loop->signal_fn = fn;
	loop->signal_ctx = ctx;
	if (loop->signal_waits[0].loop)
		return 0;
	int result = lp_signals_init(&loop->signals);
	for (int kind = 0; kind < LP_SIGNAL_EVENTS && result == 0; kind++)
		result = lp_wait_add(&loop->signal_waits[kind], loop, loop->signals.events[kind], fns[kind], loop);
	return result;
}
