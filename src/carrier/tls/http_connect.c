#include "carrier/tls/http_connect.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"

/* Writes |text| in Base64 (RFC 4648 §4). */
static void base64(const char *text, char *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t len = strlen(text);
	for (size_t i = 0; i < len; i += 3) {
		uint32_t bits = 0;
		for (size_t k = 0; k < 3; k++)
			bits = bits << 8 | (i + k < len ? (uint8_t)text[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			*out++ = i + k <= len ? digits[bits >> (18 - 6 * k) & 63] : '=';
	}
	*out = '\0';
}

int lp_http_connect_request(
	const char *host, uint16_t port, const char *login, char ret_request[LP_HTTP_CONNECT_REQUEST_MAX])
{
	char authority[300], encoded[LP_HTTP_CONNECT_LOGIN_MAX * 4 / 3 + 8], header[sizeof encoded + 40] = "";
	if (strlen(login) >= LP_HTTP_CONNECT_LOGIN_MAX)
		return LP_ETOOBIG;
	int len = snprintf(authority, sizeof authority, strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, (unsigned)port);
	if (len < 0 || (size_t)len >= sizeof authority)
		return LP_ETOOBIG;
	if (login[0]) {
		base64(login, encoded);
		snprintf(header, sizeof header, "Proxy-Authorization: Basic %s\r\n", encoded);
	}
	len = snprintf(ret_request, LP_HTTP_CONNECT_REQUEST_MAX, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", authority,
		authority, header);
	return len > 0 && len < LP_HTTP_CONNECT_REQUEST_MAX ? len : LP_ETOOBIG;
}

/* The status of a reply's first line; 0 if it is not one. */
static unsigned status_of(const char *data, size_t len)
{
	static const char version[] = "HTTP/1.";
	const char *digits = data + sizeof version + 1;
	unsigned status = 0;
	if (len < sizeof version + 4 || memcmp(data, version, sizeof version - 1) != 0 || digits[-1] != ' ')
		return 0;
	for (int i = 0; i < 3; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return 0;
		status = status * 10 + (unsigned)(digits[i] - '0');
	}
	return status;
}

/* True if the reply's header is complete. */
static bool is_complete(const char *data, size_t len)
{
	for (size_t i = 3; i < len; i++)
		if (memcmp(data + i - 3, "\r\n\r\n", 4) == 0)
			return true;
	return false;
}

int lp_http_connect_reply(const char *data, size_t len, struct lp_failure *failure)
{
	if (!is_complete(data, len))
		return len < LP_HTTP_CONNECT_REPLY_MAX
			       ? LP_EAGAIN
			       : lp_fail(failure, LP_EMALFORMED, "the proxy's reply is too long");
	unsigned status = status_of(data, len);
	if (status >= 200 && status <= 299)
		return 0;
	if (status == 407)
		return lp_fail(failure, LP_EPERM,
			"the proxy asks for a user name and a password, or does not accept these. Pass --proxy "
			"http://USER:PASSWORD@HOST:PORT");
	if (status == 403 || status == 405)
		return lp_fail(failure, LP_EPERM,
			"the proxy does not permit connections to the relay (HTTP status %u). Ask its administrator",
			status);
	if (status)
		return lp_fail(failure, LP_EUNREACH, "the proxy does not reach the relay (HTTP status %u)", status);
	return lp_fail(failure, LP_EMALFORMED, "the proxy's reply is not HTTP");
}
