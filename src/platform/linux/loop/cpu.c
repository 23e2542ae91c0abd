#include "platform/loop/cpu.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/error.h"
#include "base/units.h"
#include "platform/posix/loop/clock.h"
#include "platform/posix/loop/cpu_pass.h"
#include "platform/posix/system/os_error.h"

/* Coalescing is decided over this many passes. */
#define COALESCE_PASSES 16
/* Longest pass, with the wait before it, that counts as fast. Slower passes find batches anyway. */
#define COALESCE_FAST_NS (150 * LP_US)
/* Frames in COALESCE_PASSES passes that start coalescing, and that keep it on: a sleep must be worth its delay. */
#define COALESCE_BEGIN_FRAMES (COALESCE_PASSES * 3 / 2)
#define COALESCE_KEEP_FRAMES (COALESCE_PASSES * 3)
/* Below this average length a frame costs more by its wake-up than by its bytes. */
#define COALESCE_SMALL_BYTES 500

/* The budget is checked after this time and this many passes, whichever comes last. */
#define BUDGET_PERIOD_NS (8 * LP_MS)
#define BUDGET_PASSES 16
/* One part in this many is left to other programs; the kernel takes one in 20. */
#define BUDGET_PARTS 16U

bool lp_rx_coalesce_pass(struct lp_rx_coalesce *coalesce, uint64_t now_ns)
{
	if (++coalesce->n_passes < COALESCE_PASSES)
		return coalesce->on;
	bool fast = now_ns - coalesce->began_ns - coalesce->slept_ns < COALESCE_PASSES * COALESCE_FAST_NS;
	bool small = coalesce->n_bytes < coalesce->n_frames * COALESCE_SMALL_BYTES;
	uint64_t least = coalesce->on ? COALESCE_KEEP_FRAMES : COALESCE_BEGIN_FRAMES;
	bool on = fast && small && coalesce->n_frames >= least;
	*coalesce = (struct lp_rx_coalesce){.began_ns = now_ns, .on = on};
	return on;
}

bool lp_rt_budget_pass(struct lp_rt_budget *budget, uint64_t now_ns)
{
	return ++budget->n_passes >= BUDGET_PASSES && now_ns - budget->checked_ns >= BUDGET_PERIOD_NS;
}

uint64_t lp_rt_budget_pause_ns(struct lp_rt_budget *budget, uint64_t now_ns, uint64_t used_ns)
{
	uint64_t passed_ns = now_ns - budget->checked_ns, worked_ns = used_ns - budget->used_ns;
	uint64_t wanted_ns = worked_ns + worked_ns / (BUDGET_PARTS - 1);
	bool first = budget->checked_ns == 0;
	*budget = (struct lp_rt_budget){.checked_ns = now_ns, .used_ns = used_ns};
	if (first || wanted_ns <= passed_ns)
		return 0;
	/* The pause itself is not idle time of the next period. */
	budget->checked_ns += wanted_ns - passed_ns;
	return wanted_ns - passed_ns;
}

/* Sleeps; |ns| is less than a second. */
static void sleep_ns(uint64_t ns)
{
	clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){.tv_nsec = (long)ns}, NULL);
}

/* CPU time of the calling thread. */
static uint64_t thread_cpu_ns(void)
{
	struct timespec used;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (uint64_t)used.tv_sec * LP_SEC + (uint64_t)used.tv_nsec;
}

static bool is_real_time(void)
{
	int policy = sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;
	return policy == SCHED_RR || policy == SCHED_FIFO;
}

void lp_cpu_begin(struct lp_cpu *cpu)
{
	*cpu = (struct lp_cpu){.real_time = is_real_time()};
}

void lp_cpu_pass(struct lp_cpu *cpu, uint64_t now_ns)
{
	if (lp_rx_coalesce_pass(&cpu->coalesce, now_ns)) {
		sleep_ns(LP_RX_COALESCE_NS);
		cpu->coalesce.slept_ns += lp_monotonic_ns() - now_ns;
	} else if (cpu->real_time && lp_rt_budget_pass(&cpu->budget, now_ns)) {
		uint64_t pause_ns = lp_rt_budget_pause_ns(&cpu->budget, now_ns, thread_cpu_ns());
		if (pause_ns)
			sleep_ns(pause_ns);
	}
}

/* True if the kernel lets real-time threads use all of a processor. */
static bool is_unlimited(void)
{
	FILE *file = fopen("/proc/sys/kernel/sched_rt_runtime_us", "re");
	if (!file)
		return false;
	char line[32] = "";
	if (!fgets(line, sizeof line, file))
		line[0] = '\0';
	fclose(file);
	return strtol(line, NULL, 10) < 0;
}

int lp_cpu_raise_priority(void)
{
	/* The parent may have set it, which needs no permission here. */
	if (is_real_time())
		return 0;
	if (is_unlimited())
		return LP_EUNSUPPORTED;
	const struct sched_param param = {.sched_priority = sched_get_priority_min(SCHED_RR)};
	return sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &param) == 0 ? 0 : lp_os_error(errno);
}

void lp_cpu_inherit_priority(bool inherit)
{
	int policy = sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;
	struct sched_param param;
	if (is_real_time() && sched_getparam(0, &param) == 0)
		(void)sched_setscheduler(0, inherit ? policy : policy | SCHED_RESET_ON_FORK, &param);
}
