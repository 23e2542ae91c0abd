#include "platform/linux/net/udp_share.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <unistd.h>

#include "platform/net/udp.h"

/* Where the destination connection ID begins, in packets with a long and with a short header (RFC 8999 §5). */
#define LONG_HEADER_DCID 6
#define SHORT_HEADER_DCID 1

static int bind_alone(int fd, const struct sockaddr *addr, socklen_t len)
{
	return bind(fd, addr, len) == 0 ? 0 : errno;
}

/* Checks that nobody has the port: a socket that does not share cannot bind to it otherwise. */
static int check_free(int fd, const struct sockaddr *addr, socklen_t len)
{
	int domain, v6only = 0;
	socklen_t size = sizeof domain;
	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) < 0)
		return errno;
	int probe = socket(domain, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (probe < 0)
		return errno;
	size = sizeof v6only;
	if (domain == AF_INET6 && getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, &size) == 0)
		(void)setsockopt(probe, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof v6only);
	int err = bind_alone(probe, addr, len);
	close(probe);
	return err;
}

/* Attaches the program, which the kernel runs on a datagram's UDP payload. Loads beyond its end return 0. */
static int attach_program(int fd, unsigned n)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x80, 0, 2),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, LONG_HEADER_DCID),
		BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, SHORT_HEADER_DCID),
		BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, n),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	const struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program) == 0 ? 0 : errno;
}

int lp_udp_share_bind(int fd, const struct sockaddr *addr, socklen_t len, const struct lp_udp_share *share)
{
	const int on = 1;
	if (share->n == 1)
		return bind_alone(fd, addr, len);
	int err = share->index == 0 ? check_free(fd, addr, len) : 0;
	if (err)
		return err;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) < 0)
		return errno;
	err = bind_alone(fd, addr, len);
	return err || share->index > 0 ? err : attach_program(fd, share->n);
}
