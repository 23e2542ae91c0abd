#include "platform/net/dhcp.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "platform/linux/net/dhcp_keeper.h"
#include "platform/posix/loop/fd_watch.h"
#include "platform/posix/loop/loop_uv.h"
#include "platform/posix/system/os_error.h"

/* How long lp_dhcp_free() waits for the keeper. */
#define END_MS 2000
#define ARGS_MAX 32

struct lp_dhcp {
	int fd; /* to the keeper */
	const struct lp_dhcp_events *events;
	void *ctx;
	struct lp_fd_watch watch;
	char line[256]; /* the line that is being received */
	size_t len;
	char last[256]; /* the last line of dhcpcd */
};

static const char *find_dhcpcd(void)
{
	static const char *const paths[] = {
		"/usr/sbin/dhcpcd", "/sbin/dhcpcd", "/usr/bin/dhcpcd", "/usr/local/sbin/dhcpcd"};
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
		if (access(paths[i], X_OK) == 0)
			return paths[i];
	return NULL;
}

/* The command line: an address and its netmask, and nothing else, unless the user accepts more. No configuration file
   is read, so that the system's has no effect on this interface. */
static void set_args(const struct lp_dhcp_config *config, const char *program, const char *args[ARGS_MAX])
{
	size_t n = 0;
	args[n++] = program;
	args[n++] = "--nobackground";
	args[n++] = "--config";
	args[n++] = "/dev/null";
	args[n++] = "--ipv4only"; /* the kernel does SLAAC */
	args[n++] = "--noipv4ll";
	if (config->accept_routes) {
		args[n++] = "--metric";
		args[n++] = "1"; /* below those of NetworkManager and systemd-networkd */
	} else {
		args[n++] = "--nogateway";
		args[n++] = "--nooption";
		args[n++] = "classless_static_routes,ms_classless_static_routes,static_routes";
	}
	if (!config->accept_dns) {
		args[n++] = "--nooption";
		args[n++] = "domain_name_servers,domain_name,domain_search";
		args[n++] = "--script";
		args[n++] = "/bin/true";
	} else {
		args[n++] = "--nohook";
		args[n++] = "hostname,ntp.conf,timezone";
	}
	args[n++] = config->device;
	args[n] = NULL;
}

/* Why dhcpcd ended, for people. */
static void describe_end(const struct lp_dhcp *dhcp, int status, char *ret_text, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(ret_text, size, "signal %d", WTERMSIG(status));
	else
		snprintf(ret_text, size, "%s", dhcp->last[0] ? dhcp->last : "it printed no reason");
}

/* True if another dhcpcd of this computer manages all interfaces: ours has asked it to configure this one, and that is
   no failure. */
static bool is_delegated(const struct lp_dhcp *dhcp, int status)
{
	static const char delegates[] = "sending commands to ";
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 &&
	       strncmp(dhcp->last, delegates, sizeof delegates - 1) == 0;
}

static void on_line(struct lp_dhcp *dhcp, const char *line)
{
	char text[300];
	int status;
	unsigned long long retry_ms;
	if (line[0] != LP_DHCP_ENDED) {
		snprintf(dhcp->last, sizeof dhcp->last, "%s", line);
		dhcp->events->line(dhcp->ctx, line);
	} else if (sscanf(line + 1, "%d %llu", &status, &retry_ms) == 2) {
		describe_end(dhcp, status, text, sizeof text);
		if (!is_delegated(dhcp, status))
			dhcp->events->ended(dhcp->ctx, text, retry_ms * LP_MS);
		dhcp->last[0] = '\0';
	}
}

static void on_readable(void *ctx, bool broken)
{
	struct lp_dhcp *dhcp = ctx;
	char data[512];
	ssize_t n = recv(dhcp->fd, data, sizeof data, MSG_DONTWAIT);
	if (n <= 0) {
		if (n < 0 && errno == EAGAIN && !broken)
			return;
		lp_fd_watch_stop(&dhcp->watch);
		dhcp->events->ended(dhcp->ctx, "its keeper ended", 0);
		return;
	}
	for (ssize_t i = 0; i < n; i++) {
		if (data[i] == '\n') {
			dhcp->line[dhcp->len] = '\0';
			dhcp->len = 0;
			if (dhcp->line[0])
				on_line(dhcp, dhcp->line);
		} else if (dhcp->len + 1 < sizeof dhcp->line) {
			dhcp->line[dhcp->len++] = data[i];
		}
	}
}

/* Starts the keeper as a grandchild, so that the program need not wait for its end. Returns the program's end of the
   socket, or an LP_E*. */
static int start_keeper(const char *const *args)
{
	int fds[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return lp_os_error(errno);
	/* The program's signal handlers are not for its children, which may get a signal before they run dhcpcd. */
	sigset_t all, before;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid_t child = fork();
	if (child == 0) {
		if (fork() != 0)
			_exit(0);
		for (int number = 1; number < NSIG; number++)
			(void)signal(number, SIG_DFL);
		int fd = dup2(fds[1], STDERR_FILENO + 1);
		syscall(SYS_close_range, STDERR_FILENO + 2, ~0U, 0);
		lp_dhcp_keeper_run(fd, args);
	}
	int result = child < 0 ? lp_os_error(errno) : fds[0];
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(fds[1]);
	if (child < 0)
		close(fds[0]);
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	return result;
}

static void on_released(void *ctx)
{
	free(ctx);
}

int lp_dhcp_new(struct lp_loop *loop, const struct lp_dhcp_config *config, struct lp_failure *failure,
	struct lp_dhcp **ret_dhcp)
{
	const char *args[ARGS_MAX], *program = find_dhcpcd();
	if (!program)
		return lp_fail(failure, LP_ENOTFOUND,
			"%s will have no IP address: dhcpcd, which asks the LAN for one, is not installed. Run 'sudo apt "
			"install dhcpcd-base' and start this program again, or use --no-dhcp with another DHCP client, or "
			"--address",
			config->device);
	if (geteuid() != 0)
		return lp_fail(failure, LP_EPERM,
			"%s will have no IP address: dhcpcd, which asks the LAN for one, needs root. Run this program with "
			"sudo, or use --no-dhcp with another DHCP client, or --address",
			config->device);
	struct lp_dhcp *dhcp = calloc(1, sizeof *dhcp);
	if (!dhcp)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	set_args(config, program, args);
	int result = start_keeper(args);
	if (result < 0) {
		free(dhcp);
		return lp_fail(failure, result, "%s: starting dhcpcd: %s", config->device, lp_error_text(result));
	}
	dhcp->fd = result;
	dhcp->events = config->events;
	dhcp->ctx = config->ctx;
	result = lp_fd_watch_init(&dhcp->watch, lp_loop_uv(loop), dhcp->fd, on_readable, dhcp);
	if (result < 0) {
		close(dhcp->fd);
		free(dhcp);
		return lp_fail(failure, result, "%s: starting dhcpcd: %s", config->device, lp_error_text(result));
	}
	lp_fd_watch_start(&dhcp->watch);
	*ret_dhcp = dhcp;
	return 0;
}

void lp_dhcp_request(struct lp_dhcp *dhcp)
{
	(void)!send(dhcp->fd, &(char){LP_DHCP_REQUEST}, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Waits until the keeper and dhcpcd have ended, so that the next start finds none of them. */
static void wait_for_end(int fd)
{
	struct pollfd readable = {.fd = fd, .events = POLLIN};
	char data[512];
	while (poll(&readable, 1, END_MS) > 0 && recv(fd, data, sizeof data, MSG_DONTWAIT) > 0)
		;
}

void lp_dhcp_free(struct lp_dhcp *dhcp)
{
	if (!dhcp)
		return;
	shutdown(dhcp->fd, SHUT_WR);
	wait_for_end(dhcp->fd);
	lp_fd_watch_close(&dhcp->watch, on_released);
	close(dhcp->fd);
}
