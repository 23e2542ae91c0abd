#include "platform/system/runtime_path.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/windows/system/console.h"
#include "platform/windows/system/private_folder.h"

int lp_runtime_path(const char *name, unsigned n, char *ret_path, size_t size)
{
	char folder[260];
	if (n > 0 || !lp_console_program_data(folder, sizeof folder))
		return LP_ENOTFOUND;
	int len = snprintf(ret_path, size, "%s\\softlan\\lanparty-%s-status", folder, name);
	return len < 0 || (size_t)len >= size ? LP_ETOOBIG : 0;
}

int lp_runtime_folder(const char *path, struct lp_failure *failure)
{
	char folder[260];
	const char *slash = strrchr(path, '\\');
	if (!slash || (size_t)snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path) >= sizeof folder)
		return lp_fail(failure, LP_ETOOBIG, "%s: not a path with a folder", path);
	return lp_private_folder(folder, failure);
}
