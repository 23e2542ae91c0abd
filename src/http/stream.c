/* Replies whose bytes come from a source while they are sent.

   While the source has nothing, the connection is suspended: the daemon does not poll it, so it also does not notice
   that the caller has gone. The next bytes do. For the same reason a stream is cut before its connection is closed. */
#include <stdlib.h>

#include "http/server.h"

/* Bytes that are taken from the source at once. */
#define BLOCK_BYTES ((size_t)32 << 10)

static ssize_t on_read(void *ctx, uint64_t offset, char *data, size_t size)
{
	struct lp_http_stream *stream = ctx;
	(void)offset;
	if (stream->cut)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	int n = stream->source.read(stream->source.ctx, data, size);
	if (n > 0)
		return n;
	if (n < 0)
		return MHD_CONTENT_READER_END_OF_STREAM;
	stream->suspended = true;
	MHD_suspend_connection(stream->connection);
	return 0;
}

static void on_free(void *ctx)
{
	struct lp_http_stream *stream = ctx;
	if (stream->source.closed)
		stream->source.closed(stream->source.ctx);
	lp_list_remove(&stream->node);
	free(stream);
}

struct MHD_Response *lp_http_stream_begin(
	struct lp_http *http, struct MHD_Connection *connection, const struct lp_http_reply *reply)
{
	struct lp_http_stream *stream = malloc(sizeof *stream);
	struct MHD_Response *response = NULL;
	if (stream) {
		*stream = (struct lp_http_stream){.http = http,
			.conn = lp_http_conn_of(connection),
			.connection = connection,
			.source = reply->source};
		response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, on_read, stream, on_free);
	}
	if (!response) {
		if (reply->source.closed)
			reply->source.closed(reply->source.ctx);
		free(stream);
		return NULL;
	}
	lp_list_insert(&http->streams, &stream->node);
	MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, 0U);
	return response;
}

static void resume(struct lp_http_stream *stream)
{
	if (stream->suspended)
		MHD_resume_connection(stream->connection);
	stream->suspended = false;
}

void lp_http_streams_cut(struct lp_http *http, const struct lp_http_conn *conn)
{
	LP_LIST_EACH(node, &http->streams) {
		struct lp_http_stream *stream = LP_LIST_ELEMENT(node, struct lp_http_stream, node);
		if (conn && stream->conn != conn)
			continue;
		stream->cut = true;
		resume(stream);
	}
}

void lp_http_wake(struct lp_http *http, const void *ctx)
{
	bool found = false;
	LP_LIST_EACH(node, &http->streams) {
		struct lp_http_stream *stream = LP_LIST_ELEMENT(node, struct lp_http_stream, node);
		if (stream->source.ctx != ctx || !stream->suspended)
			continue;
		resume(stream);
		found = true;
	}
	if (found)
		lp_http_run(http);
}
