#include "platform/system/sandbox.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/posix/system/os_error.h"

static int step_failure(struct lp_failure *failure, const char *step)
{
	return lp_fail(failure, lp_os_error(errno), "cannot drop privileges: %s: %s", step, strerror(errno));
}

int lp_drop_privileges(struct lp_failure *failure)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
	/* The bounding set limits what a program started later can gain. Changing it needs CAP_SETPCAP; without that,
	   no_new_privs alone has to do. */
	for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
		if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
			break;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return step_failure(failure, "no_new_privs");
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
		return step_failure(failure, "ambient capabilities");
	if (syscall(SYS_capset, &header, none) < 0)
		return step_failure(failure, "capset");
	return 0;
}
