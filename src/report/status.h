/* The one line that tells people how things are. It changes only when the truth changes: not with each attempt to
   reconnect, not with each second of a wait. Pure. */
#ifndef LP_REPORT_STATUS_H
#define LP_REPORT_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/message.h"

/* X(name, word) */
#define LP_STATUSES(X) \
	X(CONNECTING, "connecting")                   /* for the first time */ \
	X(WAITING_FOR_GATEWAY, "waiting for gateway") /* in the room, and no gateway was seen yet */ \
	X(ON_LAN, "on the LAN") \
	X(GATEWAY_GONE, "gateway gone")     /* in the room, and there was a gateway */ \
	X(RECONNECTING, "reconnecting")     /* the connection was lost, the first attempt to come back is under way */ \
	X(UNREACHABLE, "relay unreachable") /* attempts have failed */ \
	X(NO_LAN, "no LAN")                 /* our own device carries no frames, or the gateway's */ \
	X(PLACE_HELD, "place held")         /* the relay still holds our place of an earlier run */ \
	X(ENDED, "ended")

enum lp_status {
#define X(name, word) LP_STATUS_##name,
	LP_STATUSES(X)
#undef X
		LP_STATUS_COUNT,
};

/* What a member is doing. */
enum lp_status_phase {
	LP_STATUS_SEEKING, /* looking the relay up, connecting, joining */
	LP_STATUS_JOINED,
	LP_STATUS_PAUSING, /* waiting to try again */
	LP_STATUS_OVER,    /* nothing more will happen */
};

/* The truth of the moment. Texts are borrowed for the call; NULL is empty. */
struct lp_status_input {
	enum lp_status_phase phase;
	bool gateway_present;
	const char *gateway_name; /* if it has one and it is known */
	const char *reason;       /* pausing and over: why the last connection or attempt ended */
	uint64_t retry_ns;        /* pausing: the whole wait */
	const char *device;       /* for |trouble| */
	const char *trouble;      /* why the device carries no frames, as "is down" */
	bool gateway_lan_down;    /* a client: the gateway's carries none */
	bool place_held;          /* the relay holds our place of an earlier run */
};

#define LP_STATUS_TEXT_MAX 640

struct lp_status_line {
	enum lp_status status;
	char text[LP_STATUS_TEXT_MAX]; /* safe to print; empty before the first update */

	/* Remembered from one update to the next. */
	enum lp_role role;
	const char *relay, *room; /* borrowed as long as the line is used */
	char gateway_name[LP_NAME_MAX + 1];
	bool gateway_seen, ever_joined;
	enum lp_status_phase phase;
	unsigned n_pauses; /* since the last join */
};

/* No line yet. |relay| (as the user gave it) and |room| are borrowed as long as the line is used. */
void lp_status_line_init(struct lp_status_line *line, enum lp_role role, const char *relay, const char *room);
/* Takes in the truth; to be called at least whenever the phase or the gateway's presence changes. True if the line
   changed. */
bool lp_status_line_update(struct lp_status_line *line, const struct lp_status_input *input);
/* A word or two: "on the LAN". */
const char *lp_status_word(enum lp_status status);

#endif
