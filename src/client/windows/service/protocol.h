/* What the window and the service say to each other over the named pipe: one JSON object each way. Pure.

   The model: the window sends a request and gets the state as it is after it, so the window keeps no state of its own
   that could differ. The service embeds the running client's GET /status as it is; the reader takes from it what a
   window shows, and ignores the rest, so that a window and a service of different versions work together.

   A request comes from a user without rights and is carried out by the system's account. It therefore names an invite
   and a name, and nothing else, no path and no option (join.h checks both). */
#ifndef LP_CLIENT_WINDOWS_SERVICE_PROTOCOL_H
#define LP_CLIENT_WINDOWS_SERVICE_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/message.h"
#include "ctrl/schema.h"
#include "invite/invite.h"

struct lp_failure;

/* Longest request and reply, in bytes. */
#define LP_SERVICE_REQUEST_MAX 2048
#define LP_SERVICE_REPLY_MAX ((size_t)128 << 10)
/* Members of the room that a reader takes. */
#define LP_SERVICE_MEMBERS_MAX 64

enum lp_service_command {
	LP_SERVICE_STATUS, /* only the state */
	LP_SERVICE_JOIN,   /* start a client with |invite|, empty: its last one, and |name| */
	LP_SERVICE_LEAVE,  /* end the running client */
	LP_SERVICE_UNKNOWN,
};

struct lp_service_request {
	enum lp_service_command command;
	char invite[LP_INVITE_TEXT_MAX + 1];
	char name[LP_NAME_MAX + 1];
};

enum lp_service_phase {
	LP_SERVICE_IDLE,     /* no client runs */
	LP_SERVICE_STARTING, /* it was started and does not serve its status yet */
	LP_SERVICE_RUNNING,
	LP_SERVICE_LEAVING,
	LP_SERVICE_ENDED, /* the client ended; |failure| says why, or is empty */
};

/* A member of the room, as the window lists it. */
struct lp_service_member {
	enum lp_role role;
	char name[LP_NAME_MAX + 1];
	char route[16];
	uint64_t rtt_us, jitter_us, loss_ppm; /* 0: unknown, or none */
};

/* What the window shows of GET /status. */
struct lp_service_status {
	char summary[32], text[LP_TEXT_MAX + 1];
	char room[LP_ROOM_CODE_MAX + 1];
	char relay[256], device_address[64];
	uint64_t rtt_us, jitter_us, loss_up_ppm, loss_down_ppm, lan_rtt_us, down_bps, up_bps;
	struct lp_list members; /* of struct lp_service_member */
};

struct lp_service_reply {
	enum lp_service_phase phase;
	char failure[400];
	struct lp_service_status status; /* zero unless RUNNING or LEAVING */
};

/* The request as malloc'd JSON; NULL without memory. */
char *lp_service_request_write(const struct lp_service_request *request);
/* Reads a request. LP_EMALFORMED or LP_EINVAL, with a reason for people. */
int lp_service_request_read(
	const char *json, size_t len, struct lp_failure *failure, struct lp_service_request *ret_request);
/* The reply as malloc'd JSON, with |status_json| in it, the object of GET /status; NULL: none. NULL without memory. */
char *lp_service_reply_write(enum lp_service_phase phase, const char *failure_text, const char *status_json);
/* Reads a reply, whose members the caller frees with lp_service_reply_done(), also after a failure. */
int lp_service_reply_read(const char *json, size_t len, struct lp_failure *failure, struct lp_service_reply *ret_reply);
void lp_service_reply_done(struct lp_service_reply *reply);

#endif
