/* The captures of a running program: POST /capture on its local channel replies with a stream of pcapng.

   The body is {"room": …, "peer": …, "drops": …, "seconds": …}, all optional. Who can open the channel controls the
   program anyway; start and end of a capture are logged, because it shows what people send. */
#ifndef LP_APP_CAPTURE_SERVER_H
#define LP_APP_CAPTURE_SERVER_H

#include "capture/capture.h"
#include "http/http.h"

struct lp_failure;
struct lp_log;
struct lp_loop;
struct lp_loop_call;
struct lp_loop_calls;

struct lp_capture_server {
	struct lp_capture capture;
	struct lp_loop *loop; /* borrowed, as all pointers */
	struct lp_http *http; /* that serves POST /capture; freed before the server ends */
	/* Queues a call into |loop| by |calls|, if other threads note frames (loop/calls.h); NULL: none does. */
	void (*post)(struct lp_loop_calls *calls, struct lp_loop_call *call);
	struct lp_loop_calls *calls;
	const struct lp_log *log;
	const char *program;
	/* Finds the member that |peer|, a name, a MAC or a number, means, and sets the filter's |room|, |peer_id| and
	   |mac|. LP_ENOTFOUND, LP_EINVAL. */
	int (*find)(void *ctx, const char *peer, struct lp_failure *failure, struct lp_capture_filter *filter);
	void *ctx;
};

/* What a request for a capture asks for. */
struct lp_capture_request {
	char room[LP_CAPTURE_ROOM_MAX], peer[LP_CAPTURE_NAME_MAX];
	bool drops;
	uint32_t seconds; /* 0: without end */
};

/* The request as JSON, malloc'd; NULL without memory. */
char *lp_capture_request_json(const struct lp_capture_request *request);
/* The handler of POST /capture. */
void lp_capture_serve(
	struct lp_capture_server *server, const struct lp_http_request *request, struct lp_http_reply *reply);

#endif
