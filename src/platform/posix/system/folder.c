#include "platform/posix/system/folder.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
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

bool lp_folder_of(const char *path, char *ret_folder, size_t size)
{
	const char *slash = strrchr(path, '/');
	int len = slash ? (int)(slash - path) : 0;
	int n = !slash ? snprintf(ret_folder, size, ".") : snprintf(ret_folder, size, "%.*s", len ? len : 1, path);
	return n >= 0 && (size_t)n < size;
}
