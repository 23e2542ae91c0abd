/* A named pipe of this computer: a server that replies to one request at a time, and a call.

   The model: a connection carries one message each way, of at most the sizes that the server was made with. The server
   has one instance of the pipe, so that requests are handled one after the other; a peer that sends nothing within a
   second, or does not read its reply, is disconnected. Others wait in lp_pipe_call() until the pipe is free.

   Who may connect: the system, administrators, and users who are logged on at this computer; no network logon, whatever
   its rights. The server must be the first that uses the name, so that no other program can have made the pipe before
   with other rights, and the caller checks that the pipe belongs to the system or to the administrators before it sends
   anything. A server cannot act as its caller (SECURITY_IDENTIFICATION). */
#ifndef LP_PLATFORM_WINDOWS_NET_PIPE_H
#define LP_PLATFORM_WINDOWS_NET_PIPE_H

#include <stddef.h>
#include <stdint.h>

#include <windows.h>

struct lp_failure;
struct lp_pipe_server;

/* Makes the reply, malloc'd; NULL: the caller is disconnected without one. |request| has a NUL that |len| does not
   count. */
typedef char *lp_pipe_handler_fn(void *ctx, const char *request, size_t len);

/* Listens at \\.\pipe\NAME. LP_EINUSE: another program has that pipe. */
int lp_pipe_server_new(const char *name, size_t max_request, size_t max_reply, lp_pipe_handler_fn *handler, void *ctx,
	struct lp_failure *failure, struct lp_pipe_server **ret_server);
void lp_pipe_server_free(struct lp_pipe_server *server); /* NULL is fine */
/* Signalled when a caller has connected; lp_pipe_server_serve() is due then. */
HANDLE lp_pipe_server_event(const struct lp_pipe_server *server);
/* Handles the caller, and waits for the next one. Blocks for two seconds at most. */
void lp_pipe_server_serve(struct lp_pipe_server *server);

/* Sends |request| and waits for the reply, malloc'd with a NUL, of at most |max_reply| bytes. LP_ENOTFOUND: no program
   has that pipe; LP_EPERM: it is not a program that may be trusted; LP_ETIMEOUT, LP_EIO, … */
int lp_pipe_call(const char *name, const char *request, size_t max_reply, unsigned timeout_ms,
	struct lp_failure *failure, char **ret_reply);

#endif
