/* Small files: certificates, keys, identities, saved sessions. */
#ifndef LP_PLATFORM_SYSTEM_FILE_H
#define LP_PLATFORM_SYSTEM_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lp_failure;

/* Reads the whole file: malloc'd, with a NUL after it that |ret_len| does not count. LP_ENOTFOUND, LP_EPERM,
   LP_ETOOBIG, … */
int lp_file_read(const char *path, size_t max_bytes, struct lp_failure *failure, uint8_t **ret_data, size_t *ret_len);
/* Writes the file so that a crash leaves the old or the new one (temporary file, fsync, rename), and creates missing
   folders. |secret|: mode 0600, replaces a symbolic link, and belongs to the owner of the folder if root writes it;
   otherwise mode 0644, follows symbolic links and writes into devices and pipes (Linux). */
int lp_file_write(const char *path, const uint8_t *data, size_t len, bool secret, struct lp_failure *failure);
/* 0; LP_ENOTFOUND: no such file; LP_EPERM, … */
int lp_file_remove(const char *path, struct lp_failure *failure);

#endif
