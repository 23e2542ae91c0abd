/* The header of the PROXY protocol, version 2. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/addr.h"
#include "base/error.h"
#include "carrier/tls/proxy_header.h"

#define SIGNATURE 0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a

static const uint8_t ipv4[] = {SIGNATURE, 0x21, 0x11, 0, 12, 192, 0, 2, 7, 10, 0, 0, 1, 0x12, 0x34, 1, 0xbb};
static const uint8_t ipv4_more[] = {
	SIGNATURE, 0x21, 0x11, 0, 16, 192, 0, 2, 7, 10, 0, 0, 1, 0x12, 0x34, 1, 0xbb, 4, 0, 1, 0}; /* a TLV, ignored */
static const uint8_t ipv6[] = {SIGNATURE, 0x21, 0x21, 0, 36, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7,
	0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x12, 0x34, 1, 0xbb};
static const uint8_t local[] = {SIGNATURE, 0x20, 0x00, 0, 0};
static const uint8_t unspecified[] = {SIGNATURE, 0x21, 0x00, 0, 0};
static const uint8_t udp[] = {SIGNATURE, 0x21, 0x12, 0, 12, 192, 0, 2, 7, 10, 0, 0, 1, 0x12, 0x34, 1, 0xbb};
static const uint8_t short_address[] = {SIGNATURE, 0x21, 0x11, 0, 11, 192, 0, 2, 7, 10, 0, 0, 1, 0x12, 0x34, 1};
static const uint8_t version1[] = {SIGNATURE, 0x11, 0x11, 0, 12, 192, 0, 2, 7, 10, 0, 0, 1, 0x12, 0x34, 1, 0xbb};

static void test_headers(void **state)
{
	static const struct {
		const char *name;
		const uint8_t *data;
		size_t len;
		int result;
		const char *source;
	} rows[] = {
		{"IPv4", ipv4, sizeof ipv4, 1, "192.0.2.7:4660"},
		{"IPv4 and more", ipv4_more, sizeof ipv4_more, 1, "192.0.2.7:4660"},
		{"IPv6", ipv6, sizeof ipv6, 1, "[2001:db8::7]:4660"},
		{"local", local, sizeof local, 0, "none"},
		{"unspecified", unspecified, sizeof unspecified, 0, "none"},
		{"UDP", udp, sizeof udp, LP_EMALFORMED, "none"},
		{"short address", short_address, sizeof short_address, LP_EMALFORMED, "none"},
		{"version 1", version1, sizeof version1, LP_EMALFORMED, "none"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lp_addr source = {0};
		char text[LP_ADDR_TEXT_MAX];
		int result = lp_proxy_header_read(rows[i].data, rows[i].len, &source);
		if (result != rows[i].result || strcmp(lp_addr_format(&source, text), rows[i].source) != 0)
			fail_msg("%s: %d, %s", rows[i].name, result, text);
		/* Until the length is there, it is asked for; then the whole header, and no byte more. */
		for (size_t len = 0; len <= rows[i].len; len++)
			assert_int_equal(lp_proxy_header_length(rows[i].data, len), len < 16 ? 16 : (int)rows[i].len);
		if (rows[i].len > 16)
			assert_int_equal(lp_proxy_header_read(rows[i].data, rows[i].len - 1, &source), LP_EMALFORMED);
	}
}

static void test_others(void **state)
{
	uint8_t data[16];
	(void)state;
	assert_int_equal(lp_proxy_header_length((const uint8_t *)"GET / HTTP/1.1\r\n", 16), LP_EMALFORMED);
	assert_int_equal(lp_proxy_header_length((const uint8_t[]){0x16}, 1), LP_EMALFORMED); /* a TLS record */
	memcpy(data, ipv4, sizeof data);
	data[14] = 2;
	data[15] = 8;
	assert_int_equal(lp_proxy_header_length(data, 16), LP_PROXY_HEADER_MAX);
	data[15] = 9;
	assert_int_equal(lp_proxy_header_length(data, 16), LP_EMALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
