/* A path as a Unix socket's address. */
#ifndef LP_PLATFORM_POSIX_NET_LOCAL_PATH_H
#define LP_PLATFORM_POSIX_NET_LOCAL_PATH_H

#include <sys/un.h>

struct lp_failure;

/* 0, or LP_ETOOBIG: the system takes short paths only. */
int lp_local_path(const char *path, struct lp_failure *failure, struct sockaddr_un *ret_address);

#endif
