/* The questions of a start without options: which relay, which room. Answers are checked by the tables of options, kept
   as a configuration file, and offered the next time. */
#ifndef LP_CLIENT_WINDOWS_PROMPT_H
#define LP_CLIENT_WINDOWS_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

struct lp_failure;
struct lp_text;

/* A line for a question and its answer. */
#define LP_PROMPT_LINE_MAX 2048

struct lp_prompt_io {
	/* Shows a text, without adding a newline. */
	void (*say)(void *ctx, const char *text);
	/* Reads a line without its newline. False at the end of the input. */
	bool (*read)(void *ctx, char *line, size_t size);
	void *ctx;
};

/* Asks everything. |before| is the file of the last time, |len| bytes, or NULL; what is wrong in it is as if it was not
   there. The answers are added to |ret_file| as the next one. False if the answers end before the questions do. */
bool lp_prompt_ask(const struct lp_prompt_io *io, const char *before, size_t len, struct lp_text *ret_file);

#endif
