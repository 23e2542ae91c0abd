/* Questions to a running program on the same machine: one line in, one text out, over a Unix stream socket. */
#ifndef LP_PLATFORM_SYSTEM_UNIX_SOCKET_H
#define LP_PLATFORM_SYSTEM_UNIX_SOCKET_H

#include <stddef.h>
#include <stdint.h>

struct lp_failure;
struct lp_loop;
struct lp_unix_server;

/* Longest question, in bytes without its newline. */
#define LP_UNIX_REQUEST_MAX 255
/* Longest answer that lp_unix_call() takes. */
#define LP_UNIX_ANSWER_MAX ((size_t)64 * 1024 * 1024)

/* Answers a question (without its newline): a malloc'd text that the server frees, or NULL to hang up. */
typedef char *(*lp_unix_answer_fn)(void *ctx, const char *request);

/* Listens on |path| (mode 0660 whatever the umask, which is another for a moment: not while threads make files; a
   socket that a killed program left there is replaced, one that somebody listens on is not). A few clients are served
   at a time, each for a few seconds at most; more wait for their turn. */
int lp_unix_server_open(struct lp_loop *loop, const char *path, lp_unix_answer_fn answer, void *ctx,
	struct lp_failure *failure, struct lp_unix_server **ret_server);
/* Hangs up on everybody and removes the socket. NULL is fine. */
void lp_unix_server_close(struct lp_unix_server *server);

/* Asks, and waits for the answer: malloc'd, with a NUL that |ret_len| does not count. For programs that do nothing
   else. LP_ENOTFOUND, LP_EUNREACH: nobody listens there; LP_EPERM, LP_ETIMEOUT, … */
int lp_unix_call(const char *path, const char *request, uint64_t timeout_ns, struct lp_failure *failure,
	char **ret_answer, size_t *ret_len);

#endif
