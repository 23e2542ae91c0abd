#include "client/windows/service/log_file.h"

#include <stdbool.h>
#include <string.h>

static void open_file(struct lp_log_file *log)
{
	log->file = fopen(log->path, "ab");
	log->size = 0;
	if (!log->file)
		return;
	if (fseek(log->file, 0, SEEK_END) == 0 && ftell(log->file) > 0)
		log->size = (size_t)ftell(log->file);
}

void lp_log_file_init(struct lp_log_file *log, const char *path)
{
	*log = (struct lp_log_file){0};
	snprintf(log->path, sizeof log->path, "%s", path);
	open_file(log);
}

void lp_log_file_done(struct lp_log_file *log)
{
	if (log->file)
		fclose(log->file);
	log->file = NULL;
}

/* Starts a new file. If the old one cannot be moved it goes on. */
static void rotate(struct lp_log_file *log)
{
	char old[LP_LOG_FILE_PATH_MAX + 8];
	lp_log_file_done(log);
	snprintf(old, sizeof old, "%s.old", log->path);
	(void)remove(old); /* rename() does not replace a file on Windows */
	(void)rename(log->path, old);
	open_file(log);
}

/* Remembers a part of a line. */
static void remember(struct lp_log_file *log, const char *data, size_t len, bool complete)
{
	size_t room = sizeof log->line - 1 - log->line_len, n = len < room ? len : room;
	memcpy(log->line + log->line_len, data, n);
	log->line_len += n;
	if (!complete)
		return;
	while (log->line_len > 0 && log->line[log->line_len - 1] == '\r')
		log->line_len--;
	log->line[log->line_len] = '\0';
	if (log->line_len > 0)
		memcpy(log->last, log->line, log->line_len + 1);
	log->line_len = 0;
}

void lp_log_file_add(struct lp_log_file *log, const char *data, size_t len)
{
	while (len > 0) {
		const char *newline = memchr(data, '\n', len);
		size_t n = newline ? (size_t)(newline - data) + 1 : len;
		remember(log, data, newline ? n - 1 : n, newline != NULL);
		if (log->file) {
			log->size += fwrite(data, 1, n, log->file);
			fflush(log->file);
		}
		if (newline && log->size >= LP_LOG_FILE_BYTES)
			rotate(log);
		data += n;
		len -= n;
	}
}

void lp_log_file_reason(const struct lp_log_file *log, char *ret_text, size_t size)
{
	static const char *const marks[] = {"Z error: ", "lanparty-client-win: "};
	const char *text = log->last;
	for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
		const char *mark = strstr(text, marks[i]);
		if (mark)
			text = mark + strlen(marks[i]);
	}
	snprintf(ret_text, size, "%s", text);
}
