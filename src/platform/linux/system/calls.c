#include "platform/linux/system/calls.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* What the programs and their libraries use once they run. Missing on purpose: exec, fork, ptrace, mounts, modules,
   keys, BPF, io_uring, and calls that change users. Names that an architecture lacks are skipped. */
static const char *const allowed[] = {
	/* files */
	"access",
	"chmod",
	"chown",
	"close",
	"close_range",
	"copy_file_range",
	"dup",
	"dup2",
	"dup3",
	"faccessat",
	"faccessat2",
	"fadvise64",
	"fallocate",
	"fchmod",
	"fchown",
	"fchownat",
	"fcntl",
	"fcntl64",
	"fdatasync",
	"flock",
	"fstat",
	"fstat64",
	"fstatat64",
	"fstatfs",
	"fsync",
	"ftruncate",
	"ftruncate64",
	"getcwd",
	"getdents",
	"getdents64",
	"lseek",
	"_llseek",
	"lstat",
	"lstat64",
	"mkdir",
	"mkdirat",
	"newfstatat",
	"open",
	"openat",
	"openat2",
	"pread64",
	"preadv",
	"pwrite64",
	"pwritev",
	"read",
	"readlink",
	"readlinkat",
	"readv",
	"rename",
	"renameat",
	"renameat2",
	"rmdir",
	"stat",
	"stat64",
	"statfs",
	"statx",
	"umask",
	"unlink",
	"unlinkat",
	"utimensat",
	"write",
	"writev",
	/* sockets and events */
	"accept",
	"accept4",
	"bind",
	"connect",
	"epoll_create",
	"epoll_create1",
	"epoll_ctl",
	"epoll_pwait",
	"epoll_pwait2",
	"epoll_wait",
	"eventfd2",
	"getpeername",
	"getsockname",
	"getsockopt",
	"listen",
	"pipe",
	"pipe2",
	"poll",
	"ppoll",
	"ppoll_time64",
	"pselect6",
	"recv",
	"recvfrom",
	"recvmmsg",
	"recvmmsg_time64",
	"recvmsg",
	"select",
	"_newselect",
	"send",
	"sendfile",
	"sendmmsg",
	"sendmsg",
	"sendto",
	"setsockopt",
	"shutdown",
	"signalfd4",
	"socketcall",
	"socketpair",
	"timerfd_create",
	"timerfd_gettime",
	"timerfd_settime",
	"timerfd_settime64",
	/* memory */
	"brk",
	"madvise",
	"membarrier",
	"mlock",
	"mmap",
	"mmap2",
	"mprotect",
	"mremap",
	"munlock",
	"munmap",
	/* threads, time and signals */
	"clock_getres",
	"clock_gettime",
	"clock_gettime64",
	"clock_nanosleep",
	"clock_nanosleep_time64",
	"exit",
	"exit_group",
	"futex",
	"futex_time64",
	"get_robust_list",
	"getpid",
	"gettid",
	"gettimeofday",
	"nanosleep",
	"restart_syscall",
	"rseq",
	"rt_sigaction",
	"rt_sigpending",
	"rt_sigprocmask",
	"rt_sigreturn",
	"rt_sigsuspend",
	"rt_sigtimedwait",
	"sched_getaffinity",
	"sched_getparam",
	"sched_getscheduler",
	"sched_setscheduler", /* without privileges it cannot raise the priority */
	"sched_yield",
	"set_robust_list",
	"set_tid_address",
	"setitimer",
	"sigaltstack",
	"sigreturn",
	"tgkill",
	"time",
	/* the process and the system */
	"arch_prctl",
	"capget",
	"capset",
	"getegid",
	"getegid32",
	"geteuid",
	"geteuid32",
	"getgid",
	"getgid32",
	"getgroups",
	"getppid",
	"getrandom",
	"getresgid",
	"getresuid",
	"getrlimit",
	"getrusage",
	"getuid",
	"getuid32",
	"prctl",
	"prlimit64",
	"sysinfo",
	"ugetrlimit",
	"uname",
};

static const int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};

/* Adds a rule for all arguments. */
static int allow(scmp_filter_ctx filter, const char *name)
{
	int call = seccomp_syscall_resolve_name(name);
	if (call == __NR_SCMP_ERROR)
		return 0;
	int result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
	return result == -EDOM || result == -EEXIST ? 0 : result;
}

/* Adds the rules that depend on arguments. A terminal must not be written to as if by the user. */
static int allow_some(scmp_filter_ctx filter)
{
	int result = seccomp_rule_add(
		filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
	for (size_t i = 0; result == 0 && i < sizeof families / sizeof *families; i++)
		result = seccomp_rule_add(
			filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i]));
	if (result == 0)
		result = seccomp_rule_add(
			filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_NE, (scmp_datum_t)TIOCSTI));
	return result;
}

int lp_calls_restrict(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int result = filter ? 0 : -ENOMEM;
	if (result == 0)
		result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	/* Without it, kernels before 5.16 slow down speculation in every filtered process. */
	if (result == 0)
		(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
	for (size_t i = 0; result == 0 && i < sizeof allowed / sizeof *allowed; i++)
		result = allow(filter, allowed[i]);
	if (result == 0)
		result = allow_some(filter);
	if (result == 0)
		result = seccomp_load(filter);
	if (filter)
		seccomp_release(filter);
	return -result;
}
