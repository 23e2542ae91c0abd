#include "platform/system/output.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/windows/system/wide.h"

int lp_output_open(const char *path, struct lp_failure *failure, FILE **ret_file)
{
	wchar_t wide[1024];
	if (strcmp(path, "-") == 0) {
		if (_isatty(_fileno(stdout)))
			return lp_fail(
				failure, LP_EINVAL, "standard output is a terminal. Redirect it, or name a file");
		(void)_setmode(_fileno(stdout), _O_BINARY);
		*ret_file = stdout;
		return 0;
	}
	FILE *file = lp_wide(path, wide, sizeof wide / sizeof wide[0]) == 0 ? _wfopen(wide, L"wb") : NULL;
	if (!file)
		return lp_fail(failure, LP_EPERM, "%s: cannot be written to: %s", path, strerror(errno));
	*ret_file = file;
	return 0;
}
