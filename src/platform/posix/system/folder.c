#include "platform/posix/system/folder.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

int lp_folders_make(const char *path, mode_t mode)
{
	size_t len = strlen(path);
	char folder[PATH_MAX];
	if (len >= sizeof folder)
		return ENAMETOOLONG;
	memcpy(folder, path, len + 1);
	for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(folder, mode) < 0 && errno != EEXIST)
			return errno;
		*slash = '/';
	}
	return 0;
}
