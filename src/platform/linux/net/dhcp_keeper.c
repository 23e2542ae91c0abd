#include "platform/linux/net/dhcp_keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/units.h"
#include "platform/posix/loop/clock.h"

#define RETRY_MIN_MS 1000
#define RETRY_MAX_MS 60000
/* A dhcpcd that ran for longer is started again without a longer wait. */
#define RAN_WELL_NS (60 * LP_SEC)
/* Time for dhcpcd to end after SIGTERM. */
#define END_MS 1000

struct keeper {
	int fd; /* to the program */
	const char *const *argv;
	pid_t pid; /* of dhcpcd; 0: it does not run */
	int pidfd;
	uint64_t started_ns;
	uint64_t retry_ms;   /* the next wait */
	uint64_t restart_ns; /* when dhcpcd is started again; LP_NEVER: not */
};

/* Replaces the child process by dhcpcd, in a process group of its own, so that its own children can be ended too. */
static _Noreturn void exec_dhcpcd(const struct keeper *keeper)
{
	sigset_t none;
	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	int null_fd = open("/dev/null", O_RDWR);
	dup2(null_fd, STDIN_FILENO);
	dup2(null_fd, STDOUT_FILENO);
	dup2(keeper->fd, STDERR_FILENO);
	syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);
	/* execv() does not write to the strings; its type is older than const. */
	execv(keeper->argv[0], (char *const *)(uintptr_t)keeper->argv);
	_exit(127);
}

static void report_end(struct keeper *keeper, int status, uint64_t retry_ms)
{
	char line[48];
	int len = snprintf(line, sizeof line, "%c%d %llu\n", LP_DHCP_ENDED, status, (unsigned long long)retry_ms);
	(void)!write(keeper->fd, line, (size_t)len);
}

static void start(struct keeper *keeper)
{
	keeper->restart_ns = LP_NEVER;
	keeper->started_ns = lp_monotonic_ns();
	pid_t pid = fork();
	if (pid == 0)
		exec_dhcpcd(keeper);
	if (pid < 0) {
		keeper->restart_ns = keeper->started_ns + RETRY_MAX_MS * LP_MS;
		return;
	}
	keeper->pid = pid;
	keeper->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
}

/* dhcpcd ended, or was ended: ends what is left of it and returns its wait status. */
static int reap(struct keeper *keeper)
{
	int status = 0;
	while (waitpid(keeper->pid, &status, 0) < 0 && errno == EINTR)
		;
	kill(-keeper->pid, SIGKILL);
	close(keeper->pidfd);
	keeper->pid = 0;
	keeper->pidfd = -1;
	return status;
}

static void on_ended(struct keeper *keeper)
{
	uint64_t now_ns = lp_monotonic_ns();
	uint64_t ran_ns = now_ns - keeper->started_ns;
	int status = reap(keeper);
	/* A dhcpcd that runs as a service of the system takes the interface over, and this one ends with success. */
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		report_end(keeper, status, 0);
		return;
	}
	if (ran_ns > RAN_WELL_NS)
		keeper->retry_ms = RETRY_MIN_MS;
	report_end(keeper, status, keeper->retry_ms);
	keeper->restart_ns = now_ns + keeper->retry_ms * LP_MS;
	keeper->retry_ms = keeper->retry_ms * 2 < RETRY_MAX_MS ? keeper->retry_ms * 2 : RETRY_MAX_MS;
}

static void on_request(struct keeper *keeper)
{
	if (keeper->pid)
		kill(keeper->pid,
			SIGHUP); /* it sends a request for the lease that it has, or starts from the beginning */
	else
		start(keeper);
}

/* The program is gone. */
static _Noreturn void end(struct keeper *keeper)
{
	if (keeper->pid) {
		struct pollfd ended = {.fd = keeper->pidfd, .events = POLLIN};
		kill(keeper->pid, SIGTERM);
		if (poll(&ended, 1, END_MS) <= 0)
			kill(-keeper->pid, SIGKILL);
		reap(keeper);
	}
	_exit(0);
}

/* Sleeps until the program or dhcpcd needs attention. */
static void wait_for_event(struct keeper *keeper)
{
	struct pollfd fds[] = {{.fd = keeper->fd, .events = POLLIN}, {.fd = keeper->pidfd, .events = POLLIN}};
	uint64_t now_ns = lp_monotonic_ns();
	int timeout_ms = -1;
	if (keeper->restart_ns != LP_NEVER)
		timeout_ms = keeper->restart_ns > now_ns ? (int)((keeper->restart_ns - now_ns) / LP_MS) + 1 : 0;
	if (poll(fds, 2, timeout_ms) < 0)
		return;
	if (fds[0].revents) {
		char byte;
		ssize_t n = read(keeper->fd, &byte, 1);
		if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
			end(keeper);
		if (n == 1)
			on_request(keeper);
		return;
	}
	if (keeper->pid && fds[1].revents)
		on_ended(keeper);
	else if (keeper->restart_ns != LP_NEVER && lp_monotonic_ns() >= keeper->restart_ns)
		start(keeper);
}

void lp_dhcp_keeper_run(int fd, const char *const *argv)
{
	struct keeper keeper = {.fd = fd, .argv = argv, .pidfd = -1, .retry_ms = RETRY_MIN_MS, .restart_ns = LP_NEVER};
	sigset_t all;
	/* A terminal's Ctrl-C is for the program; the keeper ends when the socket is closed. */
	setsid();
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_NAME, "lanparty-dhcp");
	for (;;)
		wait_for_event(&keeper);
}
