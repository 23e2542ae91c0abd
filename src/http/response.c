#include "http/response.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"

/* The rest of a text. */
struct rest {
	const char *at;
	size_t len;
};

/* Takes a line that ends in CR LF, without them. */
static bool take_line(struct rest *rest, const char **ret_line, size_t *ret_len)
{
	for (size_t i = 0; i + 1 < rest->len; i++) {
		if (rest->at[i] != '\r' || rest->at[i + 1] != '\n')
			continue;
		*ret_line = rest->at;
		*ret_len = i;
		rest->at += i + 2;
		rest->len -= i + 2;
		return true;
	}
	return false;
}

/* Reads decimal digits up to the end of the text. */
static bool read_number(const char *at, size_t len, size_t *ret_number)
{
	size_t number = 0;
	if (len == 0 || len > 9)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (at[i] < '0' || at[i] > '9')
			return false;
		number = number * 10 + (size_t)(at[i] - '0');
	}
	*ret_number = number;
	return true;
}

/* Reads "HTTP/1.1 200 OK". */
static bool read_status(const char *line, size_t len, unsigned *ret_status)
{
	size_t status;
	if (len < 12 || memcmp(line, "HTTP/1.", 7) != 0 || line[8] != ' ' || (len > 12 && line[12] != ' ') ||
		!read_number(line + 9, 3, &status) || status < 100)
		return false;
	*ret_status = (unsigned)status;
	return true;
}

/* True if the line is the header |name|; |ret_value| is without spaces around it. */
static bool is_header(const char *line, size_t len, const char *name, struct rest *ret_value)
{
	size_t name_len = strlen(name);
	if (len <= name_len || line[name_len] != ':' || strncasecmp(line, name, name_len) != 0)
		return false;
	*ret_value = (struct rest){line + name_len + 1, len - name_len - 1};
	while (ret_value->len > 0 && ret_value->at[0] == ' ') {
		ret_value->at++;
		ret_value->len--;
	}
	while (ret_value->len > 0 && ret_value->at[ret_value->len - 1] == ' ')
		ret_value->len--;
	return true;
}

int lp_http_response_parse(const char *data, size_t len, struct lp_http_response *ret_response)
{
	struct lp_http_response response;
	struct rest rest = {data, len}, value;
	const char *line;
	size_t line_len, body_len = SIZE_MAX;
	if (!take_line(&rest, &line, &line_len) || !read_status(line, line_len, &response.status))
		return LP_EMALFORMED;
	for (;;) {
		if (!take_line(&rest, &line, &line_len))
			return LP_EMALFORMED;
		if (line_len == 0)
			break;
		if (is_header(line, line_len, "Transfer-Encoding", &value))
			return LP_EMALFORMED;
		if (is_header(line, line_len, "Content-Length", &value) &&
			(body_len != SIZE_MAX || !read_number(value.at, value.len, &body_len)))
			return LP_EMALFORMED;
	}
	if (body_len != rest.len)
		return LP_EMALFORMED;
	response.body = rest.at;
	response.body_len = rest.len;
	*ret_response = response;
	return 0;
}

int lp_http_response_header(const char *data, size_t len, struct lp_http_response *ret_response)
{
	struct lp_http_response response = {0};
	struct rest rest = {data, len};
	const char *line;
	size_t line_len;
	if (!take_line(&rest, &line, &line_len) || !read_status(line, line_len, &response.status))
		return LP_EMALFORMED;
	*ret_response = response;
	return 0;
}
