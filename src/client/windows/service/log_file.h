/* The log of a client that has no terminal: a file, and the one before it, of about a megabyte each. */
#ifndef LP_CLIENT_WINDOWS_SERVICE_LOG_FILE_H
#define LP_CLIENT_WINDOWS_SERVICE_LOG_FILE_H

#include <stddef.h>
#include <stdio.h>

#define LP_LOG_FILE_BYTES ((size_t)1 << 20)
#define LP_LOG_FILE_PATH_MAX 512
#define LP_LOG_FILE_LINE_MAX 1024

struct lp_log_file {
	char path[LP_LOG_FILE_PATH_MAX];
	FILE *file; /* NULL: it cannot be written; lines are only remembered */
	size_t size;
	char line[LP_LOG_FILE_LINE_MAX]; /* that is not complete yet; what does not fit is only written */
	size_t line_len;
	char last[LP_LOG_FILE_LINE_MAX]; /* the last complete line that was not empty */
};

/* Opens the file at |path|, which is copied, to add to it. */
void lp_log_file_init(struct lp_log_file *log, const char *path);
void lp_log_file_done(struct lp_log_file *log);
/* Adds what the client printed, in pieces of any size. A file that is full becomes PATH.old at the end of a line. */
void lp_log_file_add(struct lp_log_file *log, const char *data, size_t len);
/* Why the client ended: its last line without time, level and program. */
void lp_log_file_reason(const struct lp_log_file *log, char *ret_text, size_t size);

#endif
