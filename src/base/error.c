#include "base/error.h"

static const char *const texts[] = {[0] = "ok",
#define X(name, text) [LP_E##name##_ORDINAL] = text,
	LP_ERRORS(X)
#undef X
};

const char *lp_error_text(int code)
{
	if (code >= 0)
		return texts[0];
	if (code <= -(int)(sizeof texts / sizeof texts[0]))
		return "unknown error";
	return texts[-code];
}
