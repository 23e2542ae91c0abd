#include "platform/system/runtime_path.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/windows/system/private_folder.h"

int lp_runtime_path(const char *name, unsigned n, char *ret_path, size_t size)
{
	char folder[260];
	int result = n > 0 ? LP_ENOTFOUND : lp_program_folder("lanparty", folder, sizeof folder);
	if (result < 0)
		return result;
	int len = snprintf(ret_path, size, "%s\\lanparty-%s-status", folder, name);
	return len < 0 || (size_t)len >= size ? LP_ETOOBIG : 0;
}

int lp_runtime_folder(const char *path, struct lp_failure *failure)
{
	char folder[260];
	const char *slash = strrchr(path, '\\');
	if (!slash || (size_t)snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path) >= sizeof folder)
		return lp_fail(failure, LP_ETOOBIG, "%s: not a path with a folder", path);
	int result = lp_private_folder(folder, failure);
	return result < 0 ? result : 0;
}
