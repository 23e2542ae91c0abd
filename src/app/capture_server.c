#include "app/capture_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/text.h"
#include "base/units.h"
#include "ctrl/schema.h"
#include "obs/event.h"
#include "platform/loop/calls.h"
#include "platform/loop/loop.h"

/* How long a block waits for others before the stream is woken. */
#define FLUSH_NS (20 * LP_MS)
#define TICK_NS LP_SEC

/* One stream. */
struct session {
	struct lp_capture_server *server;
	struct lp_capture_reader *reader;
	struct lp_timer *timer;
	uint64_t tick_ns, flush_ns, end_ns; /* LP_NEVER: none is due */
	bool ended;
	struct lp_loop_call wake; /* on_wake() of another thread */
	bool woken, closed;       /* the call is queued; the session ends when it has run. Under the capture's lock. */
};

#define AT(member) offsetof(struct lp_capture_request, member), sizeof(((struct lp_capture_request *)0)->member)

static const struct lp_field fields[] = {
	{"room", LP_FIELD_TEXT, true, AT(room), .max = LP_CAPTURE_ROOM_MAX - 1},
	{"peer", LP_FIELD_TEXT, true, AT(peer), .max = LP_CAPTURE_NAME_MAX - 1},
	{"drops", LP_FIELD_BOOL, true, AT(drops)},
	{"seconds", LP_FIELD_UINT, true, AT(seconds), .max = UINT32_MAX},
};
#define N_FIELDS (sizeof fields / sizeof fields[0])

char *lp_capture_request_json(const struct lp_capture_request *request)
{
	return lp_fields_json(fields, N_FIELDS, request);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void arm(struct session *session)
{
	lp_timer_set(session->timer, earlier(session->tick_ns, earlier(session->flush_ns, session->end_ns)));
}

/* The ring is not empty any more. */
static void wake(void *ctx)
{
	struct session *session = ctx;
	if (!session->timer || session->flush_ns != LP_NEVER)
		return;
	session->flush_ns = lp_loop_now_ns(session->server->loop) + FLUSH_NS;
	arm(session);
}

/* The same, in the loop, for another thread. */
static void wake_called(void *ctx)
{
	struct session *session = ctx;
	const struct lp_lock *lock = &session->server->capture.lock;
	lp_lock_take(lock);
	session->woken = false;
	bool closed = session->closed;
	lp_lock_release(lock);
	if (closed)
		free(session);
	else
		wake(session);
}

/* Under the capture's lock. */
static void on_wake(void *ctx)
{
	struct session *session = ctx;
	if (!session->server->post) {
		wake(session);
		return;
	}
	if (session->woken)
		return;
	session->woken = true;
	session->wake = (struct lp_loop_call){.fn = wake_called, .ctx = session};
	session->server->post(session->server->calls, &session->wake);
}

static void on_timer(void *ctx, uint64_t now_ns)
{
	struct session *session = ctx;
	session->flush_ns = LP_NEVER;
	if (now_ns >= session->tick_ns) {
		lp_capture_tick(session->reader, now_ns);
		session->tick_ns = now_ns + TICK_NS;
	}
	if (now_ns >= session->end_ns) {
		session->ended = true;
		session->end_ns = LP_NEVER;
	}
	arm(session);
	lp_http_wake(session->server->http, session); /* may end the session */
}

static int on_read(void *ctx, char *data, size_t size)
{
	struct session *session = ctx;
	size_t n = lp_capture_read(session->reader, (uint8_t *)data, size);
	return n ? (int)n : session->ended ? LP_ECLOSED : 0;
}

/* Frees the session, or leaves that to the call that is queued. */
static void free_session(struct session *session)
{
	const struct lp_lock *lock = &session->server->capture.lock;
	lp_lock_take(lock);
	session->closed = true;
	bool woken = session->woken;
	lp_lock_release(lock);
	if (!woken)
		free(session);
}

static void on_closed(void *ctx)
{
	struct session *session = ctx;
	struct lp_capture_server *server = session->server;
	uint64_t n_frames, n_lost;
	lp_capture_counts(session->reader, &n_frames, &n_lost);
	lp_event_capture_ended(server->log, n_frames, n_lost);
	lp_timer_free(session->timer);
	lp_capture_close(&server->capture, session->reader);
	free_session(session);
}

/* Creates the session with its timer and its reader. */
static int new_session(struct lp_capture_server *server, const struct lp_capture_filter *filter, uint32_t seconds,
	struct session **ret_session)
{
	char software[64];
	uint64_t now_ns = lp_loop_now_ns(server->loop);
	struct session *session = calloc(1, sizeof *session);
	if (!session)
		return LP_ENOMEM;
	*session = (struct session){
		.server = server,
		.tick_ns = now_ns + TICK_NS,
		.flush_ns = LP_NEVER,
		.end_ns = seconds ? now_ns + seconds * LP_SEC : LP_NEVER,
	};
	snprintf(software, sizeof software, "%s %s", server->program, LP_VERSION);
	int result = lp_capture_open(&server->capture, filter, software,
		(int64_t)(lp_loop_unix_ns(server->loop) - now_ns), on_wake, session, &session->reader);
	if (result == 0 && (result = lp_timer_new(server->loop, on_timer, session, &session->timer)) < 0)
		lp_capture_close(&server->capture, session->reader);
	if (result < 0) {
		free_session(session);
		return result;
	}
	arm(session);
	*ret_session = session;
	return 0;
}

/* Logs what is captured. */
static void log_start(const struct lp_capture_server *server, const struct lp_capture_request *request)
{
	char what[200];
	struct lp_text text;
	lp_text_init(&text, what, sizeof what);
	lp_text_add(&text, request->drops ? "dropped frames" : "all frames");
	if (request->room[0])
		lp_text_addf(&text, " of room %s", request->room);
	if (request->peer[0])
		lp_text_addf(&text, " of %s", request->peer);
	lp_event_capture_started(server->log, what);
}

void lp_capture_serve(
	struct lp_capture_server *server, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	struct lp_capture_request asked = {0};
	struct lp_capture_filter filter = {0};
	struct lp_failure failure = {0};
	struct session *session;
	int result = lp_fields_read("request", fields, N_FIELDS, request->body, request->body_len, &failure, &asked);
	if (result == 0) {
		filter.drops = asked.drops;
		memcpy(filter.room, asked.room, sizeof filter.room);
		filter.by_peer = asked.peer[0];
	}
	if (result == 0 && filter.by_peer)
		result = server->find(server->ctx, asked.peer, &failure, &filter);
	if (result == 0 && (result = new_session(server, &filter, asked.seconds, &session)) < 0)
		lp_fail(&failure, result, "%s",
			result == LP_EFULL ? "there are as many captures as a program can serve. End one"
					   : "out of memory");
	if (result < 0) {
		lp_http_reply_text(reply, result == LP_ENOTFOUND ? 404 : 409, failure.text);
		return;
	}
	log_start(server, &asked);
	reply->content_type = "application/x-pcapng";
	reply->source = (struct lp_http_source){.read = on_read, .closed = on_closed, .ctx = session};
}
