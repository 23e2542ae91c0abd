/* The way from the gateway to its own computer, in a network namespace: by TCX, and by a traffic-control filter where
   the kernel has no TCX. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/failure.h"
#include "netns.h"
#include "packet.h"
#include "platform/linux/device/host_link.h"

/* Sends one UDP datagram to 10.0.0.100 port 4242 by the link. True if the host's own socket receives it as one that
   came in by the interface "lan". */
static bool carries(const struct lp_host_link *link)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(4242)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
		  setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lan", 4) == 0;
	uint8_t data[256], received[64];
	struct packet packet = {.version = 4,
		.protocol = PACKET_UDP,
		.host = 1,
		.source_port = 1,
		.target_port = 4242,
		.payload = (const uint8_t *)"hello",
		.payload_len = 5};
	struct lp_frame frame = {.data = data, .len = packet_build(&packet, data)};
	memset(data, 0xff, 6);
	ok = ok && lp_host_link_send(link, &frame, 1) == 1;
	ok = ok && poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 5000) == 1;
	ok = ok && recv(fd, received, sizeof received, 0) == 5 && memcmp(received, "hello", 5) == 0;
	close(fd);
	return ok;
}

/* Opens a link to the interface "lan" and sends by it. */
static bool reaches_host(void)
{
	struct lp_host_link link;
	struct lp_failure failure = {0};
	if (lp_host_link_open(if_nametoindex("lan"), &failure, &link) < 0) {
		fprintf(stderr, "%s\n", failure.text);
		return false;
	}
	bool ok = carries(&link);
	lp_host_link_close(&link);
	/* Nothing stays behind. */
	return ok && if_nametoindex("lphost0") == 0;
}

static void plug(void)
{
	netns_run("ip link add lan type veth peer name other");
	netns_run("ip addr add 10.0.0.100/24 dev lan");
	netns_run("ip link set lan up && ip link set other up");
}

static void make_lan(void)
{
	netns_new();
	plug();
}

static void test_tcx(void **state)
{
	(void)state;
	make_lan();
	assert_true(reaches_host());
}

/* Makes bpf(BPF_LINK_CREATE) fail as on kernels before 6.6, for this process. */
static bool forbid_links(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bpf, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, BPF_LINK_CREATE, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static void test_filter(void **state)
{
	(void)state;
	make_lan();
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(forbid_links() && reaches_host() ? 0 : 1);
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* The interface is removed, and another one takes its name; the rights to load programs are gone by then. */
static void test_move(void **state)
{
	(void)state;
	struct lp_host_link link;
	struct lp_failure failure = {0};
	make_lan();
	assert_int_equal(lp_host_link_open(if_nametoindex("lan"), &failure, &link), 0);
	assert_true(carries(&link));
	netns_run("ip link del lan");
	plug();
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (setresuid(65534, 65534, 65534) < 0)
			_exit(1);
		lp_host_link_move(&link, if_nametoindex("lan"));
		_exit(0);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_true(carries(&link));
	lp_host_link_close(&link);
	lp_host_link_move(&link, 1); /* harmless */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcx),
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_move),
	};
	return cmocka_run_group_tests_name("host_link", tests, NULL, NULL);
}
