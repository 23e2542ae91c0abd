#include "platform/linux/device/host_link.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_tun.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/linux/device/interface.h"
#include "platform/linux/device/vnet.h"
#include "platform/linux/net/netlink.h"
#include "platform/posix/system/os_error.h"

/* Younger than the headers of the systems that we build on. */
#define ATTACH_TCX_INGRESS 46
/* The TAP limits nothing: frames are as long as the LAN's. */
#define LINK_MTU 65521

/* Why there is no link, for the step that failed. */
static int open_failure(struct lp_failure *failure, int err, const char *step)
{
	if (err == EPERM || err == EACCES)
		return lp_fail(failure, LP_EPERM, "%s needs CAP_NET_ADMIN and CAP_BPF", step);
	if (err == ENOENT || err == ENODEV || err == ENXIO)
		return lp_fail(
			failure, LP_ENOTFOUND, "%s: this kernel has no TAP interfaces ('sudo modprobe tun')", step);
	return lp_fail(failure, lp_os_error(err), "%s: %s", step, strerror(err));
}

/* Makes the memory that the program shares with us: an array with one entry. Its descriptor, or -1. */
static int share_target(struct lp_host_link *link)
{
	union bpf_attr attr;
	memset(&attr, 0, sizeof attr);
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = attr.value_size = sizeof *link->target;
	attr.max_entries = 1;
	attr.map_flags = BPF_F_MMAPABLE;
	int map = (int)syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof attr);
	if (map < 0)
		return -1;
	void *memory = mmap(NULL, sizeof *link->target, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
	if (memory != MAP_FAILED) {
		link->target = memory;
		return map;
	}
	int err = errno;
	close(map);
	errno = err;
	return -1;
}

/* skb->mark = LP_HOST_LINK_MARK; return bpf_redirect(*target, BPF_F_INGRESS); */
static int load_program(int map)
{
	const struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = LP_HOST_LINK_MARK},
		{.code = BPF_STX | BPF_MEM | BPF_W,
			.dst_reg = BPF_REG_1,
			.src_reg = BPF_REG_2,
			.off = offsetof(struct __sk_buff, mark)},
		/* A constant of 64 bits takes two instructions: here the address of the array's entry. */
		{.code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = BPF_REG_2, .src_reg = BPF_PSEUDO_MAP_VALUE, .imm = map},
		{.code = 0},
		{.code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_2},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = BPF_F_INGRESS},
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attr;
	memset(&attr, 0, sizeof attr);
	attr.prog_type = BPF_PROG_TYPE_SCHED_CLS;
	attr.insns = (uintptr_t)code;
	attr.insn_cnt = sizeof code / sizeof code[0];
	attr.license = (uintptr_t) "MIT";
	return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof attr);
}

/* Attaches the program to the TAP's ingress by TCX (kernel 6.6 and later). The link's descriptor, or -1. */
static int attach_tcx(int program, unsigned tap_index)
{
	union bpf_attr attr;
	memset(&attr, 0, sizeof attr);
	attr.link_create.prog_fd = (uint32_t)program;
	attr.link_create.target_ifindex = tap_index;
	attr.link_create.attach_type = ATTACH_TCX_INGRESS;
	return (int)syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof attr);
}

/* Starts a traffic-control request for the TAP. */
static struct nlmsghdr *begin_tc(struct lp_netlink_request *request, uint16_t type, unsigned tap_index, uint32_t handle,
	uint32_t parent, uint32_t info)
{
	struct nlmsghdr *nlh = lp_netlink_begin(request, type, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
	struct tcmsg *tc = mnl_nlmsg_put_extra_header(nlh, sizeof *tc);
	tc->tcm_family = AF_UNSPEC;
	tc->tcm_ifindex = (int)tap_index;
	tc->tcm_handle = handle;
	tc->tcm_parent = parent;
	tc->tcm_info = info;
	return nlh;
}

/* Attaches the program by a clsact qdisc and a filter, as every kernel since 4.5 can. Both go with the TAP. */
static int attach_filter(int program, unsigned tap_index)
{
	struct lp_netlink_request request;
	struct nlmsghdr *nlh = begin_tc(&request, RTM_NEWQDISC, tap_index, TC_H_MAKE(TC_H_CLSACT, 0), TC_H_CLSACT, 0);
	mnl_attr_put_strz(nlh, TCA_KIND, "clsact");
	int result = lp_netlink_call(nlh, NULL, NULL);
	if (result < 0)
		return result;
	nlh = begin_tc(&request, RTM_NEWTFILTER, tap_index, 0, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS),
		TC_H_MAKE(1 << 16, __builtin_bswap16(0x0003))); /* ETH_P_ALL */
	mnl_attr_put_strz(nlh, TCA_KIND, "bpf");
	struct nlattr *options = mnl_attr_nest_start(nlh, TCA_OPTIONS);
	mnl_attr_put_u32(nlh, TCA_BPF_FD, (uint32_t)program);
	mnl_attr_put_strz(nlh, TCA_BPF_NAME, "lanparty");
	mnl_attr_put_u32(nlh, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	mnl_attr_nest_end(nlh, options);
	return lp_netlink_call(nlh, NULL, NULL);
}

/* Redirects the TAP's ingress to that of the interface |ifindex|. */
static int redirect(struct lp_host_link *link, unsigned ifindex, unsigned tap_index, struct lp_failure *failure)
{
	int map = share_target(link);
	if (map < 0)
		return open_failure(failure, errno, "making the eBPF program's map");
	lp_host_link_move(link, ifindex);
	int program = load_program(map), err = errno;
	close(map); /* the program and the mapping keep it */
	if (program < 0)
		return open_failure(failure, err, "loading the eBPF program");
	link->link = attach_tcx(program, tap_index);
	int result = link->link < 0 ? attach_filter(program, tap_index) : 0;
	close(program); /* what it is attached to keeps it */
	if (result < 0)
		return lp_fail(failure, result, "attaching the eBPF program: %s", lp_error_text(result));
	return 0;
}

/* Keeps the host from using the TAP as a network of its own: no IPv6 address. Kernels without IPv6 refuse, which is as
   good. */
static void silence(unsigned tap_index)
{
	struct lp_netlink_request request;
	struct nlmsghdr *nlh = lp_netlink_begin(&request, RTM_SETLINK, NLM_F_ACK);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(nlh, sizeof *info);
	info->ifi_index = (int)tap_index;
	struct nlattr *families = mnl_attr_nest_start(nlh, IFLA_AF_SPEC);
	struct nlattr *inet6 = mnl_attr_nest_start(nlh, AF_INET6);
	mnl_attr_put_u8(nlh, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(nlh, inet6);
	mnl_attr_nest_end(nlh, families);
	(void)lp_netlink_call(nlh, NULL, NULL);
}

static int bring_up(struct ifreq *ifr)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	ifr->ifr_mtu = LINK_MTU;
	int err = ioctl(fd, SIOCSIFMTU, ifr) < 0 ? errno : 0;
	ifr->ifr_flags = IFF_UP | IFF_NOARP;
	if (err == 0 && ioctl(fd, SIOCSIFFLAGS, ifr) < 0)
		err = errno;
	close(fd);
	return -err;
}

static int open_tap(struct lp_host_link *link, struct ifreq *ifr, struct lp_failure *failure)
{
	int header_bytes = LP_VNET_BYTES;
	link->tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (link->tap < 0)
		return open_failure(failure, errno, "/dev/net/tun");
	snprintf(ifr->ifr_name, sizeof ifr->ifr_name, "lphost%%d");
	ifr->ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
	if (ioctl(link->tap, TUNSETIFF, ifr) < 0 || ioctl(link->tap, TUNSETVNETHDRSZ, &header_bytes) < 0)
		return open_failure(failure, errno, "making a TAP interface");
	return 0;
}

/* 0 if there is no such interface. */
static unsigned index_of(const char *name)
{
	struct lp_interface interface;
	return lp_interface_get(name, &interface) == 0 ? interface.index : 0;
}

int lp_host_link_open(unsigned ifindex, struct lp_failure *failure, struct lp_host_link *ret_link)
{
	struct lp_host_link link = {.tap = -1, .link = -1};
	struct ifreq ifr = {0};
	int result = open_tap(&link, &ifr, failure);
	unsigned tap_index = result == 0 ? index_of(ifr.ifr_name) : 0;
	if (result == 0)
		result = redirect(&link, ifindex, tap_index, failure);
	if (result == 0) {
		silence(tap_index);
		int err = bring_up(&ifr);
		if (err < 0)
			result = open_failure(failure, -err, "bringing the TAP interface up");
	}
	if (result < 0)
		lp_host_link_close(&link);
	else
		*ret_link = link;
	return result;
}

size_t lp_host_link_send(const struct lp_host_link *link, const struct lp_frame *frames, size_t n_frames)
{
	return lp_vnet_send(link->tap, frames, n_frames);
}

void lp_host_link_move(const struct lp_host_link *link, unsigned ifindex)
{
	if (link->target)
		__atomic_store_n(link->target, ifindex, __ATOMIC_RELAXED);
}

void lp_host_link_close(struct lp_host_link *link)
{
	if (link->target)
		munmap(link->target, sizeof *link->target);
	link->target = NULL;
	if (link->link >= 0)
		close(link->link);
	if (link->tap >= 0)
		close(link->tap);
	link->link = link->tap = -1;
}
