#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/ether.h"
#include "proto/vlan.h"

/* The bytes after the two addresses, and their meaning. */
struct row {
	const char *name;
	uint8_t bytes[32];
	size_t len; /* length of these bytes; zeros follow up to |frame_len| */
	size_t frame_len;
	enum lp_ether_fault fault;
	enum lp_llc llc;
	uint16_t type;
	uint8_t n_tags;
	uint16_t tci[2];
	uint32_t net_offset, net_len;
};

static const struct row rows[] = {
	{"IPv4", {0x08, 0x00}, 2, 60, LP_ETHER_OK, LP_LLC_NONE, 0x0800, 0, {0}, 14, 46},
	{"only a header", {0x08, 0x00}, 2, 14, LP_ETHER_OK, LP_LLC_NONE, 0x0800, 0, {0}, 14, 0},
	{"13 bytes", {0x08}, 1, 13, .fault = LP_ETHER_SHORT},
	{"smallest type", {0x06, 0x00}, 2, 60, LP_ETHER_OK, LP_LLC_NONE, 0x0600, 0, {0}, 14, 46},
	{"between: 1535", {0x05, 0xff}, 2, 60, .fault = LP_ETHER_BAD_TYPE},
	{"between: 1501", {0x05, 0xdd}, 2, 1600, .fault = LP_ETHER_BAD_TYPE},
	{"length 1500", {0x05, 0xdc, 1, 2, 3}, 5, 1514, LP_ETHER_OK, LP_LLC_OTHER, 0, 0, {0}, 17, 1497},
	{"length beyond the end", {0, 47, 1, 2, 3}, 5, 60, .fault = LP_ETHER_BAD_LENGTH},
	{"length with padding", {0, 5, 1, 2, 3}, 5, 60, LP_ETHER_OK, LP_LLC_OTHER, 0, 0, {0}, 17, 2},
	{"length 0", {0, 0}, 2, 60, LP_ETHER_OK, LP_LLC_OTHER, 0, 0, {0}, 14, 0},
	{"length 2", {0, 2, 0x42, 0x42, 3}, 5, 60, LP_ETHER_OK, LP_LLC_OTHER, 0, 0, {0}, 14, 2},
	{"tag", {0x81, 0, 0x60, 5, 0x08, 0}, 6, 64, LP_ETHER_OK, LP_LLC_NONE, 0x0800, 1, {0x6005}, 18, 46},
	{"tag with VLAN 0", {0x81, 0, 0, 0, 0x86, 0xdd}, 6, 64, LP_ETHER_OK, LP_LLC_NONE, 0x86dd, 1, {0}, 18, 46},
	{"service tag and tag", {0x88, 0xa8, 0, 1, 0x81, 0, 0, 2, 0x08, 6}, 10, 64, LP_ETHER_OK, LP_LLC_NONE, 0x0806, 2,
		{1, 2}, 22, 42},
	{"old double tag", {0x91, 0, 0, 1, 0x91, 0, 0, 2, 0x08, 6}, 10, 64, LP_ETHER_OK, LP_LLC_NONE, 0x0806, 2, {1, 2},
		22, 42},
	{"three tags", {0x81, 0, 0, 1, 0x81, 0, 0, 2, 0x81, 0, 0, 3, 8, 0}, 14, 64, .fault = LP_ETHER_TAGS},
	{"tag cut before its type", {0x81, 0, 0, 1}, 4, 16, .fault = LP_ETHER_CUT_TAG},
	{"tag cut before its TCI", {0x81, 0}, 2, 14, .fault = LP_ETHER_CUT_TAG},
	{"tag, then nothing", {0x81, 0, 0, 1, 8, 0}, 6, 18, LP_ETHER_OK, LP_LLC_NONE, 0x0800, 1, {1}, 18, 0},
	{"second tag cut", {0x81, 0, 0, 1, 0x81, 0, 0}, 7, 19, .fault = LP_ETHER_CUT_TAG},
	{"tag, then between", {0x81, 0, 0, 1, 0x05, 0xf0}, 6, 64, .fault = LP_ETHER_BAD_TYPE},
	{"BPDU", {0, 38, 0x42, 0x42, 3, 0}, 6, 60, LP_ETHER_OK, LP_LLC_BPDU, 0, 0, {0}, 17, 35},
	{"BPDU behind a tag", {0x81, 0, 0, 7, 0, 38, 0x42, 0x42, 3}, 9, 64, LP_ETHER_OK, LP_LLC_BPDU, 0, 1, {7}, 21,
		35},
	{"IPX, 802.2", {0, 40, 0xe0, 0xe0, 3, 0xff, 0xff}, 7, 60, LP_ETHER_OK, LP_LLC_IPX, 0, 0, {0}, 17, 37},
	{"IPX, raw", {0, 40, 0xff, 0xff, 0, 40}, 6, 60, LP_ETHER_OK, LP_LLC_IPX_RAW, 0, 0, {0}, 14, 40},
	{"IPX, Ethernet II", {0x81, 0x37, 0xff, 0xff}, 4, 60, LP_ETHER_OK, LP_LLC_NONE, 0x8137, 0, {0}, 14, 46},
	{"IPX, SNAP", {0, 40, 0xaa, 0xaa, 3, 0, 0, 0, 0x81, 0x37}, 10, 60, LP_ETHER_OK, LP_LLC_SNAP, 0x8137, 0, {0}, 22,
		32},
	{"SNAP, IPv6", {0, 40, 0xaa, 0xaa, 3, 0, 0, 0, 0x86, 0xdd}, 10, 60, LP_ETHER_OK, LP_LLC_SNAP, 0x86dd, 0, {0},
		22, 32},
	{"SNAP, 802.1H", {0, 40, 0xaa, 0xaa, 3, 0, 0, 0xf8, 8, 0}, 10, 60, LP_ETHER_OK, LP_LLC_SNAP, 0x0800, 0, {0}, 22,
		32},
	{"SNAP, Cisco", {0, 40, 0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0}, 10, 60, LP_ETHER_OK, LP_LLC_SNAP_OUI, 0, 0, {0},
		17, 37},
	{"LLC 0xab, 0xaa, 3", {0, 40, 0xab, 0xaa, 3, 0, 0, 0, 8, 0}, 10, 60, LP_ETHER_OK, LP_LLC_OTHER, 0, 0, {0}, 17,
		37},
	{"LLC 0xaa, 0xab, 3", {0, 40, 0xaa, 0xab, 3, 0, 0, 0, 8, 0}, 10, 60, LP_ETHER_OK, LP_LLC_OTHER, 0, 0, {0}, 17,
		37},
	{"LLC 0xaa, 0xaa, 4", {0, 40, 0xaa, 0xaa, 4, 0, 0, 0, 8, 0}, 10, 60, LP_ETHER_OK, LP_LLC_OTHER, 0, 0, {0}, 17,
		37},
	{"LLC 0x43, 0x42, 3", {0, 40, 0x43, 0x42, 3, 0, 0, 0, 8, 0}, 10, 60, LP_ETHER_OK, LP_LLC_OTHER, 0, 0, {0}, 17,
		37},
	{"LLC 0x42, 0x43, 3", {0, 40, 0x42, 0x43, 3, 0, 0, 0, 8, 0}, 10, 60, LP_ETHER_OK, LP_LLC_OTHER, 0, 0, {0}, 17,
		37},
	{"LLC 0x42, 0x42, 0x7f", {0, 40, 0x42, 0x42, 0x7f, 0, 0, 0, 8, 0}, 10, 60, LP_ETHER_OK, LP_LLC_OTHER, 0, 0, {0},
		17, 37},
	{"LLC 0xe0, 0xe1, 3", {0, 40, 0xe0, 0xe1, 3, 0, 0, 0, 8, 0}, 10, 60, LP_ETHER_OK, LP_LLC_OTHER, 0, 0, {0}, 17,
		37},
	{"LLC 0xe1, 0xe0, 3", {0, 40, 0xe1, 0xe0, 3, 0, 0, 0, 8, 0}, 10, 60, LP_ETHER_OK, LP_LLC_OTHER, 0, 0, {0}, 17,
		37},
	{"LLC 0xe0, 0xe0, 2", {0, 40, 0xe0, 0xe0, 2, 0, 0, 0, 8, 0}, 10, 60, LP_ETHER_OK, LP_LLC_OTHER, 0, 0, {0}, 17,
		37},
	{"LLC 0xff, 0xfe, 3", {0, 40, 0xff, 0xfe, 3, 0, 0, 0, 8, 0}, 10, 60, LP_ETHER_OK, LP_LLC_OTHER, 0, 0, {0}, 17,
		37},
	{"LLC 0xfe, 0xff, 3", {0, 40, 0xfe, 0xff, 3, 0, 0, 0, 8, 0}, 10, 60, LP_ETHER_OK, LP_LLC_OTHER, 0, 0, {0}, 17,
		37},
	{"SNAP of 1, 0, 0", {0, 40, 0xaa, 0xaa, 3, 1, 0, 0, 8, 0}, 10, 60, LP_ETHER_OK, LP_LLC_SNAP_OUI, 0, 0, {0}, 17,
		37},
	{"SNAP of 0, 1, 0", {0, 40, 0xaa, 0xaa, 3, 0, 1, 0, 8, 0}, 10, 60, LP_ETHER_OK, LP_LLC_SNAP_OUI, 0, 0, {0}, 17,
		37},
	{"SNAP of 0, 0, 1", {0, 40, 0xaa, 0xaa, 3, 0, 0, 1, 8, 0}, 10, 60, LP_ETHER_OK, LP_LLC_SNAP_OUI, 0, 0, {0}, 17,
		37},
	{"SNAP of 0, 1, 0xf8", {0, 40, 0xaa, 0xaa, 3, 0, 1, 0xf8, 8, 0}, 10, 60, LP_ETHER_OK, LP_LLC_SNAP_OUI, 0, 0,
		{0}, 17, 37},
	{"SNAP cut", {0, 7, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0}, 10, 60, LP_ETHER_OK, LP_LLC_OTHER, 0, 0, {0}, 17, 4},
	{"SNAP of 8", {0, 8, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0}, 10, 60, LP_ETHER_OK, LP_LLC_SNAP, 0x0800, 0, {0}, 22, 0},
	{"tag, SNAP", {0x81, 0, 0, 0, 0, 40, 0xaa, 0xaa, 3, 0, 0, 0, 0x86, 0xdd}, 14, 64, LP_ETHER_OK, LP_LLC_SNAP,
		0x86dd, 1, {0}, 26, 32},
	{"SNAP, tag", {0, 40, 0xaa, 0xaa, 3, 0, 0, 0, 0x81, 0, 0, 9, 0x86, 0xdd}, 14, 60, LP_ETHER_OK, LP_LLC_SNAP,
		0x86dd, 1, {9}, 26, 28},
	{"tag, SNAP, tag, tag", {0x81, 0, 0, 1, 0, 40, 0xaa, 0xaa, 3, 0, 0, 0, 0x81, 0, 0, 9, 0x81, 0, 0, 9, 8, 0}, 22,
		64, .fault = LP_ETHER_TAGS},
	{"SNAP, tag beyond the length", {0, 10, 0xaa, 0xaa, 3, 0, 0, 0, 0x81, 0, 0, 9, 0x86, 0xdd}, 14, 60,
		.fault = LP_ETHER_CUT_TAG},
	{"SNAP in SNAP", {0, 40, 0xaa, 0xaa, 3, 0, 0, 0, 0, 20, 0xaa, 0xaa, 3}, 13, 60, .fault = LP_ETHER_BAD_TYPE},
};

/* Every row, in a buffer of its exact size. */
static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *row = &rows[i];
		uint8_t *frame = calloc(1, row->frame_len);
		struct lp_ether ether = {.net_offset = 9999};
		assert_non_null(frame);
		memcpy(frame, "\x02\1\2\3\4\5\x06\7\10\11\12\13", 12);
		memcpy(frame + 12, row->bytes, row->len);
		enum lp_ether_fault fault = lp_ether_parse(frame, row->frame_len, &ether);
		if (fault != row->fault)
			print_message("%s: fault %d\n", row->name, (int)fault);
		assert_int_equal(fault, row->fault);
		if (fault != LP_ETHER_OK) {
			assert_int_equal(ether.net_offset, 9999);
			free(frame);
			continue;
		}
		if (ether.net_offset != row->net_offset || ether.net_len != row->net_len)
			print_message("%s: %u bytes from %u\n", row->name, ether.net_len, ether.net_offset);
		assert_memory_equal(&ether.dst, frame, 6);
		assert_memory_equal(&ether.src, frame + 6, 6);
		assert_int_equal(ether.llc, row->llc);
		assert_int_equal(ether.type, row->type);
		assert_int_equal(ether.n_tags, row->n_tags);
		assert_int_equal(ether.tci[0], row->tci[0]);
		assert_int_equal(ether.tci[1], row->tci[1]);
		assert_int_equal(ether.net_offset, row->net_offset);
		assert_int_equal(ether.net_len, row->net_len);
		free(frame);
	}
}

/* The fast path agrees with the slow one. */
static void test_fast_is_slow(void **state)
{
	(void)state;
	uint8_t frame[64] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};
	for (unsigned type = 0; type < 65536; type++) {
		struct lp_ether fast, slow;
		memset(&fast, 0, sizeof fast);
		memset(&slow, 0, sizeof slow);
		lp_be16_put(frame + 12, (uint16_t)type);
		assert_int_equal(
			lp_ether_parse(frame, sizeof frame, &fast), lp_ether_parse_slow(frame, sizeof frame, &slow));
		assert_memory_equal(&fast, &slow, sizeof fast);
	}
}

/* A frame with a tag inserted again reads as before, and the offsets move. */
static void test_vlan(void **state)
{
	(void)state;
	uint8_t room[4 + 64] = {0}, before[64];
	struct lp_ether ether;
	struct lp_offload offload = {
		.needs_csum = true, .csum_start = 34, .csum_offset = 16, .hdr_len = 54, .gso_size = 1000};
	for (size_t i = 0; i < 64; i++)
		room[4 + i] = (uint8_t)i;
	lp_be16_put(room + 4 + 12, 0x0800);
	memcpy(before, room + 4, 64);
	uint8_t *frame = lp_vlan_push(room + 4, 0x88a8, 0xe123, &offload);
	assert_ptr_equal(frame, room);
	assert_int_equal(lp_ether_parse(frame, 68, &ether), LP_ETHER_OK);
	assert_int_equal(ether.n_tags, 1);
	assert_int_equal(ether.tci[0], 0xe123);
	assert_int_equal(lp_be16_get(frame + 12), 0x88a8);
	assert_int_equal(ether.type, 0x0800);
	assert_memory_equal(frame, before, 12);
	assert_memory_equal(frame + 16, before + 12, 52);
	assert_int_equal(offload.csum_start, 38);
	assert_int_equal(offload.csum_offset, 16);
	assert_int_equal(offload.hdr_len, 58);
	assert_int_equal(offload.gso_size, 1000);

	struct lp_offload none = {0};
	assert_ptr_equal(lp_vlan_push(room + 4, 0x8100, 0, &none), room);
	assert_int_equal(none.csum_start, 0);
	assert_int_equal(none.hdr_len, 0);
	assert_ptr_equal(lp_vlan_push(room + 4, 0x8100, 0, NULL), room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_fast_is_slow),
		cmocka_unit_test(test_vlan),
	};
	return cmocka_run_group_tests_name("ether", tests, NULL, NULL);
}
