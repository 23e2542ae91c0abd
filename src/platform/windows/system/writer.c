#include "platform/system/writer.h"

#include <windows.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define RING_BYTES ((size_t)256 << 10)
/* What the thread takes out of the ring at a time. */
#define PART_BYTES ((size_t)16 << 10)
#define PATIENCE_MS 1000

/* A console whose output is stopped blocks the thread forever: then both are left behind. */
struct lp_writer {
	lp_writer_sink_fn sink;
	void *ctx;
	HANDLE thread, filled; /* an event: there is text, or the end */
	CRITICAL_SECTION lock; /* of everything below */
	bool ending;
	size_t start, len; /* in the ring */
	char ring[RING_BYTES];
	char part[PART_BYTES]; /* the thread's */
};

/* Moves text from the ring to |part|. Returns its length; |*ret_ended|: no more will come. */
static size_t take(struct lp_writer *writer, bool *ret_ended)
{
	EnterCriticalSection(&writer->lock);
	size_t len = writer->len < PART_BYTES ? writer->len : PART_BYTES;
	size_t first = RING_BYTES - writer->start < len ? RING_BYTES - writer->start : len;
	memcpy(writer->part, writer->ring + writer->start, first);
	memcpy(writer->part + first, writer->ring, len - first);
	writer->start = (writer->start + len) % RING_BYTES;
	writer->len -= len;
	*ret_ended = writer->ending && writer->len == 0;
	LeaveCriticalSection(&writer->lock);
	return len;
}

static DWORD WINAPI run(void *arg)
{
	struct lp_writer *writer = arg;
	bool ended = false;
	while (!ended) {
		size_t len = take(writer, &ended);
		if (len > 0)
			writer->sink(writer->ctx, writer->part, len);
		else if (!ended)
			WaitForSingleObject(writer->filled, INFINITE);
	}
	return 0;
}

int lp_writer_new(lp_writer_sink_fn sink, void *ctx, struct lp_writer **ret_writer)
{
	struct lp_writer *writer = calloc(1, sizeof *writer);
	if (!writer)
		return LP_ENOMEM;
	writer->sink = sink;
	writer->ctx = ctx;
	InitializeCriticalSection(&writer->lock);
	writer->filled = CreateEventW(NULL, FALSE, FALSE, NULL);
	writer->thread = writer->filled ? CreateThread(NULL, 0, run, writer, 0, NULL) : NULL;
	if (!writer->thread) {
		if (writer->filled)
			CloseHandle(writer->filled);
		DeleteCriticalSection(&writer->lock);
		free(writer);
		return LP_ENOMEM;
	}
	*ret_writer = writer;
	return 0;
}

void lp_writer_add(struct lp_writer *writer, const char *data, size_t len)
{
	EnterCriticalSection(&writer->lock);
	if (len <= RING_BYTES - writer->len) {
		size_t end = (writer->start + writer->len) % RING_BYTES;
		size_t first = RING_BYTES - end < len ? RING_BYTES - end : len;
		memcpy(writer->ring + end, data, first);
		memcpy(writer->ring, data + first, len - first);
		writer->len += len;
	}
	LeaveCriticalSection(&writer->lock);
	SetEvent(writer->filled);
}

void lp_writer_free(struct lp_writer *writer)
{
	if (!writer)
		return;
	EnterCriticalSection(&writer->lock);
	writer->ending = true;
	LeaveCriticalSection(&writer->lock);
	SetEvent(writer->filled);
	DWORD result = WaitForSingleObject(writer->thread, PATIENCE_MS);
	CloseHandle(writer->thread);
	if (result != WAIT_OBJECT_0)
		return;
	CloseHandle(writer->filled);
	DeleteCriticalSection(&writer->lock);
	free(writer);
}
