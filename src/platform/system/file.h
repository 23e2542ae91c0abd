/* Small files: certificates, keys, identities. */
#ifndef LP_PLATFORM_SYSTEM_FILE_H
#define LP_PLATFORM_SYSTEM_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lp_failure;

/* The whole file, malloc'd, with a NUL after it that |ret_len| does not count. LP_ENOTFOUND, LP_EPERM, LP_ETOOBIG, … */
int lp_file_read(const char *path, size_t max_bytes, struct lp_failure *failure, uint8_t **ret_data, size_t *ret_len);
/* Writes the file so that a crash leaves the old one or the new one (temporary file, fsync, rename).
   |secret|: mode 0600, otherwise 0644. Missing folders are made. What is no secret goes where a link leads, and into a
   device or a pipe (Linux); a secret takes the link's place. */
int lp_file_write(const char *path, const uint8_t *data, size_t len, bool secret, struct lp_failure *failure);
/* Removes the file. 0; LP_ENOTFOUND: it is not there; LP_EPERM, … */
int lp_file_remove(const char *path, struct lp_failure *failure);

#endif
