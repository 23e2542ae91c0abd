/* The importance of an event. */
#ifndef LP_OBS_LEVEL_H
#define LP_OBS_LEVEL_H

#define LP_LEVELS(X) \
	X(ERROR, "error") \
	X(WARN, "warn") \
	X(INFO, "info") \
	X(DEBUG, "debug")

enum lp_level {
#define X(name, text) LP_LEVEL_##name,
	LP_LEVELS(X)
#undef X
		LP_LEVEL_COUNT,
};

const char *lp_level_text(enum lp_level level);

#endif
