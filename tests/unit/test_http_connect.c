/* HTTP CONNECT: what is asked of a proxy, and its replies. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"
#include "carrier/tls/http_connect.h"

static void test_request(void **state)
{
	char text[LP_HTTP_CONNECT_REQUEST_MAX], login[LP_HTTP_CONNECT_LOGIN_MAX + 1];
	(void)state;
	static const char plain[] = "CONNECT relay.test:443 HTTP/1.1\r\nHost: relay.test:443\r\n\r\n";
	assert_int_equal(lp_http_connect_request("relay.test", 443, "", text), strlen(plain));
	assert_string_equal(text, plain);
	assert_true(lp_http_connect_request("2001:db8::1", 8443, "", text) > 0);
	assert_non_null(strstr(text, "CONNECT [2001:db8::1]:8443 HTTP/1.1\r\n"));
	/* The examples of RFC 7617 §2, and one of each remainder. */
	assert_true(lp_http_connect_request("relay.test", 443, "Aladdin:open sesame", text) > 0);
	assert_non_null(strstr(text, "\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"));
	assert_true(lp_http_connect_request("relay.test", 443, "ab:", text) > 0);
	assert_non_null(strstr(text, " YWI6\r\n"));
	assert_true(lp_http_connect_request("relay.test", 443, "ab:c", text) > 0);
	assert_non_null(strstr(text, " YWI6Yw==\r\n"));
	assert_true(lp_http_connect_request("relay.test", 443, "ab:cd", text) > 0);
	assert_non_null(strstr(text, " YWI6Y2Q=\r\n"));
	memset(login, 'x', sizeof login);
	login[LP_HTTP_CONNECT_LOGIN_MAX - 1] = '\0';
	assert_true(lp_http_connect_request("relay.test", 443, login, text) > 0);
	login[LP_HTTP_CONNECT_LOGIN_MAX - 1] = 'x';
	login[LP_HTTP_CONNECT_LOGIN_MAX] = '\0';
	assert_int_equal(lp_http_connect_request("relay.test", 443, login, text), LP_ETOOBIG);
}

static void test_replies(void **state)
{
	static const struct {
		const char *reply;
		int result;
	} rows[] = {
		{"HTTP/1.1 200 Connection established\r\n\r\n", 0},
		{"HTTP/1.0 200 OK\r\nVia: squid\r\n\r\n", 0},
		{"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 3\r\n\r\nabc", LP_EPERM},
		{"HTTP/1.1 403 Forbidden\r\n\r\n", LP_EPERM},
		{"HTTP/1.1 503 Service Unavailable\r\n\r\n", LP_EUNREACH},
		{"HTTP/1.1 2x0 OK\r\n\r\n", LP_EMALFORMED},
		{"SSH-2.0-OpenSSH\r\n\r\n", LP_EMALFORMED},
		{"\r\n\r\n", LP_EMALFORMED},
		{"HTTP/1.1 200 OK\r\n", LP_EAGAIN},
		{"", LP_EAGAIN},
	};
	struct lp_failure failure;
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		size_t len = strlen(rows[i].reply);
		int result = lp_http_connect_reply(rows[i].reply, len, &failure);
		if (result != rows[i].result)
			fail_msg("row %zu: %d", i, result);
		/* Without its last bytes it is incomplete, whatever it says. */
		if (result != LP_EAGAIN && !strstr(rows[i].reply, "abc"))
			assert_int_equal(lp_http_connect_reply(rows[i].reply, len - 1, &failure), LP_EAGAIN);
	}
	static char endless[LP_HTTP_CONNECT_REPLY_MAX];
	memset(endless, 'x', sizeof endless);
	assert_int_equal(lp_http_connect_reply(endless, sizeof endless - 1, &failure), LP_EAGAIN);
	assert_int_equal(lp_http_connect_reply(endless, sizeof endless, &failure), LP_EMALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_replies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
