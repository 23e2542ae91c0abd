#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "platform/loop/loop.h"
#include "platform/posix/loop/fd_watch.h"
#include "platform/posix/loop/loop_uv.h"
#include "platform/posix/system/os_error.h"
#include "platform/posix/system/unix_path.h"
#include "platform/system/unix_socket.h"

/* Clients at a time; more wait in the kernel's queue. */
#define CLIENTS_MAX 8
/* From accept to the end. */
#define CLIENT_NS (5 * LP_SEC)

/* Somebody who asks. */
struct client {
	struct lp_unix_server *server; /* NULL once it was hung up on */
	int fd;
	struct lp_timer *timer;
	char request[LP_UNIX_REQUEST_MAX + 1];
	size_t request_len;
	char *answer; /* NULL until the question is complete */
	size_t answer_len, sent;
	struct lp_fd_watch watch;
};

struct lp_unix_server {
	int fd;
	char *path;
	struct lp_loop *loop;
	lp_unix_answer_fn answer;
	void *ctx;
	struct client *clients[CLIENTS_MAX]; /* NULL: free */
	bool full;                           /* no new ones are accepted now */
	struct lp_fd_watch watch;
};

/* The loop has let go of a client's socket. */
static void on_client_released(void *ctx)
{
	struct client *client = ctx;

	free(client->answer);
	free(client);
}

/* Hangs up. The place is free again. */
static void client_close(struct client *client)
{
	struct lp_unix_server *server = client->server;

	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (server->clients[i] == client)
			server->clients[i] = NULL;
	client->server = NULL;
	lp_timer_free(client->timer);
	lp_fd_watch_close(&client->watch, on_client_released);
	close(client->fd);
	if (server->full) {
		server->full = false;
		lp_fd_watch_start(&server->watch);
	}
}

/* The client took too long. */
static void on_client_timeout(void *ctx, uint64_t now_ns)
{
	(void)now_ns;
	client_close(ctx);
}

/* Reads more of the question. 1 when it is complete, 0 when more is needed, LP_ECLOSED. */
static int client_read(struct client *client)
{
	ssize_t n = recv(client->fd, client->request + client->request_len,
		sizeof client->request - client->request_len, MSG_DONTWAIT);
	char *end;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : LP_ECLOSED;
	if (n == 0)
		return LP_ECLOSED;
	end = memchr(client->request + client->request_len, '\n', (size_t)n);
	client->request_len += (size_t)n;
	if (end) {
		*end = '\0';
		return 1;
	}
	return client->request_len < sizeof client->request ? 0 : LP_ECLOSED;
}

/* Sends more of the answer. 1 when all of it is sent, 0 when the client has to read first, LP_ECLOSED. */
static int client_write(struct client *client)
{
	while (client->sent < client->answer_len) {
		ssize_t n = send(client->fd, client->answer + client->sent, client->answer_len - client->sent,
			MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : LP_ECLOSED;
		client->sent += (size_t)n;
	}
	return 1;
}

/* The client sent something, or has room again. */
static void on_client(void *ctx, bool broken)
{
	struct client *client = ctx;
	int r = broken ? LP_ECLOSED : 0;

	if (r == 0 && !client->answer) {
		r = client_read(client);
		if (r == 1) {
			client->answer = client->server->answer(client->server->ctx, client->request);
			client->answer_len = client->answer ? strlen(client->answer) : 0;
			r = client->answer ? 0 : LP_ECLOSED;
		}
	}
	if (r == 0 && client->answer) {
		r = client_write(client);
		if (r == 0)
			lp_fd_watch_start_write(&client->watch);
	}
	if (r != 0)
		client_close(client);
}

/* Takes somebody in at a free place. */
static void client_open(struct lp_unix_server *server, struct client **place, int fd)
{
	struct client *client = calloc(1, sizeof *client);

	if (!client) {
		close(fd);
		return;
	}
	client->server = server;
	client->fd = fd;
	if (lp_timer_new(server->loop, on_client_timeout, client, &client->timer) < 0 ||
		lp_fd_watch_init(&client->watch, lp_loop_uv(server->loop), fd, on_client, client) < 0) {
		lp_timer_free(client->timer);
		close(fd);
		free(client);
		return;
	}
	*place = client;
	lp_timer_set(client->timer, lp_loop_now_ns(server->loop) + CLIENT_NS);
	lp_fd_watch_start(&client->watch);
}

/* Somebody wants to ask. */
static void on_connection(void *ctx, bool broken)
{
	struct lp_unix_server *server = ctx;

	(void)broken;
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		int fd;

		if (server->clients[i])
			continue;
		fd = accept4(server->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0)
			client_open(server, &server->clients[i], fd);
		return;
	}
	server->full = true;
	lp_fd_watch_stop(&server->watch);
}

/* True if the path is a socket that nobody listens on any more. */
static bool is_stale(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct stat st;
	bool refused;

	if (fd < 0)
		return false;
	refused = connect(fd, (const struct sockaddr *)address, sizeof *address) < 0 && errno == ECONNREFUSED;
	close(fd);
	return refused && lstat(address->sun_path, &st) == 0 && S_ISSOCK(st.st_mode);
}

/* Binds; the socket's file has mode 0660 from the start. 0 or the errno. */
static int bind_mode(int fd, const struct sockaddr_un *address)
{
	/* The file gets the mode of the socket, less the umask. A chmod of the path might meet another file. */
	if (fchmod(fd, 0660) < 0)
		return errno;
	mode_t before = umask(0007);
	int err = bind(fd, (const struct sockaddr *)address, sizeof *address) < 0 ? errno : 0;
	umask(before);
	return err;
}

/* Binds, after removing what a killed program left. 0 or the errno. */
static int bind_path(int fd, const struct sockaddr_un *address)
{
	int err = bind_mode(fd, address);
	if (err != EADDRINUSE || !is_stale(address))
		return err;
	unlink(address->sun_path);
	return bind_mode(fd, address);
}

/* Says why there is no socket. */
static int open_failure(struct lp_failure *failure, int err, const char *path)
{
	if (err == EADDRINUSE)
		return lp_fail(
			failure, LP_EINUSE, "%s: in use: another program listens there, or it is no socket", path);
	if (err == ENOENT)
		return lp_fail(failure, LP_ENOTFOUND,
			"%s: cannot listen there: its folder is missing: make it, or choose another path", path);
	return lp_fail(failure, lp_os_error(err), "%s: cannot listen there: %s", path, strerror(err));
}

int lp_unix_server_open(struct lp_loop *loop, const char *path, lp_unix_answer_fn answer, void *ctx,
	struct lp_failure *failure, struct lp_unix_server **ret_server)
{
	struct lp_unix_server *server;
	struct sockaddr_un address;
	int r = lp_unix_path(path, failure, &address);
	int err = 0;

	if (r < 0)
		return r;
	server = calloc(1, sizeof *server);
	if (!server)
		return lp_fail(failure, LP_ENOMEM, "%s: out of memory", path);
	*server = (struct lp_unix_server){.loop = loop, .answer = answer, .ctx = ctx, .path = strdup(path)};
	server->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (!server->path || server->fd < 0)
		err = server->path ? errno : ENOMEM;
	if (!err)
		err = bind_path(server->fd, &address);
	if (err) {
		r = open_failure(failure, err, path);
		goto fail;
	}
	if (listen(server->fd, CLIENTS_MAX) < 0 ||
		lp_fd_watch_init(&server->watch, lp_loop_uv(loop), server->fd, on_connection, server) < 0) {
		r = open_failure(failure, EIO, path);
		unlink(path);
		goto fail;
	}
	lp_fd_watch_start(&server->watch);
	*ret_server = server;
	return 0;
fail:
	if (server->fd >= 0)
		close(server->fd);
	free(server->path);
	free(server);
	return r;
}

/* The loop has let go of the listening socket. */
static void on_server_released(void *ctx)
{
	free(ctx);
}

void lp_unix_server_close(struct lp_unix_server *server)
{
	if (!server)
		return;
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (server->clients[i])
			client_close(server->clients[i]);
	unlink(server->path);
	free(server->path);
	lp_fd_watch_close(&server->watch, on_server_released);
	close(server->fd);
}
