/* Streams coalesced by lp_coalesce_add() and by this machine's GRO: the super-frames must be the same, byte for byte,
   with the same offload metadata. Needs permission to create network namespaces and TAPs; otherwise skipped (77). */
#define _GNU_SOURCE /* unshare() */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel_net.h"
#include "packet.h"
#include "proto/coalesce.h"
#include "proto/segment.h"

/* The kernel keeps frames in GRO for this long, and flushes what is older than a tick; a batch with a tick in it is
   repeated. */
#define FLUSH_NS "8000000"
#define FLUSH_MS 20
#define TRIES 40

static const uint8_t timestamps[12] = {1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8};
static const uint8_t later[12] = {1, 1, 8, 10, 1, 2, 3, 5, 5, 6, 7, 8};
static const uint8_t ip_options[8] = {7, 7, 4, 0, 0, 0, 0, 0}; /* record route */
static uint8_t payload[2048];

/* A stream: |n| frames of |packet|, each continues the previous one, and one of them is changed. */
struct row {
	const char *name;
	struct packet packet;
	unsigned n;
	size_t len;      /* payload bytes of each */
	unsigned odd;    /* the changed frame, counted from 1; 0: none */
	size_t odd_len;  /* its payload bytes; 0: as the others */
	uint8_t flags;   /* added to its TCP flags */
	uint8_t drop;    /* added to its acknowledgement number */
	int seq_gap;     /* added to its sequence number */
	int id_gap;      /* its identification and all later ones */
	bool same_id;    /* all have the same identification */
	bool no_df;      /* of IPv4 with TCP */
	uint8_t tos;     /* xored into its TOS */
	uint8_t ttl;     /* its TTL */
	uint16_t window; /* its window */
	uint16_t tci;    /* its first tag */
	bool timestamp;  /* later timestamps */
	bool empty;      /* no payload, only a TCP acknowledgement, between two others */
	int corrupt;     /* offset of its flipped byte, from the IP header */
	size_t pad;      /* bytes after its end */
	bool tagged;     /* this kernel may lack support for tags */
	bool loose;      /* kernels differ, or change more than we do; ours only has to be equivalent */
};

#define TCP4 .version = 4, .protocol = PACKET_TCP
#define TCP6 .version = 6, .protocol = PACKET_TCP
#define UDP4 .version = 4, .protocol = PACKET_UDP
#define UDP6 .version = 6, .protocol = PACKET_UDP
#define TAG .n_tags = 1, .tpid = {0x8100}, .tci = {0x2005}

static const struct row rows[] = {
	{"tcp4", {TCP4}, 8, 1000},
	{"tcp4, two", {TCP4}, 2, 1448},
	{"tcp4, one", {TCP4}, 1, 1448},
	{"tcp4, more than 64 KiB", {TCP4}, 60, 1448},
	{"tcp4, as much as a device takes", {TCP4}, 46, 1455, .odd = 46, .odd_len = 6},
	{"tcp4, timestamps", {TCP4, .tcp_options = timestamps, .tcp_options_len = 12}, 8, 1000},
	{"tcp4, later timestamp", {TCP4, .tcp_options = timestamps, .tcp_options_len = 12}, 8, 1000, .odd = 4,
		.timestamp = true},
	{"tcp4, short end", {TCP4}, 5, 1000, .odd = 5, .odd_len = 7},
	{"tcp4, short in between", {TCP4}, 6, 1000, .odd = 3, .odd_len = 999},
	{"tcp4, longer in between", {TCP4}, 6, 1000, .odd = 3, .odd_len = 1001},
	{"tcp4, PSH in between", {TCP4}, 6, 1000, .odd = 3, .flags = PACKET_PSH},
	{"tcp4, PSH first", {TCP4}, 6, 1000, .odd = 1, .flags = PACKET_PSH},
	{"tcp4, PSH last", {TCP4}, 6, 1000, .odd = 6, .flags = PACKET_PSH},
	{"tcp4, FIN last", {TCP4}, 6, 1000, .odd = 6, .flags = PACKET_FIN | PACKET_PSH},
	{"tcp4, RST", {TCP4}, 6, 1000, .odd = 3, .flags = 4},
	{"tcp4, SYN", {TCP4}, 6, 1000, .odd = 3, .flags = PACKET_SYN},
	{"tcp4, URG", {TCP4}, 6, 1000, .odd = 3, .flags = 0x20},
	{"tcp4, ECE from there", {TCP4}, 6, 1000, .odd = 3, .flags = PACKET_ECE},
	{"tcp4, all ECE", {TCP4, .flags = PACKET_ECE}, 6, 1000},
	{"tcp4, congestion experienced", {TCP4, .tos = 2}, 6, 1000, .odd = 4, .tos = 1},
	{"tcp4, CWR in between", {TCP4}, 6, 1000, .odd = 3, .flags = PACKET_CWR, .loose = true},
	{"tcp4, other acknowledgement", {TCP4}, 6, 1000, .odd = 3, .drop = 1},
	{"tcp4, other window", {TCP4}, 6, 1000, .odd = 3, .window = 77},
	{"tcp4, lost segment", {TCP4}, 6, 1000, .odd = 3, .seq_gap = 1000},
	{"tcp4, overlap", {TCP4}, 6, 1000, .odd = 3, .seq_gap = -1},
	{"tcp4, other TTL", {TCP4}, 6, 1000, .odd = 3, .ttl = 9},
	{"tcp4, identification jumps", {TCP4}, 6, 1000, .odd = 3, .id_gap = 1},
	{"tcp4, identification wraps", {TCP4, .id = 65533}, 6, 1000},
	{"tcp4, same identification", {TCP4, .id = 7}, 6, 1000, .same_id = true, .loose = true},
	{"tcp4, same identification, then not", {TCP4, .id = 7}, 6, 1000, .odd = 4, .id_gap = 1, .same_id = true,
		.loose = true},
	{"tcp4, no DF", {TCP4, .id = 7}, 6, 1000, .no_df = true},
	{"tcp4, no DF, same identification", {TCP4, .id = 7}, 6, 1000, .same_id = true, .no_df = true, .loose = true},
	{"tcp4, empty segment", {TCP4}, 6, 1000, .odd = 3, .empty = true},
	{"tcp4, only empty segments", {TCP4}, 6, 0},
	{"tcp4, bad checksum", {TCP4}, 6, 1000, .odd = 3, .corrupt = 100, .loose = true},
	{"tcp4, bad checksum first", {TCP4}, 6, 1000, .odd = 1, .corrupt = 100},
	{"tcp4, bad IP checksum", {TCP4}, 6, 1000, .odd = 3, .corrupt = 10, .loose = true},
	{"tcp4, padding", {TCP4}, 6, 1000, .odd = 3, .pad = 3, .loose = true},
	{"tcp4, sequence number wraps", {TCP4, .seq = 0xffffff00}, 6, 1000},
	{"tcp4, one byte each", {TCP4}, 20, 1},
	{"tcp4, IP options", {TCP4, .ip_options = ip_options, .ip_options_len = 8}, 6, 1000},
	{"tcp4, tag", {TCP4, TAG}, 6, 1000, .tagged = true},
	{"tcp4, other tag", {TCP4, TAG}, 6, 1000, .odd = 3, .tci = 6, .tagged = true},
	{"tcp6", {TCP6}, 8, 1000},
	{"tcp6, more than 64 KiB", {TCP6}, 60, 1428},
	{"tcp6, label and class", {TCP6, .flow_label = 0xabcde, .tos = 0x88}, 8, 1000},
	{"tcp6, other class", {TCP6}, 8, 1000, .odd = 4, .tos = 8},
	{"tcp6, other hop limit", {TCP6}, 8, 1000, .odd = 4, .ttl = 8},
	{"tcp6, PSH, timestamps", {TCP6, .tcp_options = timestamps, .tcp_options_len = 12}, 8, 1000, .odd = 5,
		.flags = PACKET_PSH},
	{"tcp6, hop-by-hop", {TCP6, .extensions = {0}, .n_extensions = 1}, 8, 1000},
	{"tcp6, destination options", {TCP6, .extensions = {60}, .n_extensions = 1}, 8, 1000},
	{"tcp6, padding", {TCP6}, 6, 1000, .odd = 3, .pad = 3, .loose = true},
	{"tcp6, tag", {TCP6, TAG}, 6, 1000, .tagged = true},
	{"udp4", {UDP4}, 8, 1000},
	{"udp4, short end", {UDP4}, 8, 1000, .odd = 5, .odd_len = 999},
	{"udp4, longer in between", {UDP4}, 8, 500, .odd = 5, .odd_len = 501},
	{"udp4, more than 64", {UDP4}, 70, 100},
	{"udp4, more than 64 KiB", {UDP4}, 60, 1472},
	{"udp4, DF, same identification", {UDP4, .fragment = PACKET_DF}, 8, 500, .same_id = true},
	{"udp4, same identification", {UDP4}, 8, 500, .same_id = true, .loose = true},
	{"udp4, other TOS", {UDP4}, 8, 500, .odd = 3, .tos = 4},
	{"udp4, bad checksum", {UDP4}, 8, 500, .odd = 1, .corrupt = 50},
	{"udp6", {UDP6}, 8, 1000},
	{"udp6, short end", {UDP6}, 8, 1000, .odd = 8, .odd_len = 1},
	{"udp6, extension", {UDP6, .extensions = {60}, .n_extensions = 1}, 8, 1000},
};

/* Builds frame |i| (from 1) of a stream in |data|; |p| is the state for the next one. Returns its length. */
static size_t build(const struct row *row, unsigned i, struct packet *p, uint8_t *data)
{
	bool odd = i == row->odd;
	if (odd)
		p->id = (uint16_t)(p->id + row->id_gap);
	struct packet frame = *p;
	frame.payload_len = row->len;
	if (odd) {
		if (row->odd_len)
			frame.payload_len = row->odd_len;
		if (row->empty)
			frame.payload_len = 0;
		frame.flags |= row->flags;
		frame.ack += row->drop;
		frame.seq += (uint32_t)row->seq_gap;
		frame.tos ^= row->tos;
		frame.ttl = row->ttl;
		frame.window = row->window ? row->window : frame.window;
		frame.tci[0] = row->tci ? row->tci : frame.tci[0];
		frame.tcp_options = row->timestamp ? later : frame.tcp_options;
	}
	frame.payload = payload + i;
	size_t len = packet_build(&frame, data);
	if (odd && row->corrupt)
		data[packet_l3(p) + (size_t)row->corrupt] ^= 0x10;
	if (odd && row->pad) {
		memset(data + len, 0, row->pad);
		len += row->pad;
	}
	p->seq += (uint32_t)frame.payload_len;
	if (!row->same_id)
		p->id++;
	return len;
}

/* Builds the whole stream. */
static void build_stream(const struct row *row, struct frame_list *stream)
{
	static uint8_t data[4096];
	struct packet p = row->packet;
	p.source_port = 1000;
	p.target_port = 2000;
	p.window = 1000;
	if (p.protocol == PACKET_TCP)
		p.flags |= PACKET_ACK;
	if (p.protocol == PACKET_TCP && !row->no_df)
		p.fragment = PACKET_DF;
	for (unsigned i = 1; i <= row->n; i++) {
		const struct lp_bytes part = {data, build(row, i, &p, data)};
		frame_list_add(stream, &part, 1, &(struct lp_offload){0});
	}
}

/* Stores the output of a flush. */
static void keep(void *ctx, const struct lp_frame *frames, size_t n_frames)
{
	for (size_t i = 0; i < n_frames; i++) {
		const struct lp_bytes part = {frames[i].data, frames[i].len};
		frame_list_add(ctx, &part, 1, &frames[i].offload);
	}
}

/* True if both have the same bytes and metadata, except |hdr_len|, a hint that differs between implementations. */
static bool same_frame(const struct lp_frame *a, const struct lp_frame *b)
{
	const struct lp_offload *x = &a->offload, *y = &b->offload;
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0 && x->gso == y->gso &&
	       x->gso_ecn == y->gso_ecn && x->needs_csum == y->needs_csum && x->gso_size == y->gso_size &&
	       x->csum_start == y->csum_start && x->csum_offset == y->csum_offset;
}

/* True if both lists are the same; prints them if they are not and |say|. */
static bool same(const char *name, const struct frame_list *ours, const struct frame_list *kernels, bool say)
{
	bool equal = ours->n == kernels->n;
	for (size_t i = 0; equal && i < ours->n; i++)
		equal = same_frame(&ours->frame[i], &kernels->frame[i]);
	if (equal || !say)
		return equal;
	print_message("%s:\n  ours   ", name);
	for (size_t i = 0; i < ours->n; i++)
		print_message(" %zu/%u", ours->frame[i].len, ours->frame[i].offload.gso_size);
	print_message("\n  kernel ");
	for (size_t i = 0; i < kernels->n; i++)
		print_message(" %zu/%u", kernels->frame[i].len, kernels->frame[i].offload.gso_size);
	print_message("\n");
	return false;
}

/* True if segmenting |ours| gives |stream| again, except IPv4 identifications if all were the same and irrelevant. */
static bool means_the_same(const struct row *row, const struct frame_list *stream, const struct frame_list *ours)
{
	struct frame_list cut = {0};
	for (size_t i = 0; i < ours->n; i++)
		assert_true(lp_segment(&ours->frame[i], frame_list_keep, &cut) > 0);
	for (size_t i = 0; row->same_id && !row->no_df && i < cut.n; i++) {
		uint8_t *ip = (uint8_t *)(uintptr_t)cut.frame[i].data + 14;
		memcpy(ip + 4, stream->frame[i].data + 18, 2);
		memcpy(ip + 10, stream->frame[i].data + 24, 2);
	}
	bool good = same(row->name, &cut, stream, true);
	frame_list_clear(&cut);
	return good;
}

/* Coalesces one stream both ways. */
static bool compare(const struct kernel_net *net, const struct row *row)
{
	struct lp_coalesce_config config;
	lp_coalesce_config_init(&config);
	config.tcp4 = true;
	config.tcp6 = true;
	config.udp = net->uso;
	struct frame_list stream = {0}, ours = {0}, kernels = {0};
	struct lp_coalesce *coalesce;
	assert_int_equal(lp_coalesce_new(&config, &coalesce), 0);
	build_stream(row, &stream);
	for (size_t i = 0; i < stream.n; i++)
		assert_int_equal(lp_coalesce_add(coalesce, stream.frame[i].data, stream.frame[i].len), 0);
	lp_coalesce_flush(coalesce, keep, &ours);
	lp_coalesce_free(coalesce);

	bool lossless = means_the_same(row, &stream, &ours), good = row->loose;
	for (int try = 0; lossless && try < TRIES && !good; try++) {
		frame_list_clear(&kernels);
		for (size_t i = 0; i < stream.n; i++)
			assert_int_equal(kernel_write(net, &stream.frame[i]), 0);
		kernel_read(net, ours.n, FLUSH_MS, &kernels);
		good = same(row->name, &ours, &kernels, try == TRIES - 1 && !row->tagged);
		if (!good && row->tagged && same(row->name, &stream, &kernels, false)) {
			print_message("%s: this kernel joins no tagged frames: not compared\n", row->name);
			good = true;
		}
	}
	frame_list_clear(&stream);
	frame_list_clear(&ours);
	frame_list_clear(&kernels);
	return lossless && good;
}

/* Every row. */
static void test_rows(void **state)
{
	const struct kernel_net *net = *state;
	unsigned n_bad = 0;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (rows[i].packet.protocol == PACKET_TCP || net->uso)
			n_bad += !compare(net, &rows[i]);
	}
	assert_int_equal(n_bad, 0);
}

/* Makes the kernel hold coalesced frames until a timer ends, so that frames that are written one by one are coalesced,
   and enables coalescing of forwarded datagrams. False if that is not supported. */
static bool prepare(void)
{
	/* /sys shows the interfaces of the namespace in which it was mounted. */
	if (mount("sysfs", "/sys", "sysfs", 0, NULL) < 0 ||
		kernel_set("/sys/class/net/gro-in/gro_flush_timeout", FLUSH_NS) < 0 ||
		kernel_set("/sys/class/net/gro-in/napi_defer_hard_irqs", "1") < 0)
		return false;
	return system("ethtool -K gro-in gro on rx-udp-gro-forwarding on >/dev/null 2>&1") == 0;
}

int main(void)
{
	struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};
	struct kernel_net net;
	const unsigned offload = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN | TUN_F_USO4 | TUN_F_USO6;
	for (size_t i = 0; i < sizeof payload; i++)
		payload[i] = (uint8_t)(i * 2654435761U >> 13);
	if (kernel_enter() < 0 || kernel_net_open(&net, "gro", true, offload) < 0 || !prepare()) {
		printf("no right or no means to make network namespaces and TAPs here: skipped\n");
		return 77;
	}
	tests[0].initial_state = &net;
	int failed = cmocka_run_group_tests_name("kernel_coalesce", tests, NULL, NULL);
	kernel_net_close(&net);
	return failed;
}
