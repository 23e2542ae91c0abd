/* A file's path as a Unix socket's address. */
#ifndef LP_PLATFORM_POSIX_SYSTEM_UNIX_PATH_H
#define LP_PLATFORM_POSIX_SYSTEM_UNIX_PATH_H

#include <sys/un.h>

struct lp_failure;

/* 0, or LP_ETOOBIG: such paths are short. */
int lp_unix_path(const char *path, struct lp_failure *failure, struct sockaddr_un *ret_address);

#endif
