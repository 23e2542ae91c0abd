#include "platform/system/file.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/fake/current.h"
#include "platform/fake/host_state.h"
#include "platform/fake/system/file_fake.h"

struct lp_fake_file {
	struct lp_fake_file *next;
	char *path;
	uint8_t *data;
	size_t len;
};

/* The file of the current host, or NULL. */
static struct lp_fake_file *find(const char *path)
{
	struct lp_fake_file *file = lp_host_current()->files;
	while (file && strcmp(file->path, path) != 0)
		file = file->next;
	return file;
}

/* A copy with a NUL after it. */
static uint8_t *copy(const uint8_t *data, size_t len)
{
	uint8_t *bytes = malloc(len + 1);
	if (!bytes)
		abort();
	if (len)
		memcpy(bytes, data, len);
	bytes[len] = 0;
	return bytes;
}

int lp_file_read(const char *path, size_t max_bytes, struct lp_failure *failure, uint8_t **ret_data, size_t *ret_len)
{
	struct lp_fake_file *file = find(path);
	int fault = lp_faults_next(&lp_host_current()->faults);
	if (fault < 0)
		return lp_fail(failure, fault, "%s: made to fail: %s", path, lp_error_text(fault));
	if (!file)
		return lp_fail(failure, LP_ENOTFOUND, "%s: no such file", path);
	if (file->len > max_bytes)
		return lp_fail(failure, LP_ETOOBIG, "%s: larger than %zu bytes", path, max_bytes);
	*ret_data = copy(file->data, file->len);
	*ret_len = file->len;
	return 0;
}

int lp_file_write(const char *path, const uint8_t *data, size_t len, bool secret, struct lp_failure *failure)
{
	(void)secret;
	struct lp_fake_file *file = find(path);
	int fault = lp_faults_next(&lp_host_current()->faults);
	if (fault < 0)
		return lp_fail(failure, fault, "%s: made to fail: %s", path, lp_error_text(fault));
	if (!file) {
		struct lp_host *host = lp_host_current();
		file = calloc(1, sizeof *file);
		if (!file)
			abort();
		file->path = strdup(path);
		file->next = host->files;
		host->files = file;
	}
	free(file->data);
	file->data = copy(data, len);
	file->len = len;
	return 0;
}

int lp_file_remove(const char *path, struct lp_failure *failure)
{
	struct lp_fake_file **link = &lp_host_current()->files;
	struct lp_fake_file *file;
	int fault = lp_faults_next(&lp_host_current()->faults);
	if (fault < 0)
		return lp_fail(failure, fault, "%s: made to fail: %s", path, lp_error_text(fault));
	while (*link && strcmp((*link)->path, path) != 0)
		link = &(*link)->next;
	if (!*link)
		return lp_fail(failure, LP_ENOTFOUND, "%s: no such file", path);
	file = *link;
	*link = file->next;
	free(file->path);
	free(file->data);
	free(file);
	return 0;
}

void lp_fake_files_free(struct lp_host *host)
{
	while (host->files) {
		struct lp_fake_file *file = host->files;
		host->files = file->next;
		free(file->path);
		free(file->data);
		free(file);
	}
}
