#include "http/call.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/text.h"
#include "http/response.h"
#include "platform/net/local_call.h"

/* A request's header. */
#define HEADER_BYTES 1024

/* The request as text, malloc'd; NULL without memory or if it is too long. */
static char *format_request(const struct lp_http_call *call, const char *version, const char *token, size_t *ret_len)
{
	size_t body_len = call->body ? strlen(call->body) : 0, size = HEADER_BYTES + body_len;
	struct lp_text text;
	char *data = malloc(size);
	if (!data)
		return NULL;
	lp_text_init(&text, data, size);
	lp_text_addf(&text, "%s %s HTTP/%s\r\nHost: localhost\r\nConnection: close\r\n", call->method, call->target,
		version);
	if (token[0])
		lp_text_addf(&text, "Authorization: Bearer %s\r\n", token);
	if (call->body)
		lp_text_addf(&text, "Content-Type: application/json\r\nContent-Length: %zu\r\n", body_len);
	lp_text_add(&text, "\r\n");
	lp_text_add(&text, call->body ? call->body : "");
	if (text.cut) {
		free(data);
		return NULL;
	}
	*ret_len = text.len;
	return data;
}

/* Takes the body out of the reply |data|, in place. */
static int take_body(
	const struct lp_http_call *call, char *data, size_t len, struct lp_failure *failure, size_t *ret_len)
{
	struct lp_http_response response;
	if (lp_http_response_parse(data, len, &response) < 0)
		return lp_fail(failure, LP_EPROTO, "%s: the reply is not HTTP. Is this the program's status socket?",
			call->path);
	if (response.status < 200 || response.status > 299) {
		char reason[256];
		struct lp_text text;
		lp_text_init(&text, reason, sizeof reason);
		size_t first_line = strcspn(response.body, "\n");
		data[(size_t)(response.body - data) + first_line] = '\0';
		lp_text_escaped(&text, response.body);
		return lp_fail(failure, LP_EINVAL, "%s: %s (HTTP status %u)", call->path, reason, response.status);
	}
	memmove(data, response.body, response.body_len);
	data[response.body_len] = '\0';
	*ret_len = response.body_len;
	return 0;
}

/* Connects and sends the request. */
static int start(const struct lp_http_call *call, const char *version, struct lp_failure *failure,
	struct lp_local_call *ret_channel)
{
	size_t len;
	int result = lp_local_call_open(call->path, call->timeout_ns, failure, ret_channel);
	if (result < 0)
		return result;
	char *request = format_request(call, version, ret_channel->token, &len);
	result = request ? lp_local_call_send(ret_channel, call->path, request, len, failure)
			 : lp_fail(failure, LP_ENOMEM, "out of memory");
	free(request);
	if (result < 0)
		lp_local_call_close(ret_channel);
	return result;
}

/* Reads to the end. |*ret_data| is the caller's to free, also after a failure. */
static int read_all(
	struct lp_local_call *channel, const char *path, struct lp_failure *failure, char **ret_data, size_t *ret_len)
{
	size_t size = 0, len = 0;
	for (;;) {
		if (len + 1 >= size) {
			size = size ? 2 * size : 16384;
			char *larger = realloc(*ret_data, size);
			if (!larger)
				return lp_fail(failure, LP_ENOMEM, "out of memory");
			*ret_data = larger;
		}
		int n = lp_local_call_receive(channel, path, *ret_data + len, size - len - 1, failure);
		if (n < 0)
			return n;
		len += (size_t)n;
		if (len > LP_HTTP_REPLY_MAX)
			return lp_fail(failure, LP_ETOOBIG, "%s: the reply is too large", path);
		if (n == 0)
			break;
	}
	*ret_len = len;
	return 0;
}

int lp_http_call(const struct lp_http_call *call, struct lp_failure *failure, char **ret_body, size_t *ret_len)
{
	struct lp_local_call channel;
	char *data = NULL;
	size_t len;
	int result = start(call, "1.1", failure, &channel);
	if (result < 0)
		return result;
	result = read_all(&channel, call->path, failure, &data, &len);
	lp_local_call_close(&channel);
	if (result == 0)
		result = take_body(call, data, len, failure, ret_len);
	if (result < 0) {
		free(data);
		return result;
	}
	*ret_body = data;
	return 0;
}

struct lp_http_reading {
	struct lp_local_call channel;
	char path[256];
	char data[HEADER_BYTES + 1]; /* the header, and what of the body was read with it */
	size_t len, at;              /* of |data|, and where the body continues in it */
};

/* Reads the header. The body begins at |at|. */
static int read_header(struct lp_http_reading *reading, const struct lp_http_call *call, struct lp_failure *failure)
{
	struct lp_http_response response;
	const char *end;
	while (!(end = strstr(reading->data, "\r\n\r\n")) && reading->len < HEADER_BYTES) {
		int n = lp_local_call_receive(&reading->channel, call->path, reading->data + reading->len,
			HEADER_BYTES - reading->len, failure);
		if (n < 0)
			return n;
		if (n == 0)
			break;
		reading->len += (size_t)n;
	}
	if (!end || lp_http_response_header(reading->data, reading->len, &response) < 0)
		return lp_fail(failure, LP_EPROTO, "%s: the reply is not HTTP. Is this the program's status socket?",
			call->path);
	reading->at = (size_t)(end - reading->data) + 4;
	if (response.status >= 200 && response.status <= 299)
		return 0;
	return lp_fail(failure, LP_EINVAL, "%s: %.*s (HTTP status %u)", call->path,
		(int)strcspn(reading->data + reading->at, "\r\n"), reading->data + reading->at, response.status);
}

int lp_http_call_open(const struct lp_http_call *call, struct lp_failure *failure, struct lp_http_reading **ret_reading)
{
	struct lp_http_reading *reading = calloc(1, sizeof *reading);
	if (!reading)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	snprintf(reading->path, sizeof reading->path, "%s", call->path);
	int result = start(call, "1.0", failure, &reading->channel); /* so that the body is not in chunks */
	if (result < 0) {
		free(reading);
		return result;
	}
	result = read_header(reading, call, failure);
	if (result < 0) {
		lp_http_reading_close(reading);
		return result;
	}
	*ret_reading = reading;
	return 0;
}

int lp_http_reading_next(struct lp_http_reading *reading, char *data, size_t size, struct lp_failure *failure)
{
	size_t left = reading->len - reading->at;
	if (left == 0)
		return lp_local_call_receive(&reading->channel, reading->path, data, size, failure);
	size_t n = left < size ? left : size;
	memcpy(data, reading->data + reading->at, n);
	reading->at += n;
	return (int)n;
}

void lp_http_reading_close(struct lp_http_reading *reading)
{
	if (!reading)
		return;
	lp_local_call_close(&reading->channel);
	free(reading);
}
