#include "obs/level.h"

const char *lp_level_text(enum lp_level level)
{
	static const char *const texts[] = {
#define X(name, text) [LP_LEVEL_##name] = text,
		LP_LEVELS(X)
#undef X
	};
	return (unsigned)level < LP_LEVEL_COUNT ? texts[level] : "unknown";
}
