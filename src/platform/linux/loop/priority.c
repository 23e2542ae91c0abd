#include "platform/loop/priority.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "platform/posix/system/os_error.h"

/* True if the kernel lets real-time programs take all of a processor. */
static bool takes_all(void)
{
	FILE *file = fopen("/proc/sys/kernel/sched_rt_runtime_us", "re");
	char line[32] = "";

	if (!file)
		return false;
	if (!fgets(line, sizeof line, file))
		line[0] = 0;
	fclose(file);
	return strtol(line, NULL, 10) < 0;
}

int lp_priority_raise(void)
{
	const struct sched_param param = {.sched_priority = sched_get_priority_min(SCHED_RR)};
	int policy = sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;

	/* Whoever started us may have given it already, without the right to take it ourselves. */
	if (policy == SCHED_RR || policy == SCHED_FIFO)
		return 0;
	if (takes_all())
		return LP_EUNSUPPORTED;
	return sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &param) == 0 ? 0 : lp_os_error(errno);
}
