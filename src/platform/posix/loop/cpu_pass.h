/* The part of the CPU policy (platform/loop/cpu.h) that runs between the passes of the loop: the real-time budget and
   receive coalescing. Each system's loop/cpu.c implements it. The decisions are pure; lp_cpu_pass() applies them. */
#ifndef LP_PLATFORM_POSIX_LOOP_CPU_PASS_H
#define LP_PLATFORM_POSIX_LOOP_CPU_PASS_H

#include <stdbool.h>
#include <stdint.h>

/* Length of a coalescing sleep: the longest a frame of a flood waits for others. */
#define LP_RX_COALESCE_NS UINT64_C(200000)

/* Detects floods of small frames. All zero at first. */
struct lp_rx_coalesce {
	uint64_t began_ns; /* start of the passes that are counted */
	uint64_t slept_ns; /* time slept since then */
	uint64_t n_frames; /* received in these passes */
	uint64_t n_bytes;  /* of those frames */
	unsigned n_passes;
	bool on; /* verdict on the passes before */
};

/* Keeps the thread below the kernel's real-time limit. All zero at first. */
struct lp_rt_budget {
	uint64_t checked_ns; /* time of the last check; 0: none yet */
	uint64_t used_ns;    /* CPU time of the thread at the last check */
	unsigned n_passes;   /* since the last check */
};

struct lp_cpu {
	struct lp_rx_coalesce coalesce;
	struct lp_rt_budget budget;
	bool real_time; /* the thread has real-time priority */
};

/* A pass is over. True: sleep for LP_RX_COALESCE_NS before the next one. */
bool lp_rx_coalesce_pass(struct lp_rx_coalesce *coalesce, uint64_t now_ns);

/* A pass is over. True if lp_rt_budget_pause_ns() is due. Reading a thread's CPU time costs as much as a frame, so a
   loop that is woken seldom never needs it. */
bool lp_rt_budget_pass(struct lp_rt_budget *budget, uint64_t now_ns);
/* How long the loop must pause now, given the thread's CPU time since its start. */
uint64_t lp_rt_budget_pause_ns(struct lp_rt_budget *budget, uint64_t now_ns, uint64_t used_ns);

/* The loop starts to run in the calling thread. */
void lp_cpu_begin(struct lp_cpu *cpu);
/* The loop is about to wait for events: sleeps first if one of the two rules requires it. */
void lp_cpu_pass(struct lp_cpu *cpu, uint64_t now_ns);

/* A device received |n| frames or packets of |bytes| in total in this pass. */
static inline void lp_cpu_received(struct lp_cpu *cpu, uint64_t n, uint64_t bytes)
{
	cpu->coalesce.n_frames += n;
	cpu->coalesce.n_bytes += bytes;
}

#endif
