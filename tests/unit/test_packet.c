/* The packet socket on one end of a veth pair: it restores what the kernel removes from frames, and drops what is not
   from the LAN. Needs permissions in a network namespace. */
#include "platform/device/packet.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "netns.h"
#include "platform/device/tap.h"
#include "platform/linux/device/vnet.h"
#include "platform/loop/loop.h"
#include "transfer.h"

/* How long an event may take on a busy machine before a test gives up. */
#define PATIENCE_MS 30000

#define KEPT 32
#define GAME_PORT 6000U
#define N_GAMES 6U

/* A received frame. */
struct kept {
	size_t len;
	struct lp_offload offload;
	uint8_t data[2048];
};

/* A LAN: the gateway's interface "gw0" in one namespace, a host's "host0" at the other end of the cable. */
struct lan {
	struct lp_loop *loop;
	struct lp_packet *packet;
	struct lp_tap *to; /* if set, frames are passed on to it */
	int gateway, host; /* namespaces */
	int host_raw;      /* sends any frame from the host */
	size_t frames, supers, partials, refused, tap_supers;
	size_t n_kept;
	struct kept kept[KEPT];
	size_t n_ours, game_at[N_GAMES]; /* of the test's frames: the number of each that is from a port of GAME_PORT or
					    above */
	struct lp_failure failure;
	size_t n_back; /* the interface was taken again */
};

/* True for the tests' frames: the systems also send their own (IPv6 neighbour discovery, ARP). */
static bool is_ours(const struct lp_frame *frame)
{
	return frame->len > 14 && !(frame->data[12] == 0x86 && frame->data[20] != IPPROTO_UDP) &&
	       !(frame->data[12] == 8 && frame->data[13] == 6);
}

static void on_packet(void *ctx, const struct lp_frame *frames, size_t n_frames)
{
	struct lan *lan = ctx;
	for (size_t i = 0; i < n_frames; i++) {
		lan->frames++;
		lan->supers += frames[i].offload.gso != LP_GSO_NONE;
		lan->partials += frames[i].offload.needs_csum;
		if (is_ours(&frames[i])) {
			unsigned port = (unsigned)frames[i].data[34] << 8 | frames[i].data[35];
			lan->n_ours++;
			if (port >= GAME_PORT && port < GAME_PORT + N_GAMES)
				lan->game_at[port - GAME_PORT] = lan->n_ours;
		}
		if (is_ours(&frames[i]) && lan->n_kept < KEPT) {
			struct kept *kept = &lan->kept[lan->n_kept++];
			kept->len = frames[i].len;
			kept->offload = frames[i].offload;
			memcpy(kept->data, frames[i].data,
				kept->len < sizeof kept->data ? kept->len : sizeof kept->data);
		}
	}
	if (lan->to)
		lan->refused += n_frames - lp_tap_send(lan->to, frames, n_frames);
}

static void on_error(void *ctx, const struct lp_failure *failure)
{
	struct lan *lan = ctx;
	lan->failure = *failure;
	lp_loop_stop(lan->loop);
}

static void on_back(void *ctx)
{
	struct lan *lan = ctx;
	lan->n_back++;
	lp_loop_stop(lan->loop);
}

static void on_timeout(void *ctx, uint64_t now_ns)
{
	(void)now_ns;
	lp_loop_stop(ctx);
}

/* Runs the loop until it is stopped, for at most |ms|. */
static void run(struct lan *lan, unsigned ms)
{
	struct lp_timer *timer;
	assert_int_equal(lp_timer_new(lan->loop, on_timeout, lan->loop, &timer), 0);
	lp_timer_set(timer, lp_loop_now_ns(lan->loop) + ms * LP_MS);
	lp_loop_run(lan->loop);
	lp_timer_free(timer);
}

/* Runs the loop until |n| frames of the test are stored. */
static void await(struct lan *lan, size_t n)
{
	for (int i = 0; i < PATIENCE_MS / 2 && lan->n_kept < n; i++)
		run(lan, 2);
	assert_int_equal(lan->n_kept, n);
}

/* A raw socket on an interface of the current namespace. */
static int raw_socket(const char *interface)
{
	struct sockaddr_ll ll = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	int fd = socket(AF_PACKET, SOCK_RAW, 0);
	int buffer_bytes = 4 << 20;
	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer_bytes, sizeof buffer_bytes);
	ll.sll_ifindex = (int)if_nametoindex(interface);
	assert_int_equal(bind(fd, (struct sockaddr *)&ll, sizeof ll), 0);
	return fd;
}

static void lan_up(struct lan *lan)
{
	const struct lp_packet_config config = {.interface = "gw0", .back = on_back};
	struct lp_failure failure = {0};
	*lan = (struct lan){0};
	assert_int_equal(lp_loop_new(&lan->loop), 0);
	lan->gateway = netns_new();
	netns_run("ip link add gw0 type veth peer name host0 && ip link set gw0 up");
	lan->host = netns_new();
	netns_enter(lan->gateway);
	/* Enters the namespace of this thread's descriptor. */
	netns_run("ip link set host0 netns /proc/%d/fd/%d", getpid(), lan->host);
	netns_enter(lan->host);
	netns_run("ip link set host0 address 02:5a:00:00:00:0a && ip link set host0 up && "
		  "ip addr add 10.9.0.1/24 dev host0 && ip addr add fd09::1/64 dev host0 nodad");
	lan->host_raw = raw_socket("host0");
	netns_enter(lan->gateway);
	assert_int_equal(lp_packet_open(lan->loop, &config, on_packet, on_error, lan, &failure, &lan->packet), 0);
}

static void lan_down(struct lan *lan)
{
	lp_packet_close(lan->packet);
	lp_loop_free(lan->loop);
	close(lan->host_raw);
	close(lan->gateway);
	close(lan->host);
}

/* Sends a frame from the host, unchanged. */
static void host_sends(struct lan *lan, const uint8_t *frame, size_t len)
{
	assert_int_equal(send(lan->host_raw, frame, len, 0), len);
}

/* Facts about an interface, and the error if there is none. */
static void test_life(void **state)
{
	static const struct {
		const char *interface;
		int code;
		const char *text;
	} rows[] = {
		{"none0", LP_ENOTFOUND, "none0"},
		{"a-name-that-is-much-too-long", LP_ENOTFOUND, "a-name"},
		{"lo", LP_EINVAL, "not an Ethernet"},
		{"down0", LP_EUNREACH, "ip link set down0 up"},
	};
	static struct lan lan;
	struct lp_packet_info info;
	struct lp_packet *none = NULL;

	(void)state;
	lan_up(&lan);
	netns_run("ip link set gw0 address 02:5a:00:00:00:0c && ip link add down0 type veth");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lp_packet_config config = {.interface = rows[i].interface};
		struct lp_failure failure = {0};
		assert_int_equal(
			lp_packet_open(lan.loop, &config, on_packet, on_error, NULL, &failure, &none), rows[i].code);
		assert_non_null(strstr(failure.text, rows[i].text));
		assert_null(none);
	}
	lp_packet_info(lan.packet, &info);
	assert_int_equal(info.mtu, 1500);
	assert_false(info.wireless);
	assert_string_equal(info.bridge, "");
	/* Promiscuous while it is open, and not after. */
	netns_run("ip -d link show gw0 | grep -q 'promiscuity 1'");
	lp_packet_close(lan.packet);
	netns_run("ip -d link show gw0 | grep -q 'promiscuity 0'");
	{
		struct lp_packet_config config = {.interface = "gw0"};

		netns_run("ip link add br7 type bridge && ip link set gw0 master br7");
		assert_int_equal(lp_packet_open(lan.loop, &config, on_packet, on_error, NULL, NULL, &lan.packet), 0);
	}
	lp_packet_info(lan.packet, &info);
	assert_int_equal(info.mac.octet[5], 0x0c);
	assert_string_equal(info.bridge, "br7");
	lan_down(&lan);
}

/* The host leaves the checksum to its interface: the frame's metadata shows it. */
static void test_partial_checksum(void **state)
{
	static struct lan lan;
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(7)};
	(void)state;
	lan_up(&lan);
	netns_enter(lan.host);
	netns_run("ip neigh add 10.9.0.2 lladdr 02:5a:00:00:00:0b dev host0");
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	inet_pton(AF_INET, "10.9.0.2", &to.sin_addr);
	assert_int_equal(sendto(fd, "hello", 5, 0, (struct sockaddr *)&to, sizeof to), 5);
	await(&lan, 1);
	assert_int_equal(lan.kept[0].len, 47);
	assert_true(lan.kept[0].offload.needs_csum);
	assert_int_equal(lan.kept[0].offload.csum_start, 34);
	assert_int_equal(lan.kept[0].offload.csum_offset, 6);
	close(fd);
	lan_down(&lan);
}

/* Tags that the kernel removes are restored; frames for other stations are captured. */
static void test_vlan(void **state)
{
	static const struct {
		const char *name;
		uint8_t tags[8];
		size_t len;
	} rows[] = {
		{"no tag", {0}, 0},
		{"VLAN 5, priority 3", {0x81, 0x00, 0x60, 0x05}, 4},
		{"all zero", {0x81, 0x00, 0x00, 0x00}, 4},
		{"service tag", {0x88, 0xa8, 0x00, 0x07}, 4},
		{"service and customer tag", {0x88, 0xa8, 0x00, 0x07, 0x81, 0x00, 0x20, 0x09}, 8},
		{"a tag in a tag", {0x81, 0x00, 0x00, 0x07, 0x81, 0x00, 0x20, 0x09}, 8},
	};
	static const uint8_t macs[12] = {0x02, 0x5a, 0, 0, 0, 0x0b, 0x02, 0x5a, 0, 0, 0, 0x0a};
	static struct lan lan;

	(void)state;
	lan_up(&lan);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t frame[100] = {0};
		print_message("%s\n", rows[i].name);
		memcpy(frame, macs, 12);
		memcpy(frame + 12, rows[i].tags, rows[i].len);
		frame[12 + rows[i].len] = 0x88;
		frame[13 + rows[i].len] = 0xb5;
		memset(frame + 14 + rows[i].len, 0x77, sizeof frame - 14 - rows[i].len);
		lan.n_kept = 0;
		host_sends(&lan, frame, sizeof frame);
		await(&lan, 1);
		assert_int_equal(lan.kept[0].len, sizeof frame);
		assert_memory_equal(lan.kept[0].data, frame, sizeof frame);
	}
	lan_down(&lan);
}

/* A tagged frame with a partial checksum: the tag moves the checksum's start. */
static void test_vlan_checksum(void **state)
{
	static struct lan lan;
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(7)};
	(void)state;
	lan_up(&lan);
	netns_enter(lan.host);
	if (system("ip link add link host0 name host0.5 type vlan id 5 2>/dev/null") != 0) {
		print_message("this kernel has no VLAN interfaces\n");
		lan_down(&lan);
		skip();
	}
	netns_run("ip link set host0.5 up && ip addr add 10.5.0.1/24 dev host0.5 && "
		  "ip neigh add 10.5.0.2 lladdr 02:5a:00:00:00:0b dev host0.5");
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	inet_pton(AF_INET, "10.5.0.2", &to.sin_addr);
	assert_int_equal(sendto(fd, "hello", 5, 0, (struct sockaddr *)&to, sizeof to), 5);
	await(&lan, 1);
	assert_int_equal(lan.kept[0].len, 51);
	assert_int_equal(lan.kept[0].data[15], 5);
	assert_true(lan.kept[0].offload.needs_csum);
	assert_int_equal(lan.kept[0].offload.csum_start, 38);
	close(fd);
	lan_down(&lan);
}

/* Writes the headers of a tagged TCP packet; its payload follows at TAGGED_HEADERS. */
static void tagged_tcp(uint8_t *frame, size_t payload_bytes)
{
	size_t ip_bytes = 40 + payload_bytes;
	memcpy(frame, (const uint8_t[]){0x02, 0x5a, 0, 0, 0, 0x0a, 0x02, 0x5a, 0, 0, 0, 0x0b, 0x81, 0, 0, 5, 8, 0}, 18);
	frame[18] = 0x45;
	frame[20] = (uint8_t)(ip_bytes >> 8);
	frame[21] = (uint8_t)ip_bytes;
	frame[26] = 64;
	frame[27] = IPPROTO_TCP;
	frame[30] = frame[34] = 10;
	frame[33] = 1;
	frame[37] = 2;
	frame[50] = 0x50;
}

#define TAGGED_HEADERS (18U + 20U + 20U)

/* Tagged super-frames in both directions: offsets include the tag. */
static void test_vlan_super_frame(void **state)
{
	static uint8_t frame[TAGGED_HEADERS + 4000], seen[LP_VNET_BYTES + sizeof frame];
	static struct lan lan;
	const struct lp_frame super = {.data = frame,
		.len = sizeof frame,
		.offload = {.gso = LP_GSO_TCP4,
			.needs_csum = true,
			.gso_size = 1000,
			.hdr_len = TAGGED_HEADERS,
			.csum_start = 38,
			.csum_offset = 16}};
	size_t payload_bytes = 0;
	int one = 1;
	(void)state;
	lan_up(&lan);
	assert_int_equal(setsockopt(lan.host_raw, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof one), 0);
	tagged_tcp(frame, 4000);
	memset(frame + TAGGED_HEADERS, 0x66, 4000);
	lp_vnet_write(&super.offload, seen);
	memcpy(seen + LP_VNET_BYTES, frame, sizeof frame);
	host_sends(&lan, seen, sizeof seen);
	await(&lan, 1);
	assert_int_equal(lan.kept[0].len, sizeof frame);
	assert_memory_equal(lan.kept[0].data, frame, 18);
	assert_int_equal(lan.kept[0].offload.gso, LP_GSO_TCP4);
	assert_int_equal(lan.kept[0].offload.gso_size, 1000);
	assert_true(lan.kept[0].offload.needs_csum);
	assert_int_equal(lan.kept[0].offload.csum_start, 38);
	assert_int_equal(lan.kept[0].offload.hdr_len, TAGGED_HEADERS);

	assert_int_equal(lp_packet_send(lan.packet, &super, 1), 1);
	ssize_t n;
	/* Complete or segmented by the kernel; here the tag is in the auxiliary data. */
	while ((n = recv(lan.host_raw, seen, sizeof seen, MSG_DONTWAIT)) > 0)
		if (seen[LP_VNET_BYTES + 12] == 8 && n > (ssize_t)(LP_VNET_BYTES + TAGGED_HEADERS - 4) &&
			seen[n - 1] == 0x66)
			payload_bytes += (size_t)n - LP_VNET_BYTES - (TAGGED_HEADERS - 4);
	assert_int_equal(payload_bytes, 4000);
	lan_down(&lan);
}

/* Frames that we and this host send are not captured; our frames arrive, padded to 60 bytes with zeros. */
static void test_send(void **state)
{
	static struct lan lan;
	uint8_t frame[42] = {0x02, 0x5a, 0, 0, 0, 0x0a, 0x02, 0x5a, 0, 0, 0, 0x0b, 0x88, 0xb5, 1, 2, 3};
	uint8_t tagged[1518] = {0x02, 0x5a, 0, 0, 0, 0x0a, 0x02, 0x5a, 0, 0, 0, 0x0b, 0x81, 0, 0, 5, 0x88, 0xb5};
	int n_short = 0, n_long = 0;
	(void)state;
	lan_up(&lan);
	struct lp_frame frames[90];
	/* More than one system call takes, less than a receive buffer of the usual size holds. */
	for (size_t i = 0; i < 90; i++)
		frames[i] = i % 9 ? (struct lp_frame){.data = frame, .len = sizeof frame}
				  : (struct lp_frame){.data = tagged, .len = sizeof tagged};
	int host_raw;
	host_raw = lan.host_raw;
	assert_int_equal(lp_packet_send(lan.packet, frames, 90), 90);
	uint8_t seen[2048];
	for (ssize_t n; (n = recv(host_raw, seen, sizeof seen, MSG_DONTWAIT)) > 0;) {
		if (seen[12] != 0x88 || seen[13] != 0xb5)
			continue;
		if (n == 60) {
			n_short++;
			assert_memory_equal(seen, frame, sizeof frame);
			for (size_t i = sizeof frame; i < 60; i++)
				assert_int_equal(seen[i], 0);
		} else if (n == 1514) {
			/* The tag is in the auxiliary data, which was not requested here. */
			n_long++;
		}
	}
	assert_int_equal(n_short, 80);
	assert_int_equal(n_long, 10);
	int gateway_raw = raw_socket("gw0");
	assert_int_equal(send(gateway_raw, tagged, sizeof tagged, 0), sizeof tagged);
	close(gateway_raw);
	run(&lan, 20);
	assert_int_equal(lan.n_kept, 0);
	/* A jumbo frame that the interface cannot carry is lost, the next one is not. */
	frames[0].data = seen;
	frames[0].len = sizeof seen;
	assert_int_equal(lp_packet_send(lan.packet, frames, 2), 1);
	lan_down(&lan);
}

/* Builds a UDP packet in a frame. |option_bytes| of IPv4 options; |fragment| as in the header. Returns its length. */
static size_t udp_frame(uint8_t *frame, const char *from, uint16_t from_port, const char *to, uint16_t to_port,
	size_t option_bytes, uint16_t fragment)
{
	bool ipv6 = strchr(from, ':');
	size_t header_bytes = ipv6 ? 40 : 20 + option_bytes;
	uint8_t *ip = frame + 14, *udp = ip + header_bytes;
	memset(frame, 0, 100);
	memcpy(frame, (const uint8_t[]){0x02, 0x5a, 0, 0, 0, 0x0b, 0x02, 0x5a, 0, 0, 0, 0x0a}, 12);
	frame[12] = ipv6 ? 0x86 : 0x08;
	frame[13] = ipv6 ? 0xdd : 0x00;
	if (ipv6) {
		ip[0] = 0x60;
		ip[5] = 12;
		ip[6] = IPPROTO_UDP;
		inet_pton(AF_INET6, from, ip + 8);
		inet_pton(AF_INET6, to, ip + 24);
	} else {
		ip[0] = (uint8_t)(0x40 + header_bytes / 4);
		ip[3] = (uint8_t)(header_bytes + 12);
		ip[6] = (uint8_t)(fragment >> 8);
		ip[7] = (uint8_t)fragment;
		ip[9] = IPPROTO_UDP;
		inet_pton(AF_INET, from, ip + 12);
		inet_pton(AF_INET, to, ip + 16);
	}
	udp[0] = (uint8_t)(from_port >> 8);
	udp[1] = (uint8_t)from_port;
	udp[2] = (uint8_t)(to_port >> 8);
	udp[3] = (uint8_t)to_port;
	udp[5] = 12;
	return 14 + header_bytes + 12;
}

#define V4 "192.0.2.1", 5000, "198.51.100.2", 443
#define V4_BACK "198.51.100.2", 443, "192.0.2.1", 5000
#define V6 "2001:db8::1", 5000, "2001:db8:1::2", 443
#define V6_BACK "2001:db8:1::2", 443, "2001:db8::1", 5000

/* The tunnel's own packets are dropped, all others pass; the filter follows when the path changes. */
static void test_exclude(void **state)
{
	static const struct {
		const char *local, *remote; /* of the tunnel */
		const char *from;
		uint16_t from_port;
		const char *to;
		uint16_t to_port;
		size_t option_bytes;
		uint16_t fragment;
		bool passes;
	} rows[] = {
		{"192.0.2.1:5000", "198.51.100.2:443", V4, 0, 0x4000, false},
		{"192.0.2.1:5000", "198.51.100.2:443", V4_BACK, 0, 0x4000, false},
		{"192.0.2.1:5000", "198.51.100.2:443", V4, 8, 0, false},
		{"192.0.2.1:5000", "198.51.100.2:443", V4_BACK, 40, 0, false},
		{"192.0.2.1:5000", "198.51.100.2:443", V4, 0, 0x2000, false},
		{"192.0.2.1:5000", "198.51.100.2:443", V4, 0, 0x0010, true},
		{"192.0.2.1:5000", "198.51.100.2:443", V6, 0, 0, true},
		{"192.0.2.1:5000", "198.51.100.2:443", "192.0.2.1", 5001, "198.51.100.2", 443, 0, 0, true},
		{"192.0.2.1:5000", "198.51.100.2:443", "192.0.2.1", 5000, "198.51.100.2", 444, 0, 0, false},
		{"192.0.2.1:5000", "198.51.100.2:443", "192.0.2.1", 5000, "198.51.100.3", 443, 0, 0, false},
		{"*:5000", "198.51.100.2:443", "192.0.2.1", 5000, "198.51.100.2", 444, 0, 0, true},
		{"*:5000", "198.51.100.2:443", "192.0.2.1", 5000, "198.51.100.3", 443, 0, 0, true},
		{"192.0.2.1:5000", "198.51.100.2:443", "192.0.2.9", 5000, "198.51.100.2", 443, 0, 0, true},
		{"192.0.2.1:5000", "198.51.100.2:443", "198.51.100.2", 5000, "192.0.2.1", 443, 0, 0, true},
		{"*:5000", "198.51.100.2:443", V4, 0, 0, false},
		{"*:5000", "198.51.100.2:443", V4_BACK, 0, 0, false},
		{"*:5001", "198.51.100.2:443", V4, 0, 0, true},
		{"[2001:db8::1]:5000", "[2001:db8:1::2]:443", V6, 0, 0, false},
		{"[2001:db8::1]:5000", "[2001:db8:1::2]:443", V6_BACK, 0, 0, false},
		{"*:5000", "[2001:db8:1::2]:443", V6, 0, 0, false},
		{"*:5000", "[2001:db8:1::2]:443", V6_BACK, 0, 0, false},
		{"[2001:db8::1]:5000", "[2001:db8:1::2]:443", V4, 0, 0, true},
		{"[2001:db8::1]:5000", "[2001:db8:1::2]:443", "2001:db8::9", 5000, "2001:db8:1::2", 443, 0, 0, true},
		{"[2001:db8::1]:5000", "[2001:db8:1::2]:443", "2001:db8::1", 5000, "2001:db8:1::2", 80, 0, 0, false},
	};
	static const uint8_t marker[60] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5};
	static struct lan lan;
	struct lp_addr v4, v6;

	(void)state;
	lan_up(&lan);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lp_addr local = {0}, remote;
		if (rows[i].local[0] == '*')
			local.port = (uint16_t)atoi(rows[i].local + 2);
		else
			assert_int_equal(lp_addr_parse(rows[i].local, 0, &local), 0);
		assert_int_equal(lp_addr_parse(rows[i].remote, 0, &remote), 0);
		assert_int_equal(lp_packet_exclude_tunnel(lan.packet, &local, &remote), 0);
		uint8_t frame[128];
		size_t len = udp_frame(frame, rows[i].from, rows[i].from_port, rows[i].to, rows[i].to_port,
			rows[i].option_bytes, rows[i].fragment);
		lan.n_kept = 0;
		host_sends(&lan, frame, len);
		if (rows[i].passes)
			await(&lan, 1); /* the marker is of another flow, whose socket may be read first */
		host_sends(&lan, marker, sizeof marker);
		await(&lan, rows[i].passes ? 2 : 1);
		assert_int_equal(lan.kept[lan.n_kept - 1].data[13], 0xb5);
		if (rows[i].passes)
			assert_memory_equal(lan.kept[0].data, frame, len);
	}
	assert_int_equal(lp_addr_parse("192.0.2.1:1", 0, &v4), 0);
	assert_int_equal(lp_addr_parse("[::1]:1", 0, &v6), 0);
	assert_int_equal(lp_packet_exclude_tunnel(lan.packet, &v4, &v6), LP_EINVAL);
	lan_down(&lan);
}

static void on_tap(void *ctx, const struct lp_frame *frames, size_t n_frames)
{
	struct lan *lan = ctx;
	for (size_t i = 0; i < n_frames; i++)
		lan->tap_supers += frames[i].offload.gso != LP_GSO_NONE;
	lan->refused += n_frames - lp_packet_send(lan->packet, frames, n_frames);
}

/* A TCP transfer between the host and a TAP in a third namespace, in one direction; |vlan|: in a VLAN. The frames are
   carried unchanged. */
static void transfer_host_tap(bool to_host, bool ipv6, bool vlan)
{
	static struct lan lan;
	const struct lp_tap_config config = {.name = "lan7", .mac = {{2, 0, 0, 0, 0, 9}}, .offload = true};
	const char *interface = vlan ? ".5" : "";
	lan_up(&lan);
	int remote = netns_new();
	struct lp_tap *tap;
	if (lp_tap_open(lan.loop, &config, on_tap, on_error, &lan, NULL, &tap) < 0) {
		lan_down(&lan);
		skip();
	}
	assert_int_equal(lp_tap_up(tap, 1500, NULL), 0);
	if (vlan)
		netns_run("ip link add link lan7 name lan7.5 type vlan id 5 && ip link set lan7.5 up");
	netns_run(
		"ip addr add 10.8.0.2/24 dev lan7%s && ip addr add fd08::2/64 dev lan7%s nodad", interface, interface);
	struct transfer transfer;
	if (!to_host)
		transfer_listen(&transfer, ipv6 ? "fd08::2" : "10.8.0.2");
	netns_enter(lan.host);
	if (vlan)
		netns_run("ip link add link host0 name host0.5 type vlan id 5 && ip link set host0.5 up");
	netns_run("ip addr add 10.8.0.1/24 dev host0%s && ip addr add fd08::1/64 dev host0%s nodad", interface,
		interface);
	if (to_host)
		transfer_listen(&transfer, ipv6 ? "fd08::1" : "10.8.0.1");
	if (to_host)
		netns_enter(remote);
	transfer_source(&transfer);
	lan.to = tap;
	transfer_start(&transfer);
	for (int i = 0; i < PATIENCE_MS / 10 && !atomic_load(&transfer.done); i++)
		run(&lan, 10);
	transfer_finish(&transfer);
	print_message("to the %s, IPv%d%s: %zu frames from the wire, %zu super-frames, %zu out\n",
		to_host ? "host" : "TAP", ipv6 ? 6 : 4, vlan ? ", VLAN" : "", lan.frames, lan.supers, lan.tap_supers);
	assert_int_equal(lan.refused, 0);
	assert_true(lan.partials > 0);
	if (to_host)
		assert_true(lan.tap_supers > TRANSFER_BYTES / 65536);
	else
		assert_true(lan.supers > TRANSFER_BYTES / 65536);
	lp_tap_close(tap);
	lan_down(&lan);
	close(remote);
}

/* Super-frames are captured and sent complete. */
static void test_transfer(void **state)
{
	(void)state;
	transfer_host_tap(false, false, false);
	transfer_host_tap(true, false, false);
	transfer_host_tap(false, true, false);
	transfer_host_tap(true, true, false);
}

/* The same inside a VLAN, if the kernel supports such interfaces. */
static void test_transfer_vlan(void **state)
{
	(void)state;
	netns_new();
	netns_run("ip link add v0 type veth peer name v1");
	if (system("ip link add link v0 name v0.5 type vlan id 5 2>/dev/null") != 0)
		skip();
	transfer_host_tap(false, false, true);
	transfer_host_tap(true, false, true);
}

/* UDP segmentation: a batch of datagrams is captured as one frame, or segmented, but completely. */
static void test_uso(void **state)
{
	static uint8_t data[10 * 1000];
	static struct lan lan;
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(7)};
	int gso_size = 1000;
	(void)state;
	lan_up(&lan);
	netns_enter(lan.host);
	netns_run("ip neigh add 10.9.0.2 lladdr 02:5a:00:00:00:0b dev host0");
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &gso_size, sizeof gso_size), 0);
	inet_pton(AF_INET, "10.9.0.2", &to.sin_addr);
	assert_int_equal(sendto(fd, data, sizeof data, 0, (struct sockaddr *)&to, sizeof to), sizeof data);
	await(&lan, 1);
	if (lan.kept[0].offload.gso == LP_GSO_UDP) {
		assert_int_equal(lan.kept[0].offload.gso_size, 1000);
		assert_int_equal(lan.kept[0].len, 42 + sizeof data);
	}
	close(fd);
	lan_down(&lan);
}

/* A flow that fills its buffer does not delay others. (One of the others may share its socket, but hardly all.) */
static void test_fairness(void **state)
{
	static struct lan lan;
	size_t len, early = 0;
	(void)state;
	lan_up(&lan);
	uint8_t frame[128];
	for (unsigned i = 0; i < 400; i++) {
		len = udp_frame(frame, "10.9.0.1", 5000, "10.9.0.2", 7, 0, 0);
		host_sends(&lan, frame, len);
	}
	for (unsigned i = 0; i < N_GAMES; i++) {
		len = udp_frame(frame, "10.9.0.1", (uint16_t)(GAME_PORT + i), "10.9.0.2", 7, 0, 0);
		host_sends(&lan, frame, len);
	}
	for (int i = 0; i < PATIENCE_MS / 2 && lan.n_ours < 400 + N_GAMES; i++)
		run(&lan, 2);
	assert_int_equal(lan.n_ours, 400 + N_GAMES);
	for (unsigned i = 0; i < N_GAMES; i++)
		early += lan.game_at[i] <= 2 * 64;
	print_message("%zu of %u games' frames came within the first 128 of 400\n", early, N_GAMES);
	assert_true(early >= 1);
	lan_down(&lan);
}

/* Frames that the program was too slow for are counted. */
static void test_overflow(void **state)
{
	static struct lan lan;
	uint8_t frame[1514] = {0x02, 0x5a, 0, 0, 0, 0x0b, 0x02, 0x5a, 0, 0, 0, 0x0a, 0x88, 0xb5};
	unsigned sent = 0;
	(void)state;
	lan_up(&lan);
	struct lp_packet_counters counters;
	lp_packet_counters(lan.packet, &counters);
	assert_int_equal(counters.overflows, 0);
	for (; sent < 5000; sent++)
		host_sends(&lan, frame, sizeof frame);
	for (int i = 0; i < PATIENCE_MS / 2 && lan.frames + counters.overflows < sent; i++) {
		run(&lan, 2);
		lp_packet_counters(lan.packet, &counters);
	}
	assert_true(counters.overflows > 0);
	assert_true(lan.frames + counters.overflows >= sent);
	assert_int_equal(counters.unusable, 0);
	lan_down(&lan);
}

/* The interface goes down, and up again: frames are received as before. */
static void test_down(void **state)
{
	static struct lan lan;
	uint8_t frame[60] = {0x02, 0x5a, 0, 0, 0, 0x0b, 0x02, 0x5a, 0, 0, 0, 0x0a, 0x88, 0xb5};
	struct lp_frame out = {.data = frame, .len = sizeof frame};
	size_t n_sent = 0;
	(void)state;
	lan_up(&lan);
	netns_run("ip link set gw0 down");
	run(&lan, 50);
	assert_int_equal(lp_packet_send(lan.packet, &out, 1), 0);
	run(&lan, 50);
	assert_int_equal(lan.failure.code, 0);
	netns_run("ip link set gw0 up");
	/* Frames are lost until the kernel has noticed that the link is up again, for up to a second. */
	for (int i = 0; i < PATIENCE_MS / 2 && (lan.n_kept == 0 || n_sent == 0); i++) {
		host_sends(&lan, frame, sizeof frame);
		n_sent += lp_packet_send(lan.packet, &out, 1);
		run(&lan, 2);
	}
	assert_true(lan.n_kept > 0 && n_sent > 0);
	assert_int_equal(lan.failure.code, 0);
	lan_down(&lan);
}

static const char *const gone_rows[] = {
	"ip link delete gw0",
	"ip link set gw0 down && ip link delete gw0",
};

/* Makes the cable to the host again, with the interface's MAC or another one. */
static void plug(struct lan *lan, const struct lp_mac *mac)
{
	char text[LP_MAC_TEXT_MAX];
	close(lan->host_raw);
	netns_run("ip link add gw0 address %s type veth peer name host0 netns /proc/%d/fd/%d && ip link set gw0 up",
		lp_mac_format(mac, text), getpid(), lan->host);
	netns_enter(lan->host);
	netns_run("ip link set host0 address 02:5a:00:00:00:0a && ip link set host0 up");
	lan->host_raw = raw_socket("host0");
	netns_enter(lan->gateway);
}

/* The interface is removed, with traffic or while it is down, and comes back with another index, twice and without the
   right to open packet sockets, the second time with another MAC: frames are received and sent as before. */
static void test_replugged(void **state)
{
	static struct lan lan;
	uint8_t frame[60] = {0x02, 0x5a, 0, 0, 0, 0x0b, 0x02, 0x5a, 0, 0, 0, 0x0a, 0x88, 0xb5};
	struct lp_frame out = {.data = frame, .len = sizeof frame};
	static const struct lp_mac other = {{0x02, 0x5a, 0, 0, 0, 0x77}};
	struct lp_packet_info info;
	(void)state;
	lan_up(&lan);
	lp_packet_info(lan.packet, &info);
	for (size_t i = 0; i < sizeof gone_rows / sizeof gone_rows[0]; i++) {
		size_t n_sent = 0;
		netns_run("%s", gone_rows[i]);
		run(&lan, 50);
		assert_int_equal(lp_packet_send(lan.packet, &out, 1), 0);
		plug(&lan, i == 0 ? &info.mac : &other);
		for (int k = 0; k < PATIENCE_MS && lan.n_back == i; k++)
			run(&lan, 2);
		assert_int_equal(lan.n_back, i + 1);
		lan.n_kept = 0;
		for (int k = 0; k < PATIENCE_MS / 2 && (lan.n_kept == 0 || n_sent == 0); k++) {
			host_sends(&lan, frame, sizeof frame);
			n_sent += lp_packet_send(lan.packet, &out, 1);
			run(&lan, 2);
		}
		assert_true(lan.n_kept > 0 && n_sent > 0);
		assert_int_equal(lan.failure.code, 0);
	}
	lan_down(&lan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_partial_checksum),
		cmocka_unit_test(test_vlan),
		cmocka_unit_test(test_vlan_checksum),
		cmocka_unit_test(test_vlan_super_frame),
		cmocka_unit_test(test_send),
		cmocka_unit_test(test_exclude),
		cmocka_unit_test(test_transfer),
		cmocka_unit_test(test_transfer_vlan),
		cmocka_unit_test(test_uso),
		cmocka_unit_test(test_down),
		cmocka_unit_test(test_replugged),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_fairness),
	};
	return cmocka_run_group_tests_name("packet", tests, NULL, NULL);
}
