/* Super-frames segmented by lp_segment() and by this machine's kernel: the frames must be the same, byte for byte.
   Needs permission to create network namespaces and TAPs; otherwise skipped (77). */
#define _GNU_SOURCE /* unshare() */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel_net.h"
#include "packet.h"
#include "proto/segment.h"

static const uint8_t timestamps[12] = {1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8};
static const uint8_t sack[20] = {1, 1, 5, 18, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0};
static const uint8_t ip_options[8] = {7, 7, 4, 0, 0, 0, 0, 0}; /* record route */
static uint8_t payload[65536];

struct row {
	const char *name;
	struct packet packet;
	uint16_t gso_size;
	bool no_df; /* IPv4 with TCP */
};

#define TCP4 .version = 4, .protocol = PACKET_TCP, .window = 1000
#define TCP6 .version = 6, .protocol = PACKET_TCP, .window = 1000
#define UDP4 .version = 4, .protocol = PACKET_UDP
#define UDP6 .version = 6, .protocol = PACKET_UDP
#define TAG .n_tags = 1, .tpid = {0x8100}, .tci = {0x2005}

static const struct row rows[] = {
	{"tcp4", {TCP4, .payload_len = 10000}, 1448},
	{"tcp4, whole segments", {TCP4, .payload_len = 14480}, 1448},
	{"tcp4, two segments, one byte", {TCP4, .payload_len = 1449}, 1448},
	{"tcp4, 64 KiB", {TCP4, .payload_len = 65535 - 40}, 1460},
	{"tcp4, odd size", {TCP4, .payload_len = 9999}, 997},
	{"tcp4, tiny segments", {TCP4, .payload_len = 1000}, 8},
	{"tcp4, sequence number wraps", {TCP4, .seq = 0xfffff000, .payload_len = 20000}, 1448},
	{"tcp4, identification wraps", {TCP4, .id = 65534, .payload_len = 9000}, 1448},
	{"tcp4, timestamps", {TCP4, .tcp_options = timestamps, .tcp_options_len = 12, .payload_len = 30001}, 1448},
	{"tcp4, selective acknowledgement", {TCP4, .tcp_options = sack, .tcp_options_len = 20, .payload_len = 5000},
		1200},
	{"tcp4, no DF", {TCP4, .id = 77, .payload_len = 5000}, 1200, .no_df = true},
	{"tcp4, IP options", {TCP4, .ip_options = ip_options, .ip_options_len = 8, .payload_len = 9000}, 1400},
	{"tcp4, PSH", {TCP4, .flags = PACKET_PSH, .payload_len = 9000}, 1400},
	{"tcp4, FIN", {TCP4, .flags = PACKET_FIN | PACKET_PSH, .payload_len = 9000}, 1400},
	{"tcp4, ECN", {TCP4, .tos = 2, .flags = PACKET_ECE, .payload_len = 9000}, 1400},
	{"tcp4, tag", {TCP4, TAG, .payload_len = 9000}, 1400},
	{"tcp4, tag and all flags", {TCP4, TAG, .flags = PACKET_FIN | PACKET_PSH, .payload_len = 9000}, 1400},
	{"tcp6", {TCP6, .payload_len = 10000}, 1428},
	{"tcp6, 64 KiB", {TCP6, .payload_len = 65535 - 60}, 1440},
	{"tcp6, traffic class, label", {TCP6, .tos = 0xb9, .flow_label = 0x12345, .payload_len = 10000}, 1428},
	{"tcp6, timestamps, PSH",
		{TCP6, .flags = PACKET_PSH, .tcp_options = timestamps, .tcp_options_len = 12, .payload_len = 10000},
		1400},
	{"tcp6, hop-by-hop", {TCP6, .extensions = {0}, .n_extensions = 1, .payload_len = 10000}, 1400},
	{"tcp6, three extensions", {TCP6, .extensions = {0, 43, 60}, .n_extensions = 3, .payload_len = 10000}, 1400},
	{"tcp6, tag", {TCP6, TAG, .payload_len = 9000}, 1400},
	{"udp4", {UDP4, .payload_len = 10000}, 1000},
	{"udp4, short end", {UDP4, .id = 9, .payload_len = 10001}, 1000},
	{"udp4, small", {UDP4, .payload_len = 640}, 10},
	{"udp4, tag", {UDP4, TAG, .payload_len = 10000}, 1000},
	{"udp4, IP options", {UDP4, .ip_options = ip_options, .ip_options_len = 8, .payload_len = 5000}, 700},
	{"udp6", {UDP6, .payload_len = 10000}, 1232},
	{"udp6, extension", {UDP6, .extensions = {60}, .n_extensions = 1, .payload_len = 10000}, 1200},
	{"udp6, tag", {UDP6, TAG, .payload_len = 10000}, 1200},
	{"checksum, tcp4", {TCP4, .payload_len = 1000}, 0},
	{"checksum, tcp4, tag", {TCP4, TAG, .payload_len = 1000}, 0},
	{"checksum, tcp6, extension", {TCP6, .extensions = {60}, .n_extensions = 1, .payload_len = 999}, 0},
	{"checksum, udp4", {UDP4, .payload_len = 1000}, 0},
	{"checksum, udp4, empty", {UDP4, .payload_len = 0}, 0},
	{"checksum, udp6, odd", {UDP6, .payload_len = 3}, 0},
};

/* True if both lists are the same frames; prints the difference if not. */
static bool same(const char *name, const struct frame_list *ours, const struct frame_list *kernels)
{
	if (ours->n != kernels->n) {
		print_message("%s: %zu frames, the kernel's %zu\n", name, ours->n, kernels->n);
		return false;
	}
	for (size_t i = 0; i < ours->n; i++) {
		const struct lp_frame *a = &ours->frame[i], *b = &kernels->frame[i];
		size_t at = 0;
		while (at < a->len && at < b->len && a->data[at] == b->data[at])
			at++;
		if (at < a->len || a->len != b->len || b->offload.needs_csum) {
			print_message("%s: frame %zu (%zu bytes, the kernel's %zu) differs at byte %zu\n", name, i,
				a->len, b->len, at);
			return false;
		}
	}
	return true;
}

/* Segments one super-frame both ways. */
static bool compare(const struct kernel_net *net, const struct row *row)
{
	static uint8_t data[LP_SUPER_FRAME_MAX];
	struct frame_list ours = {0}, kernels = {0};
	struct packet packet = row->packet;
	packet.payload = payload;
	packet.source_port = 1000;
	packet.target_port = 2000;
	if (packet.protocol == PACKET_TCP)
		packet.flags |= PACKET_ACK;
	if (packet.protocol == PACKET_TCP && !row->no_df)
		packet.fragment = PACKET_DF;
	struct lp_frame frame = {.data = data};
	frame.len = packet_build_super(&packet, row->gso_size, data, &frame.offload);
	frame.offload.gso_ecn = (packet.flags & PACKET_CWR) != 0;
	int n = lp_segment(&frame, frame_list_keep, &ours);
	bool good = n > 0 && (size_t)n == ours.n && kernel_write(net, &frame) == 0;
	kernel_read(net, ours.n, 3, &kernels);
	good = good && same(row->name, &ours, &kernels);
	frame_list_clear(&ours);
	frame_list_clear(&kernels);
	return good;
}

/* Every row, and then CWR, which the kernel keeps in the first segment only. */
static void test_rows(void **state)
{
	const struct kernel_net *net = *state;
	unsigned n_bad = 0;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		n_bad += !compare(net, &rows[i]);
	const struct row cwr = {"tcp4, CWR", {TCP4, .tos = 2, .flags = PACKET_CWR, .payload_len = 9000}, 1400};
	n_bad += !compare(net, &cwr);
	assert_int_equal(n_bad, 0);
}

/* Random super-frames of all kinds. */
static void test_random(void **state)
{
	const struct kernel_net *net = *state;
	uint32_t random = 12345;
	for (unsigned i = 0; i < 30; i++) {
		struct row row = rows[(random = random * 1664525 + 1013904223) >> 8 & 31];
		random = random * 1664525 + 1013904223;
		row.gso_size = (uint16_t)(600 + (random >> 8) % 850);
		row.packet.payload_len = row.gso_size * 2U + (random >> 16) % 20000;
		row.packet.seq = random;
		row.packet.id = (uint16_t)random;
		assert_true(compare(net, &row));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_random),
	};
	struct kernel_net net;
	for (size_t i = 0; i < sizeof payload; i++)
		payload[i] = (uint8_t)(i * 2654435761U >> 13);
	if (kernel_enter() < 0 || kernel_net_open(&net, "seg", false, 0) < 0) {
		printf("no right to make network namespaces and TAPs here: skipped\n");
		return 77;
	}
	struct CMUnitTest with_net[2];
	memcpy(with_net, tests, sizeof tests);
	with_net[0].initial_state = with_net[1].initial_state = &net;
	int failed = cmocka_run_group_tests_name("kernel_segment", with_net, NULL, NULL);
	kernel_net_close(&net);
	return failed;
}
