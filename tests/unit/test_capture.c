/* Captures: filters, the bounded ring, and blocks that can be read back. Wireshark's tools read them in tests/e2e. */
#include "capture/capture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cursor.h"
#include "base/error.h"
#include "capture/pcapng.h"

#define FRAME_BYTES 1500U

struct fixture {
	struct lp_capture capture;
	struct lp_capture_reader *reader;
	unsigned n_wakes;
	uint8_t *data; /* what was read */
	size_t len;
};

static void on_wake(void *ctx)
{
	((struct fixture *)ctx)->n_wakes++;
}

static void set_up(struct fixture *f, const struct lp_capture_filter *filter)
{
	*f = (struct fixture){.data = malloc(LP_CAPTURE_RING_BYTES)};
	assert_int_equal(lp_capture_open(&f->capture, filter, "test", 5, on_wake, f, &f->reader), 0);
}

static void tear_down(struct fixture *f)
{
	lp_capture_close(&f->capture, f->reader);
	assert_false(lp_capture_is_on(&f->capture));
	free(f->data);
}

/* Reads the ring to its end and returns the number of blocks of a type. */
static unsigned read_blocks(struct fixture *f, uint32_t wanted)
{
	unsigned n_found = 0;
	size_t n, block_len;
	uint32_t type;
	f->len = 0;
	while ((n = lp_capture_read(f->reader, f->data + f->len, 1000)) > 0)
		f->len += n;
	for (size_t at = 0; at < f->len; at += block_len) {
		assert_int_equal(lp_pcapng_block(f->data + at, f->len - at, &type, &block_len), 1);
		assert_true(block_len <= f->len - at);
		struct lp_reader end = lp_reader_init(f->data + at + block_len - 4, 4);
		assert_int_equal(lp_reader_u32(&end), block_len);
		n_found += type == wanted;
	}
	return n_found;
}

static bool contains(const struct fixture *f, const char *text)
{
	size_t len = strlen(text);
	for (size_t at = 0; at + len <= f->len; at++)
		if (memcmp(f->data + at, text, len) == 0)
			return true;
	return false;
}

/* Notes a frame from 02:..:01 to 02:..:02, in two parts. */
static void note(struct fixture *f, uint16_t peer_id, const char *room, enum lp_drop drop)
{
	static const uint8_t head[14] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0};
	static const uint8_t body[FRAME_BYTES - sizeof head] = "payload";
	const struct lp_bytes parts[] = {{head, sizeof head}, {body, sizeof body}};
	lp_capture_note(&f->capture,
		&(struct lp_capture_note){.side = LP_CAPTURE_TUNNEL_IN,
			.inbound = true,
			.parts = parts,
			.n_parts = 2,
			.room = room,
			.peer_id = peer_id,
			.peer_name = "An\x1bna",
			.route = "relay",
			.verdict = "forwarded",
			.drop = drop},
		1000);
}

static void test_header(void **state)
{
	struct fixture f;
	(void)state;
	set_up(&f, &(struct lp_capture_filter){0});
	assert_int_equal(f.n_wakes, 1);
	assert_int_equal(read_blocks(&f, LP_PCAPNG_INTERFACE), LP_CAPTURE_SIDE_COUNT);
	assert_true(contains(&f, "tunnel-out"));
	tear_down(&f);
}

static void test_note(void **state)
{
	struct fixture f;
	(void)state;
	set_up(&f, &(struct lp_capture_filter){0});
	read_blocks(&f, 0);
	note(&f, 3, "PARTY", LP_DROP_ROGUE_DHCP);
	assert_int_equal(f.n_wakes, 2);
	assert_int_equal(read_blocks(&f, LP_PCAPNG_FRAME), 1);
	assert_true(contains(&f, "from peer 3 (An\\x1bna), room PARTY, route relay: dropped, rogue_dhcp: "));
	struct lp_reader reader = lp_reader_init(f.data + 8, f.len - 8);
	assert_int_equal(lp_reader_u32(&reader), LP_CAPTURE_TUNNEL_IN);
	assert_int_equal(lp_reader_u64(&reader), 1005);
	assert_int_equal(lp_reader_u32(&reader), FRAME_BYTES);
	lp_capture_tick(f.reader, 2000);
	assert_int_equal(read_blocks(&f, LP_PCAPNG_STATISTICS), LP_CAPTURE_SIDE_COUNT);
	tear_down(&f);
}

static void test_filter(void **state)
{
	static const struct {
		struct lp_capture_filter filter;
		uint16_t peer_id;
		const char *room;
		enum lp_drop drop;
		unsigned n_wanted;
	} rows[] = {
		{{.room = "PARTY"}, 1, "PARTY", LP_DROP_NONE, 1},
		{{.room = "party"}, 1, "PARTY", LP_DROP_NONE, 1},
		{{.room = "PARTY"}, 1, "OTHER", LP_DROP_NONE, 0},
		{{.drops = true}, 1, "PARTY", LP_DROP_NONE, 0},
		{{.drops = true}, 1, "PARTY", LP_DROP_OVERSIZE, 1},
		{{.by_peer = true, .peer_id = 1, .mac = {{9}}}, 1, "PARTY", LP_DROP_NONE, 1},
		{{.by_peer = true, .peer_id = 2, .mac = {{9}}}, 1, "PARTY", LP_DROP_NONE, 0},
		{{.by_peer = true, .peer_id = 0, .mac = {{9}}}, 0, "PARTY", LP_DROP_NONE, 0},
		{{.by_peer = true, .peer_id = 2, .mac = {{2, 0, 0, 0, 0, 1}}}, 1, "PARTY", LP_DROP_NONE, 1},
		{{.by_peer = true, .peer_id = 2, .mac = {{2, 0, 0, 0, 0, 2}}}, 1, "PARTY", LP_DROP_NONE, 1},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct fixture f;
		set_up(&f, &rows[i].filter);
		note(&f, rows[i].peer_id, rows[i].room, rows[i].drop);
		assert_int_equal(read_blocks(&f, LP_PCAPNG_FRAME), rows[i].n_wanted);
		tear_down(&f);
	}
}

/* A reader that does not read loses frames, and learns how many. */
static void test_ring(void **state)
{
	const unsigned n_notes = 2 * LP_CAPTURE_RING_BYTES / FRAME_BYTES;
	struct fixture f;
	uint64_t n_frames, n_lost;
	(void)state;
	set_up(&f, &(struct lp_capture_filter){0});
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < n_notes; i++)
			note(&f, 1, "PARTY", LP_DROP_NONE);
		unsigned n_read = read_blocks(&f, LP_PCAPNG_FRAME);
		lp_capture_counts(f.reader, &n_frames, &n_lost);
		assert_int_equal(n_frames, (round + 1) * n_notes);
		assert_in_range(n_read, n_notes / 3, n_notes / 2);
		assert_in_range(n_lost, (round + 1) * (n_notes - n_read - 2), (round + 1) * (n_notes - n_read + 2));
	}
	tear_down(&f);
}

static void test_readers(void **state)
{
	struct fixture f;
	struct lp_capture_reader *second, *third;
	(void)state;
	set_up(&f, &(struct lp_capture_filter){0});
	assert_int_equal(lp_capture_open(&f.capture, &(struct lp_capture_filter){0}, "", 0, on_wake, &f, &second), 0);
	assert_int_equal(
		lp_capture_open(&f.capture, &(struct lp_capture_filter){0}, "", 0, on_wake, &f, &third), LP_EFULL);
	lp_capture_close(&f.capture, f.reader);
	f.reader = second;
	note(&f, 1, "PARTY", LP_DROP_NONE);
	assert_int_equal(read_blocks(&f, LP_PCAPNG_FRAME), 1);
	assert_false(lp_capture_is_on(NULL));
	tear_down(&f);
}

static void test_malformed_block(void **state)
{
	static const uint8_t blocks[][8] = {
		{0, 0, 0, 6, 0, 0, 0, 8},  /* shorter than a block */
		{0, 0, 0, 6, 0, 0, 0, 33}, /* not a multiple of 4 */
		{6, 0, 0, 0, 32, 0, 0, 0}, /* little-endian */
	};
	uint32_t type;
	size_t len;
	(void)state;
	for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
		assert_int_equal(lp_pcapng_block(blocks[i], sizeof blocks[i], &type, &len), LP_EMALFORMED);
	assert_int_equal(lp_pcapng_block(blocks[0], 7, &type, &len), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_note),
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_ring),
		cmocka_unit_test(test_readers),
		cmocka_unit_test(test_malformed_block),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
