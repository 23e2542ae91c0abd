/* From a request to the route that serves it, and the reply. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "base/text.h"
#include "http/server.h"

/* What a browser may do with a reply: run and show what comes from this server, connect to it, and nothing else. */
#define POLICY \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " \
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/* A request while its body arrives. */
struct request {
	const struct lp_http_route *route;
	char *body;
	size_t body_len, body_max; /* what has arrived, and what was announced */
};

/* True if the route's path matches; |ret_rest| is what its star stands for. */
static bool path_matches(const char *pattern, const char *url, const char **ret_rest)
{
	size_t len = strlen(pattern);
	bool prefix = len > 0 && pattern[len - 1] == '*';
	len -= prefix;
	if (prefix ? strncmp(url, pattern, len) != 0 : strcmp(url, pattern) != 0)
		return false;
	*ret_rest = url + len;
	return true;
}

/* True if a request by |method| is served by a route for |served|. */
static bool method_matches(const char *served, const char *method)
{
	return strcmp(served, method) == 0 || (strcmp(served, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

/* The route, or NULL; |ret_path_exists| is then true if the path has routes for other methods. */
static const struct lp_http_route *find_route(const struct lp_http *http, unsigned access, const char *url,
	const char *method, const char **ret_rest, bool *ret_path_exists)
{
	*ret_path_exists = false;
	for (size_t i = 0; i < http->n_routes; i++) {
		const struct lp_http_route *route = &http->routes[i];
		if (!(route->access & access) || !path_matches(route->path, url, ret_rest))
			continue;
		if (method_matches(route->method, method))
			return route;
		*ret_path_exists = true;
	}
	return NULL;
}

void lp_http_reply_text(struct lp_http_reply *reply, unsigned status, const char *text)
{
	size_t size = strlen(text) + 2;
	free(reply->body);
	reply->status = status;
	reply->content_type = "text/plain; charset=utf-8";
	reply->body = malloc(size);
	reply->body_len = size - 1;
	if (reply->body)
		snprintf(reply->body, size, "%s\n", text);
}

/* A response of the reply's body, which it takes; NULL without memory. */
static struct MHD_Response *respond(struct lp_http_reply *reply)
{
	if (!reply->body)
		lp_http_reply_text(reply, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory");
	if (!reply->body)
		return NULL;
	struct MHD_Response *response = MHD_create_response_from_buffer(
		reply->body_len, reply->body, MHD_RESPMEM_MUST_FREE);
	if (!response)
		free(reply->body);
	return response;
}

/* Queues the reply and takes its body or source. */
static enum MHD_Result send_reply(struct lp_http *http, struct MHD_Connection *connection, struct lp_http_reply *reply)
{
	struct MHD_Response *response = reply->source.read ? lp_http_stream_begin(http, connection, reply)
							   : respond(reply);
	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->content_type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(response, "Content-Security-Policy", POLICY);
	MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
	MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
	if (reply->status == MHD_HTTP_UNAUTHORIZED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
	enum MHD_Result result = MHD_queue_response(connection, reply->status, response);
	MHD_destroy_response(response);
	return result;
}

/* Replies with an error. */
static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status, const char *text)
{
	struct lp_http_reply reply = {0};
	lp_http_reply_text(&reply, status, text);
	return send_reply(NULL, connection, &reply);
}

/* Replies 404, with the routes of this listener. */
static enum MHD_Result refuse_path(struct MHD_Connection *connection, const struct lp_http *http, unsigned access)
{
	char data[1024];
	struct lp_text text;
	lp_text_init(&text, data, sizeof data);
	lp_text_add(&text, "not found. There is:");
	for (size_t i = 0; i < http->n_routes; i++) {
		const struct lp_http_route *route = &http->routes[i];
		if (route->access & access)
			lp_text_addf(&text, "\n%s %s", route->method, route->path);
	}
	return refuse(connection, MHD_HTTP_NOT_FOUND, data);
}

/* True if the request carries the listener's token. The comparison takes the same time wherever they differ. */
static bool has_token(struct MHD_Connection *connection, const char *token)
{
	static const char scheme[] = "Bearer ";
	const char *given = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
	size_t len = strlen(token);
	unsigned char difference = 0;
	if (len == 0)
		return true;
	if (!given || strncmp(given, scheme, sizeof scheme - 1) != 0 || strlen(given) != sizeof scheme - 1 + len)
		return false;
	for (size_t i = 0; i < len; i++)
		difference |= (unsigned char)(given[sizeof scheme - 1 + i] ^ token[i]);
	return difference == 0;
}

/* True if the Host is localhost or an address, with or without a port. */
static bool names_this_computer(struct MHD_Connection *connection)
{
	const char *host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
	char name[64];
	struct lp_addr address;
	size_t len = host ? strlen(host) : 0;
	while (len > 0 && host[len - 1] >= '0' && host[len - 1] <= '9')
		len--;
	len = len > 0 && host[len - 1] == ':' ? len - 1 : host ? strlen(host) : 0;
	if (len == 0 || len >= sizeof name)
		return false;
	memcpy(name, host, len);
	name[len] = '\0';
	return strcasecmp(name, "localhost") == 0 || lp_addr_parse(name, 1, &address) == 0;
}

/* Reads the length of the body. 0, or the status of the refusal. */
static unsigned body_length(struct MHD_Connection *connection, const char *method, size_t *ret_len)
{
	const char *text = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
	char *end;
	*ret_len = 0;
	if (MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_TRANSFER_ENCODING))
		return MHD_HTTP_LENGTH_REQUIRED;
	if (!text)
		return 0;
	unsigned long long len = strtoull(text, &end, 10);
	if (end == text || *end || len > LP_HTTP_BODY_MAX)
		return MHD_HTTP_CONTENT_TOO_LARGE;
	if (len > 0 && (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0))
		return MHD_HTTP_BAD_REQUEST;
	*ret_len = (size_t)len;
	return 0;
}

struct lp_http_conn *lp_http_conn_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	return info ? info->socket_context : NULL;
}

/* The header is complete: finds the route, or refuses. */
static enum MHD_Result begin(struct lp_http_listener *listener, struct MHD_Connection *connection, const char *url,
	const char *method, struct request **ret_request)
{
	const char *rest;
	bool path_exists;
	size_t body_len;
	struct lp_http *http = listener->http;
	bool with_token = has_token(connection, listener->token);
	unsigned access = with_token ? listener->token_access : listener->access;
	if (listener->for_browsers && !names_this_computer(connection))
		return refuse(connection, MHD_HTTP_MISDIRECTED_REQUEST, "this page is at localhost alone");
	if (!with_token && listener->access == 0)
		return refuse(connection, MHD_HTTP_UNAUTHORIZED, "the token is missing or wrong");
	const struct lp_http_route *route = find_route(http, access, url, method, &rest, &path_exists);
	if (!route && !with_token && find_route(http, listener->token_access, url, method, &rest, &path_exists))
		return refuse(connection, MHD_HTTP_UNAUTHORIZED, "the token is missing or wrong");
	if (!route && path_exists)
		return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "this path has other methods");
	if (!route)
		return refuse_path(connection, http, access);
	unsigned status = body_length(connection, method, &body_len);
	if (status == MHD_HTTP_LENGTH_REQUIRED)
		return refuse(connection, status, "a body needs a Content-Length");
	if (status == MHD_HTTP_BAD_REQUEST)
		return refuse(connection, status, "this method has no body");
	if (status)
		return refuse(connection, status, "the body is too large");
	struct request *request = calloc(1, sizeof *request);
	char *body = malloc(body_len + 1);
	if (!request || !body) {
		free(request);
		free(body);
		return MHD_NO;
	}
	*request = (struct request){.route = route, .body = body, .body_max = body_len};
	*ret_request = request;
	return MHD_YES;
}

/* The body is complete: calls the handler. */
static enum MHD_Result finish(
	struct lp_http *http, struct MHD_Connection *connection, const char *url, struct request *request)
{
	struct lp_http_reply reply = {.status = MHD_HTTP_OK, .content_type = "application/json"};
	struct lp_http_request given = {.rest = "", .body = request->body, .body_len = request->body_len};
	request->body[request->body_len] = '\0';
	(void)path_matches(request->route->path, url, &given.rest);
	request->route->handler(http->ctx, &given, &reply);
	return send_reply(http, connection, &reply);
}

enum MHD_Result lp_http_on_request(void *ctx, struct MHD_Connection *connection, const char *url, const char *method,
	const char *version, const char *upload, size_t *upload_len, void **request_slot)
{
	struct lp_http *http = ctx;
	struct request *request = *request_slot;
	(void)version;
	if (!request) {
		const struct lp_http_conn *conn = lp_http_conn_of(connection);
		if (!conn)
			return MHD_NO;
		enum MHD_Result result = begin(conn->listener, connection, url, method, &request);
		*request_slot = request;
		return result;
	}
	if (*upload_len == 0)
		return finish(http, connection, url, request);
	if (*upload_len > request->body_max - request->body_len)
		return MHD_NO;
	memcpy(request->body + request->body_len, upload, *upload_len);
	request->body_len += *upload_len;
	*upload_len = 0;
	return MHD_YES;
}

void lp_http_on_request_done(
	void *ctx, struct MHD_Connection *connection, void **request_slot, enum MHD_RequestTerminationCode code)
{
	struct request *request = *request_slot;
	(void)ctx;
	(void)connection;
	(void)code;
	if (!request)
		return;
	free(request->body);
	free(request);
	*request_slot = NULL;
}
