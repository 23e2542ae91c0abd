/* The service's session: at most one client, started, observed and ended. Driven by service.c. */
#ifndef LP_CLIENT_WINDOWS_SERVICE_SESSION_H
#define LP_CLIENT_WINDOWS_SERVICE_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include <windows.h>

#include "client/windows/service/log_file.h"
#include "client/windows/service/protocol.h"

struct lp_child;
struct lp_failure;

struct lp_service_session {
	struct lp_child *child; /* NULL: the service has not started one */
	bool leaving;           /* it was asked to */
	bool ended;             /* the client that the service started has ended */
	char failure[400];      /* why; empty: it was asked to */
	char exe[512];          /* this program */
	struct lp_log_file log; /* written by the thread that reads the child's output */
};

/* Finds this program's path and the folder of the log. 0, or a negative LP_E*. */
int lp_service_session_init(struct lp_service_session *session, struct lp_failure *failure);
/* Makes the service's client leave, and waits until it has restored the computer's settings, up to |patience_ms|. */
void lp_service_session_done(struct lp_service_session *session, unsigned patience_ms);
/* Carries out a request and makes the reply, malloc'd. */
char *lp_service_session_request(struct lp_service_session *session, const char *json, size_t len);
/* True if a client runs, also one that was started in a terminal. */
bool lp_service_session_is_active(struct lp_service_session *session);
/* Signalled when the service's client has ended, which lp_service_session_reap() then notes; NULL: none runs. */
HANDLE lp_service_session_event(const struct lp_service_session *session);
void lp_service_session_reap(struct lp_service_session *session);

#endif
