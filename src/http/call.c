#include "http/call.h"

#include <stdbool.h>
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
static char *format_request(const struct lp_http_call *call, const char *token, size_t *ret_len)
{
	size_t body_len = call->body ? strlen(call->body) : 0, size = HEADER_BYTES + body_len;
	struct lp_text text;
	char *data = malloc(size);
	if (!data)
		return NULL;
	lp_text_init(&text, data, size);
	lp_text_addf(&text, "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n", call->method, call->target);
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

int lp_http_call(const struct lp_http_call *call, struct lp_failure *failure, char **ret_body, size_t *ret_len)
{
	struct lp_local_call channel;
	char *data = NULL;
	size_t len, request_len;
	int result = lp_local_call_open(call->path, call->timeout_ns, failure, &channel);
	if (result < 0)
		return result;
	char *request = format_request(call, channel.token, &request_len);
	if (request)
		result = lp_local_call_exchange(
			&channel, call->path, request, request_len, LP_HTTP_REPLY_MAX, failure, &data, &len);
	else
		result = lp_fail(failure, LP_ENOMEM, "out of memory");
	free(request);
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
