#include "app/proxy_option.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "cli/options.h"
#include "cli/value.h"
#include "member/member.h"
#include "platform/net/system_proxy.h"

#define DEFAULT_PORT 3128

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes %XX. */
static int decode(const char *from, size_t len, char *to, size_t max)
{
	size_t n = 0;
	for (size_t i = 0; i < len; i++) {
		char c = from[i];
		if (c == '%') {
			int high = i + 2 < len ? hex_digit(from[i + 1]) : -1;
			int low = high >= 0 ? hex_digit(from[i + 2]) : -1;
			if (low < 0 || high * 16 + low == 0)
				return LP_EINVAL;
			c = (char)(high * 16 + low);
			i += 2;
		}
		if (n + 1 >= max)
			return LP_EINVAL;
		to[n++] = c;
	}
	to[n] = '\0';
	return 0;
}

int lp_proxy_parse(const char *text, struct lp_failure *failure, struct lp_member_proxy *ret_proxy)
{
	static const struct lp_option row = {.argument = "HOST:PORT", .min = DEFAULT_PORT};
	static const char scheme[] = "http://";
	struct lp_member_proxy proxy = {0};
	struct lp_hostport to;
	char host[300];
	if (strcmp(text, "none") == 0) {
		*ret_proxy = proxy;
		return 0;
	}
	const char *rest = strncmp(text, scheme, sizeof scheme - 1) == 0 ? text + sizeof scheme - 1 : text;
	if (strstr(rest, "://"))
		return lp_fail(
			failure, LP_EINVAL, "only HTTP proxies are supported. Use http://[USER:PASSWORD@]HOST:PORT");
	const char *at = strrchr(rest, '@');
	if (at && decode(rest, (size_t)(at - rest), proxy.login, sizeof proxy.login) < 0)
		return lp_fail(failure, LP_EINVAL,
			"user name and password are too long, or a %% is not followed by two hex digits");
	if (at && !strchr(proxy.login, ':'))
		return lp_fail(failure, LP_EINVAL, "a password is missing. Use http://USER:PASSWORD@HOST:PORT");
	const char *authority = at ? at + 1 : rest;
	size_t len = strcspn(authority, "/");
	if (len >= sizeof host || authority[len + (authority[len] == '/')] != '\0')
		return lp_fail(failure, LP_EINVAL, "not a proxy. Use http://[USER:PASSWORD@]HOST:PORT");
	memcpy(host, authority, len);
	host[len] = '\0';
	int result = lp_option_hostport(&row, host, &to, failure);
	if (result < 0)
		return result;
	memcpy(proxy.host, to.host, sizeof proxy.host);
	proxy.port = to.port;
	*ret_proxy = proxy;
	return 0;
}

int lp_proxy_option(const struct lp_option *option, const char *value, void *dest, struct lp_failure *failure)
{
	struct lp_member_proxy ignored;
	int result = lp_proxy_parse(value, failure, &ignored);
	if (result == 0 && strlen(value) >= option->size)
		result = lp_fail(failure, LP_EINVAL, "too long");
	if (result == 0)
		memcpy(dest, value, strlen(value) + 1);
	return result;
}

void lp_proxy_choose(const char *given, const char *host, struct lp_member_proxy *ret_proxy)
{
	char found[LP_PROXY_TEXT_MAX];
	struct lp_failure ignored;
	*ret_proxy = (struct lp_member_proxy){0};
	if (given[0])
		(void)lp_proxy_parse(given, &ignored, ret_proxy); /* it was checked as an option */
	else if (lp_system_proxy(host, found, sizeof found) && lp_proxy_parse(found, &ignored, ret_proxy) < 0)
		*ret_proxy = (struct lp_member_proxy){0};
}
