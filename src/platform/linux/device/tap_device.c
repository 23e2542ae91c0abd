#include "platform/linux/device/tap_device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_tun.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/linux/device/vnet.h"
#include "platform/posix/system/os_error.h"

/* UDP segmentation; missing from the headers of our build systems. */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

#define OFFLOAD_TCP (TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN)
#define OFFLOAD_UDP (TUN_F_USO4 | TUN_F_USO6)

static int open_failure(struct lp_failure *failure, int err, const char *name)
{
	switch (err) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return lp_fail(failure, LP_ENOTFOUND,
			"/dev/net/tun: this system has no TAP interfaces. Load the module ('sudo modprobe tun') "
			"or, in a container, pass the device in");
	case EACCES:
		return lp_fail(failure, LP_EPERM,
			"/dev/net/tun: its mode allows only its owner to create TAP interfaces. Run with sudo "
			"or, for a program that has CAP_NET_ADMIN, 'sudo chmod 666 /dev/net/tun'");
	case EPERM:
		return lp_fail(
			failure, LP_EPERM, "%s: creating a TAP interface needs CAP_NET_ADMIN. Run with sudo", name);
	case EBUSY:
		return lp_fail(failure, LP_EEXISTS,
			"%s: an interface of this name exists already. Is this program running already ('pgrep -a "
			"lanparty')? Otherwise choose another name, or remove it ('sudo ip link delete %s')",
			name, name);
	case EINVAL:
		return lp_fail(failure, LP_EINVAL,
			"%s: not an interface name, which has at most 15 characters and no '/'", name);
	default:
		return lp_fail(
			failure, lp_os_error(err), "%s: cannot create the TAP interface: %s", name, strerror(err));
	}
}

/* Opens one queue: the first creates the interface, the others join it. The descriptor, or the negative errno. */
static int open_queue(struct ifreq *ifr, bool first)
{
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ifr->ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE;
	/* Without this flag an existing persistent interface would be taken over. */
	if (first)
		ifr->ifr_flags |= (short)IFF_TUN_EXCL;
	if (ioctl(fd, TUNSETIFF, ifr) == 0)
		return fd;
	int err = errno;
	close(fd);
	return -err;
}

/* Makes the kernel choose the queue by a frame's flow. By default it chooses the queue that answers of the flow are
   written to, and that is one queue for all. False if the kernel refuses. */
static bool steer_by_flow(int fd)
{
	/* r0 = frame->hash; if (r0) r0 = r0 % (queues - 1) + 1; return r0. The hash is that of the sending socket. ARP,
	   ping and the like have none, and share queue 0 with no bulk flow. */
	static const struct bpf_insn code[] = {
		{.code = BPF_LDX | BPF_MEM | BPF_W,
			.dst_reg = BPF_REG_0,
			.src_reg = BPF_REG_1,
			.off = offsetof(struct __sk_buff, hash)},
		{.code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = BPF_REG_0, .off = 2, .imm = 0},
		{.code = BPF_ALU | BPF_MOD | BPF_K, .dst_reg = BPF_REG_0, .imm = LP_TAP_QUEUES_MAX - 1},
		{.code = BPF_ALU | BPF_ADD | BPF_K, .dst_reg = BPF_REG_0, .imm = 1},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attr;
	int program;
	bool ok;

	memset(&attr, 0, sizeof attr);
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = (uintptr_t)code;
	attr.insn_cnt = sizeof code / sizeof code[0];
	attr.license = (uintptr_t) "MIT";
	program = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof attr);
	if (program < 0)
		return false;
	ok = ioctl(fd, TUNSETSTEERINGEBPF, &program) == 0;
	close(program);
	return ok;
}

/* Enables super-frames and checksum offload as far as the kernel supports them. */
static void set_offload(struct lp_tap_device *device)
{
	if (ioctl(device->fds[0], TUNSETOFFLOAD, OFFLOAD_TCP | OFFLOAD_UDP) == 0)
		device->takes_tcp = device->takes_udp = true;
	else if (ioctl(device->fds[0], TUNSETOFFLOAD, OFFLOAD_TCP) == 0)
		device->takes_tcp = true;
}

int lp_tap_device_open(const char *name, bool offload, struct lp_failure *failure, struct lp_tap_device *ret_device)
{
	struct lp_tap_device device = {0};
	struct ifreq ifr = {0};
	size_t len = strlen(name);
	int header_bytes = LP_VNET_BYTES;
	if (len == 0 || len >= sizeof ifr.ifr_name)
		return open_failure(failure, EINVAL, name);
	memcpy(ifr.ifr_name, name, len);
	int fd = open_queue(&ifr, true);
	if (fd < 0)
		return open_failure(failure, -fd, name);
	device.fds[device.n_queues++] = fd;
	memcpy(device.name, ifr.ifr_name, sizeof device.name);
	if (ioctl(fd, TUNSETVNETHDRSZ, &header_bytes) < 0) {
		int err = errno;
		lp_tap_device_close(&device);
		return open_failure(failure, err, name);
	}
	if (offload)
		set_offload(&device);
	while (device.n_queues < LP_TAP_QUEUES_MAX && (device.n_queues > 1 || steer_by_flow(fd))) {
		int more = open_queue(&ifr, false);
		if (more < 0)
			break;
		device.fds[device.n_queues++] = more;
	}
	*ret_device = device;
	return 0;
}

void lp_tap_device_close(struct lp_tap_device *device)
{
	for (unsigned i = 0; i < device->n_queues; i++)
		close(device->fds[i]);
	device->n_queues = 0;
}
