#include "base/addr.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"

bool lp_addr_equal(const struct lp_addr *a, const struct lp_addr *b)
{
	return a->family == b->family && a->port == b->port && a->scope_id == b->scope_id &&
	       memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

/* Adds an IPv4 address in dotted form. */
static void format_ip4(struct lp_text *out, const uint8_t ip[4])
{
	lp_text_addf(out, "%u.%u.%u.%u", ip[0], ip[1], ip[2], ip[3]);
}

/* The 16-bit group |i| of an IPv6 address. */
static unsigned group_of(const uint8_t ip[16], unsigned i)
{
	return (unsigned)ip[2 * i] << 8 | ip[2 * i + 1];
}

/* Finds the longest run of at least two zero groups; of equal runs, the first (RFC 5952 §4.2). */
static void longest_zeros(const uint8_t ip[16], unsigned *ret_start, unsigned *ret_len)
{
	unsigned best = 8, best_len = 1;
	for (unsigned i = 0; i < 8; i++) {
		unsigned n = 0;
		while (i + n < 8 && group_of(ip, i + n) == 0)
			n++;
		if (n > best_len)
			best = i, best_len = n;
		i += n;
	}
	*ret_start = best;
	*ret_len = best < 8 ? best_len : 0;
}

/* Adds an IPv6 address in the form of RFC 5952. */
static void format_ip6(struct lp_text *out, const uint8_t ip[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	if (memcmp(ip, mapped, sizeof mapped) == 0) {
		lp_text_add(out, "::ffff:");
		format_ip4(out, ip + 12);
		return;
	}
	unsigned start, len;
	longest_zeros(ip, &start, &len);
	for (unsigned i = 0; i < 8; i++) {
		if (i == start) {
			lp_text_add(out, "::");
			i += len - 1;
			continue;
		}
		lp_text_addf(out, "%s%x", i > 0 && i != start + len ? ":" : "", group_of(ip, i));
	}
}

const char *lp_addr_format(const struct lp_addr *addr, char text[LP_ADDR_TEXT_MAX])
{
	struct lp_text out;
	lp_text_init(&out, text, LP_ADDR_TEXT_MAX);
	if (addr->family == 4) {
		format_ip4(&out, addr->ip);
	} else if (addr->family == 6) {
		lp_text_add(&out, addr->port ? "[" : "");
		format_ip6(&out, addr->ip);
		if (addr->scope_id)
			lp_text_addf(&out, "%%%u", addr->scope_id);
		lp_text_add(&out, addr->port ? "]" : "");
	} else {
		lp_text_add(&out, addr->port ? "*" : "none");
	}
	if (addr->port)
		lp_text_addf(&out, ":%u", addr->port);
	return text;
}

/* Parses a decimal number without leading zeros; advances |at|. */
static int parse_decimal(const char **at, const char *end, uint32_t max, uint32_t *ret_value)
{
	const char *p = *at;
	uint64_t value = 0;
	while (p < end && *p >= '0' && *p <= '9' && value <= max)
		value = value * 10 + (uint64_t)(*p++ - '0');
	if (p == *at || value > max || (**at == '0' && p - *at > 1))
		return LP_EINVAL;
	*at = p;
	*ret_value = (uint32_t)value;
	return 0;
}

/* Parses "192.0.2.1"; nothing may follow. */
static int parse_ip4(const char *at, const char *end, uint8_t ip[4])
{
	for (unsigned i = 0; i < 4; i++) {
		uint32_t value;
		if (i > 0 && (at == end || *at++ != '.'))
			return LP_EINVAL;
		if (parse_decimal(&at, end, 255, &value) < 0)
			return LP_EINVAL;
		ip[i] = (uint8_t)value;
	}
	return at == end ? 0 : LP_EINVAL;
}

/* The value of a hex digit, or -1. */
static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Parses a group of one to four hex digits; advances |at|. */
static int parse_group(const char **at, const char *end, unsigned *ret_value)
{
	const char *p = *at;
	unsigned value = 0;
	for (; p < end && p - *at < 4 && hex_digit(*p) >= 0; p++)
		value = value << 4 | (unsigned)hex_digit(*p);
	if (p == *at)
		return LP_EINVAL;
	*at = p;
	*ret_value = value;
	return 0;
}

#define NO_GAP 17U

/* Parses an IPv6 address (RFC 4291 §2.2); nothing may follow. */
static int parse_ip6(const char *at, const char *end, uint8_t ip[16])
{
	uint8_t bytes[16] = {0};
	unsigned n = 0, gap = NO_GAP;
	if (end - at >= 2 && at[0] == ':' && at[1] == ':')
		gap = 0, at += 2;
	while (at < end) {
		unsigned value;
		if (n <= 12 && (n == 12 || gap <= 12) && parse_ip4(at, end, bytes + n) == 0) {
			n += 4;
			at = end;
			break;
		}
		if (n == 16 || parse_group(&at, end, &value) < 0)
			return LP_EINVAL;
		bytes[n++] = (uint8_t)(value >> 8);
		bytes[n++] = (uint8_t)value;
		if (at == end)
			break;
		if (*at++ != ':' || at == end)
			return LP_EINVAL;
		if (*at == ':') {
			if (gap != NO_GAP)
				return LP_EINVAL;
			gap = n, at++;
		}
	}
	if (gap == NO_GAP ? n != 16 : n > 14)
		return LP_EINVAL;
	memset(ip, 0, 16);
	if (gap == NO_GAP)
		gap = n;
	memcpy(ip, bytes, gap);
	memcpy(ip + 16 - (n - gap), bytes + gap, n - gap);
	return 0;
}

/* Parses an address without a port; IPv6 may have a scope ("fe80::1%2"). */
static int parse_ip(const char *at, const char *end, struct lp_addr *addr)
{
	if (parse_ip4(at, end, addr->ip) == 0) {
		addr->family = 4;
		return 0;
	}
	memset(addr->ip, 0, sizeof addr->ip);
	const char *scope = memchr(at, '%', (size_t)(end - at));
	if (parse_ip6(at, scope ? scope : end, addr->ip) < 0)
		return LP_EINVAL;
	addr->family = 6;
	if (!scope)
		return 0;
	scope++;
	return parse_decimal(&scope, end, UINT32_MAX, &addr->scope_id) == 0 && scope == end ? 0 : LP_EINVAL;
}

int lp_addr_parse(const char *text, uint16_t default_port, struct lp_addr *ret_addr)
{
	struct lp_addr addr = {.port = default_port};
	const char *end = text + strlen(text);
	const char *ip = text, *ip_end = end, *port = NULL;

	if (*text == '[') {
		ip = text + 1;
		ip_end = memchr(ip, ']', (size_t)(end - ip));
		if (!ip_end || memchr(ip, ':', (size_t)(ip_end - ip)) == NULL)
			return LP_EINVAL;
		if (ip_end + 1 != end) {
			if (ip_end[1] != ':')
				return LP_EINVAL;
			port = ip_end + 2;
		}
	} else {
		const char *colon = memchr(text, ':', (size_t)(end - text));
		if (colon && !memchr(colon + 1, ':', (size_t)(end - colon - 1))) {
			ip_end = colon;
			port = colon + 1;
		}
	}
	uint32_t value = default_port;
	if (port && (parse_decimal(&port, end, UINT16_MAX, &value) < 0 || port != end))
		return LP_EINVAL;
	if (parse_ip(ip, ip_end, &addr) < 0)
		return LP_EINVAL;
	addr.port = (uint16_t)value;
	*ret_addr = addr;
	return 0;
}
