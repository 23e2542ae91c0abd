#include "platform/system/runtime_path.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/posix/system/os_error.h"

int lp_runtime_path(const char *name, unsigned n, char *ret_path, size_t size)
{
	uid_t uid = geteuid();
	int len;
	if (uid == 0)
		n++;
	if (n == 0) {
		const char *folder = getenv("XDG_RUNTIME_DIR");
		if (folder && folder[0] == '/')
			len = snprintf(ret_path, size, "%s/lanparty/%s.sock", folder, name);
		else
			len = snprintf(ret_path, size, "/tmp/lanparty-%u/%s.sock", (unsigned)uid, name);
	} else if (n == 1) {
		len = snprintf(ret_path, size, "/run/lanparty/%s.sock", name);
	} else if (n == 2) {
		len = snprintf(ret_path, size, "/run/lanparty-%s/status", name);
	} else {
		return LP_ENOTFOUND;
	}
	return len < 0 || (size_t)len >= size ? LP_ETOOBIG : 0;
}

int lp_runtime_folder(const char *path, struct lp_failure *failure)
{
	char folder[256];
	const char *slash = strrchr(path, '/');
	struct stat st;
	if (!slash || slash == path ||
		(size_t)snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path) >= sizeof folder)
		return lp_fail(failure, LP_ETOOBIG, "%s: not a path with a folder", path);
	if (mkdir(folder, geteuid() == 0 ? 0755 : 0700) < 0 && errno != EEXIST)
		return lp_fail(failure, lp_os_error(errno), "%s: cannot be created: %s", folder, strerror(errno));
	if (lstat(folder, &st) < 0)
		return lp_fail(failure, lp_os_error(errno), "%s: %s", folder, strerror(errno));
	/* In /tmp, another user could have made the folder first. Root's is in /run, which only root writes to, and
	   may have been given to the user that an earlier program changed to. */
	bool ours = st.st_uid == geteuid() || (geteuid() == 0 && strncmp(folder, "/run/", 5) == 0);
	if (!S_ISDIR(st.st_mode) || !ours || (st.st_mode & 022))
		return lp_fail(failure, LP_EPERM, "%s: not a folder that only this user can write to", folder);
	return 0;
}
