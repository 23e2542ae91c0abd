/* The framing of the control stream, with the stream split at every position. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "ctrl/message.h"
#include "ctrl/stream.h"

/* Feeds |len| bytes from memory of exactly that size; appends each message and a '|' to |out|. */
static int feed(struct lp_ctrl_stream *stream, const uint8_t *data, size_t len, char *out)
{
	uint8_t *exact = malloc(len ? len : 1);
	assert_non_null(exact);
	memcpy(exact, data, len);
	const uint8_t *at = exact, *message;
	size_t left = len, message_len;
	int result;
	while ((result = lp_ctrl_stream_read(stream, &at, &left, &message, &message_len)) == 1) {
		strncat(out, (const char *)message, message_len);
		strcat(out, "|");
	}
	if (result == 0)
		assert_int_equal(left, 0);
	assert_ptr_equal(at, exact + len - left);
	free(exact);
	return result;
}

static const uint8_t three[] = "\0\0\0\x05"
			       "hello"
			       "\0\0\0\x01"
			       "x"
			       "\0\0\0\x0a"
			       "0123456789";

#define THREE_LEN (sizeof three - 1)
#define THREE_OUT "hello|x|0123456789|"

static void test_whole(void **state)
{
	(void)state;
	struct lp_ctrl_stream stream;
	char out[64] = "";
	lp_ctrl_stream_init(&stream);
	assert_int_equal(feed(&stream, three, THREE_LEN, out), 0);
	assert_string_equal(out, THREE_OUT);
	assert_int_equal(feed(&stream, three, THREE_LEN, out), 0);
	assert_string_equal(out, THREE_OUT THREE_OUT);
	lp_ctrl_stream_done(&stream);
}

static void test_split_everywhere(void **state)
{
	(void)state;
	for (size_t first = 0; first <= THREE_LEN; first++) {
		for (size_t second = first; second <= THREE_LEN; second++) {
			struct lp_ctrl_stream stream;
			char out[64] = "";
			lp_ctrl_stream_init(&stream);
			assert_int_equal(feed(&stream, three, first, out), 0);
			assert_int_equal(feed(&stream, three + first, second - first, out), 0);
			assert_int_equal(feed(&stream, three + second, THREE_LEN - second, out), 0);
			assert_string_equal(out, THREE_OUT);
			lp_ctrl_stream_done(&stream);
		}
	}
}

static void test_byte_by_byte(void **state)
{
	(void)state;
	struct lp_ctrl_stream stream;
	char out[64] = "";
	lp_ctrl_stream_init(&stream);
	for (size_t i = 0; i < THREE_LEN; i++) {
		assert_int_equal(feed(&stream, three + i, 1, out), 0);
		assert_int_equal(feed(&stream, three + i, 0, out), 0);
	}
	assert_string_equal(out, THREE_OUT);
	lp_ctrl_stream_done(&stream);
}

static void test_impossible_lengths(void **state)
{
	(void)state;
	static const struct {
		uint8_t prefix[4];
		int result;
	} rows[] = {
		{{0, 0, 0, 0}, LP_EMALFORMED},
		{{0, 0, 0x40, 0x01}, LP_ETOOBIG},
		{{0, 1, 0, 1}, LP_ETOOBIG},
		{{0xff, 0xff, 0xff, 0xff}, LP_ETOOBIG},
		{{0, 0, 0x40, 0x00}, 0},
		{{0, 0, 0, 1}, 0},
		{{'{', '"', 't', 'y'}, LP_ETOOBIG},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lp_ctrl_stream stream;
		char out[64] = "";
		lp_ctrl_stream_init(&stream);
		assert_int_equal(feed(&stream, three, 9, out), 0);
		assert_int_equal(feed(&stream, rows[i].prefix, 3, out), 0);
		assert_int_equal(feed(&stream, rows[i].prefix + 3, 1, out), rows[i].result);
		/* An error persists. */
		if (rows[i].result < 0)
			assert_int_equal(feed(&stream, three, 9, out), rows[i].result);
		assert_string_equal(out, "hello|");
		lp_ctrl_stream_done(&stream);
	}
}

/* A promised length allocates no memory; received bytes take at most twice their size, which is freed afterwards. */
static void test_memory(void **state)
{
	(void)state;
	struct lp_ctrl_stream stream;
	const uint8_t prefix[] = {0, 0, 0x40, 0};
	uint8_t piece[100];
	const uint8_t *at = prefix, *message;
	size_t left = sizeof prefix, len, fed = 0;
	memset(piece, 'x', sizeof piece);
	lp_ctrl_stream_init(&stream);
	assert_int_equal(lp_ctrl_stream_read(&stream, &at, &left, &message, &len), 0);
	assert_int_equal(stream.size, 0);
	for (int result = 0; result == 0;) {
		left = LP_MESSAGE_MAX - fed < sizeof piece ? LP_MESSAGE_MAX - fed : sizeof piece;
		fed += left;
		at = piece;
		result = lp_ctrl_stream_read(&stream, &at, &left, &message, &len);
		assert_int_equal(result, fed == LP_MESSAGE_MAX);
		assert_in_range(stream.size, fed, fed < 256 ? 512 : 2 * fed);
	}
	assert_int_equal(len, LP_MESSAGE_MAX);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(message[i], 'x');
	at = prefix;
	left = 1;
	assert_int_equal(lp_ctrl_stream_read(&stream, &at, &left, &message, &len), 0);
	assert_int_equal(stream.size, 0);
	lp_ctrl_stream_done(&stream);
	lp_ctrl_stream_done(&stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_split_everywhere),
		cmocka_unit_test(test_byte_by_byte),
		cmocka_unit_test(test_impossible_lengths),
		cmocka_unit_test(test_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
