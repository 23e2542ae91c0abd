#include "platform/linux/device/capture_filter.h"

#include <assert.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <stdint.h>

#include "base/addr.h"
#include "platform/linux/device/host_link.h"

/* Field offsets from the first byte of the frame (RFC 791, RFC 8200, RFC 768). */
enum {
	AT_ETHERTYPE = 12,
	AT_IP = 14,
	AT_IPV4_FRAGMENT = AT_IP + 6,
	AT_IPV4_PROTOCOL = AT_IP + 9,
	AT_IPV4_SOURCE = AT_IP + 12,
	AT_IPV4_DESTINATION = AT_IP + 16,
	AT_IPV6_NEXT_HEADER = AT_IP + 6,
	AT_IPV6_SOURCE = AT_IP + 8,
	AT_IPV6_DESTINATION = AT_IP + 24,
	AT_IPV6_PAYLOAD = AT_IP + 40,
};

/* Jump targets that resolve() fills in: classic BPF jumps forwards only, by a number of instructions. */
enum {
	NEXT = 0,
	TO_OTHER_WAY = 254, /* the second of the two directions */
	TO_PASS = 255,
};

struct program {
	struct sock_filter *code;
	size_t n;
};

static void emit(struct program *program, uint16_t op, uint8_t jump_true, uint8_t jump_false, uint32_t k)
{
	assert(program->n < LP_CAPTURE_FILTER_MAX);
	program->code[program->n++] = (struct sock_filter){op, jump_true, jump_false, k};
}

/* Loads a field and jumps to |otherwise| unless it equals |k|. */
static void expect(struct program *program, uint16_t load, uint32_t at, uint32_t k, uint8_t otherwise)
{
	emit(program, BPF_LD | load, 0, 0, at);
	emit(program, BPF_JMP | BPF_JEQ | BPF_K, NEXT, otherwise, k);
}

/* Expects an address at an offset; an unknown one matches anything. */
static void expect_address(struct program *program, uint32_t at, const struct lp_addr *addr, uint8_t otherwise)
{
	size_t words = addr->family == 6 ? 4 : addr->family == 4 ? 1 : 0;
	for (size_t i = 0; i < words; i++) {
		const uint8_t *ip = addr->ip + 4 * i;
		uint32_t word = (uint32_t)ip[0] << 24 | (uint32_t)ip[1] << 16 | (uint32_t)ip[2] << 8 | ip[3];
		expect(program, BPF_W | BPF_ABS, at + 4 * (uint32_t)i, word, otherwise);
	}
}

/* Drops a packet of the tunnel's that is sent (|out|) or received, and jumps to |otherwise| for any other. X holds the
   IPv4 header's length. */
static void expect_way(struct program *program, const struct lp_addr *local, const struct lp_addr *remote, bool out,
	bool ipv6, uint8_t otherwise)
{
	uint16_t load = ipv6 ? BPF_H | BPF_ABS : BPF_H | BPF_IND;
	uint32_t at_ports = ipv6 ? AT_IPV6_PAYLOAD : AT_IP;
	uint32_t at_source = ipv6 ? AT_IPV6_SOURCE : AT_IPV4_SOURCE;
	uint32_t at_destination = ipv6 ? AT_IPV6_DESTINATION : AT_IPV4_DESTINATION;
	expect(program, load, at_ports + (out ? 0 : 2), local->port, otherwise);
	if (local->family) {
		expect_address(program, out ? at_source : at_destination, local, otherwise);
	} else {
		expect(program, load, at_ports + (out ? 2 : 0), remote->port, otherwise);
		expect_address(program, out ? at_destination : at_source, remote, otherwise);
	}
	emit(program, BPF_RET | BPF_K, 0, 0, 0);
}

/* Replaces the jump target |name| by the number of instructions to skip. */
static void resolve(struct program *program, uint8_t name, size_t target)
{
	for (size_t i = 0; i < target; i++) {
		struct sock_filter *f = &program->code[i];
		if (BPF_CLASS(f->code) != BPF_JMP)
			continue;
		if (f->jt == name)
			f->jt = (uint8_t)(target - i - 1);
		if (f->jf == name)
			f->jf = (uint8_t)(target - i - 1);
	}
}

/* Drops a tunnel's packets in both directions, and jumps to TO_PASS for all others. */
static void drop_tunnel(struct program *program, const struct lp_addr *local, const struct lp_addr *remote)
{
	bool ipv6 = remote->family == 6;
	assert(remote->family && (!local->family || local->family == remote->family));
	expect(program, BPF_H | BPF_ABS, AT_ETHERTYPE, ipv6 ? ETH_P_IPV6 : ETH_P_IP, TO_PASS);
	if (ipv6) {
		expect(program, BPF_B | BPF_ABS, AT_IPV6_NEXT_HEADER, IPPROTO_UDP, TO_PASS);
	} else {
		expect(program, BPF_B | BPF_ABS, AT_IPV4_PROTOCOL, IPPROTO_UDP, TO_PASS);
		/* Only the first fragment has ports. */
		emit(program, BPF_LD | BPF_H | BPF_ABS, 0, 0, AT_IPV4_FRAGMENT);
		emit(program, BPF_JMP | BPF_JSET | BPF_K, TO_PASS, NEXT, 0x1fff);
		emit(program, BPF_LDX | BPF_B | BPF_MSH, 0, 0, AT_IP);
	}
	expect_way(program, local, remote, true, ipv6, TO_OTHER_WAY);
	resolve(program, TO_OTHER_WAY, program->n);
	expect_way(program, local, remote, false, ipv6, TO_PASS);
}

size_t lp_capture_filter(const struct lp_addr *local, const struct lp_addr *remote, bool host,
	struct sock_filter code[LP_CAPTURE_FILTER_MAX])
{
	struct program program = {.code = code};
	emit(&program, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)(SKF_AD_OFF + (host ? SKF_AD_MARK : SKF_AD_PKTTYPE)));
	emit(&program, BPF_JMP | BPF_JEQ | BPF_K, NEXT, 1, host ? LP_HOST_LINK_MARK : PACKET_OUTGOING);
	emit(&program, BPF_RET | BPF_K, 0, 0, 0);
	if (remote)
		drop_tunnel(&program, local, remote);
	resolve(&program, TO_PASS, program.n);
	emit(&program, BPF_RET | BPF_K, 0, 0, UINT32_MAX);
	return program.n;
}
