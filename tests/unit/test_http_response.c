/* Replies of an HTTP server: complete ones are read, all others refused. */
#include "http/response.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"

static void test_rows(void **state)
{
	static const struct {
		const char *text;
		unsigned status; /* 0: malformed */
		const char *body;
	} rows[] = {
		{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", 200, "abc"},
		{"HTTP/1.0 404\r\ncontent-LENGTH:0  \r\n\r\n", 404, ""},
		{"HTTP/1.1 200 OK\r\nX: \r\nContent-Length: 2\r\nY: Content-Length: 9\r\n\r\n\r\n", 200, "\r\n"},
		{"", 0, NULL},
		{"relay 0.1.0, up 5s\n", 0, NULL},
		{"HTTP/1.1 200 OK\r\n\r\nabc", 0, NULL},                                           /* no length */
		{"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc", 0, NULL},                      /* cut off */
		{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc", 0, NULL},                      /* too long */
		{"HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabc", 0, NULL},                     /* not a number */
		{"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\nabc", 0, NULL},             /* too large */
		{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 0, NULL}, /* twice */
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0, NULL},
		{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", 0, NULL}, /* no end of the header */
		{"HTTP/2 200 OK\r\nContent-Length: 0\r\n\r\n", 0, NULL},
		{"HTTP/1.1 2000\r\nContent-Length: 0\r\n\r\n", 0, NULL},
		{"HTTP/1.1 099 x\r\nContent-Length: 0\r\n\r\n", 0, NULL},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lp_http_response response = {0};
		int result = lp_http_response_parse(rows[i].text, strlen(rows[i].text), &response);
		if (result != (rows[i].status ? 0 : LP_EMALFORMED))
			fail_msg("row %zu: %d", i, result);
		if (rows[i].status == 0)
			continue;
		assert_int_equal(response.status, rows[i].status);
		assert_int_equal(response.body_len, strlen(rows[i].body));
		assert_memory_equal(response.body, rows[i].body, response.body_len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};
	return cmocka_run_group_tests_name("http_response", tests, NULL, NULL);
}
