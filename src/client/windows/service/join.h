/* Checks a request to join, and makes the client's command line of it. Pure. */
#ifndef LP_CLIENT_WINDOWS_SERVICE_JOIN_H
#define LP_CLIENT_WINDOWS_SERVICE_JOIN_H

#include <stddef.h>

struct lp_failure;
struct lp_service_request;

/* Checks the invite, empty for the last one, and the name, and removes from the invite what chats add to it. 0;
   LP_EMALFORMED or LP_EINVAL with a reason for people. */
int lp_service_join_check(struct lp_service_request *request, struct lp_failure *failure);
/* Writes the command line of a client of that name, which reads its invite from standard input. |exe| is the program's
   path. LP_ETOOBIG: |size| is too small. */
int lp_service_join_command(const struct lp_service_request *request, const char *exe, char *ret_line, size_t size);

#endif
