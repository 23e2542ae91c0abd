#include "platform/system/writer.h"

#include <stdlib.h>

#include "base/error.h"

struct lp_writer {
	lp_writer_sink_fn sink;
	void *ctx;
};

int lp_writer_new(lp_writer_sink_fn sink, void *ctx, struct lp_writer **ret_writer)
{
	struct lp_writer *writer = malloc(sizeof *writer);
	if (!writer)
		return LP_ENOMEM;
	*writer = (struct lp_writer){.sink = sink, .ctx = ctx};
	*ret_writer = writer;
	return 0;
}

void lp_writer_add(struct lp_writer *writer, const char *data, size_t len)
{
	writer->sink(writer->ctx, data, len);
}

void lp_writer_free(struct lp_writer *writer)
{
	free(writer);
}
