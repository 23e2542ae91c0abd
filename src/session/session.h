/* A member's session with a relay: hello, welcome or reject, who is in the room, statistics, the end.
   Pure: control bytes and now_ns in, control bytes and one deadline out. It outlives its connections: each
   reconnect starts it anew with the same identity.

   From inside its events a session may be asked anything, be stopped and started again, and say goodbye; it is not
   to be freed there. */
#ifndef LP_SESSION_SESSION_H
#define LP_SESSION_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/units.h"
#include "ctrl/message.h"

struct lp_failure;
struct lp_session;

/* A welcome that takes longer than this ends the session. */
#define LP_SESSION_WELCOME_NS (4 * LP_SEC)
/* Peers that are remembered; more are told of as they come, but forgotten and counted. */
#define LP_SESSION_PEERS_MAX 4096

enum lp_session_state {
	LP_SESSION_IDLE,    /* no connection */
	LP_SESSION_JOINING, /* hello sent */
	LP_SESSION_JOINED,
	LP_SESSION_ENDED, /* rejected, disconnected or broken, and ended() told why; or after our goodbye */
};

struct lp_session_events {
	/* Bytes for the control stream. */
	void (*send)(void *ctx, const uint8_t *data, size_t len);
	void (*joined)(void *ctx, const struct lp_welcome *welcome);
	/* |peer| joined (|known|: it was here already, and this refreshes what is known of it), or left, with role, MAC
	   and name as remembered (|known| false: somebody never heard of left, only id and reason are set).
	   After `joined` the relay first tells of everybody who is there already. */
	void (*peer)(void *ctx, const struct lp_peer_event *peer, bool joined, bool known);
	void (*stats)(void *ctx, const struct lp_stats_message *stats);
	/* The session is over: by a reject, a disconnect, or (both NULL) by |failure|. */
	void (*ended)(void *ctx, const struct lp_reject *reject, const struct lp_disconnect *disconnect,
		const struct lp_failure *failure);
};

struct lp_session_config {
	enum lp_role role;
	char room[LP_ROOM_CODE_MAX + 1];
	char name[LP_NAME_MAX + 1];
	char software[LP_NAME_MAX + 1];
	char resume[LP_RESUME_MAX + 1]; /* token of a welcome in an earlier run, or empty */
	struct lp_mac mac;
	const struct lp_session_events *events; /* borrowed until lp_session_free */
	void *ctx;
};

struct lp_session_counters {
	uint64_t messages_in, messages_out;
	uint64_t unknown_messages; /* of a type that a later version brought; ignored */
	uint64_t peers_forgotten;  /* beyond LP_SESSION_PEERS_MAX, or without memory */
};

/* 0, LP_ENOMEM, or LP_EINVAL for a resume token that is not hex. */
int lp_session_new(const struct lp_session_config *config, struct lp_session **ret_session);
void lp_session_free(struct lp_session *session);
/* A connection is ready: sends the hello. */
void lp_session_start(struct lp_session *session, uint32_t datagram_budget, uint64_t now_ns);
/* The connection is gone: forgets the peers, keeps identity and resume token. Nothing is sent, no event comes. */
void lp_session_stop(struct lp_session *session);
/* Bytes of the control stream. 0; LP_EPROTO if the relay broke the protocol, or LP_ENOMEM, after ended() was called.
   What comes before the start or after the end is ignored. */
int lp_session_receive(struct lp_session *session, const uint8_t *data, size_t len, uint64_t now_ns);
/* Sends `stats` of our own; the caller calls it when lp_session_deadline() has come. */
void lp_session_send_stats(struct lp_session *session, const struct lp_stats_message *stats, uint64_t now_ns);
/* Says goodbye: sends `disconnect` and ends the session without ended(). The relay gives the place away, so the
   resume token is forgotten. */
void lp_session_goodbye(struct lp_session *session, enum lp_reason reason, const char *message);
/* When our next stats are due, or the welcome is overdue; LP_NEVER otherwise. */
uint64_t lp_session_deadline(const struct lp_session *session);
/* Checks for an overdue welcome (ended() with LP_ETIMEOUT). True if stats are due: once for each interval. */
bool lp_session_expire(struct lp_session *session, uint64_t now_ns);

enum lp_session_state lp_session_state(const struct lp_session *session);
const struct lp_welcome *lp_session_welcome(const struct lp_session *session); /* NULL unless joined */
/* True while a gateway is in the room (or we are it). */
bool lp_session_gateway_present(const struct lp_session *session);
size_t lp_session_peer_count(const struct lp_session *session);
/* The remembered peer, or NULL. Valid until the next call that takes bytes. */
const struct lp_peer_event *lp_session_peer(const struct lp_session *session, uint16_t peer_id);
/* The remembered peers one by one, in the order of their ids, |index| below lp_session_peer_count(). */
const struct lp_peer_event *lp_session_peer_at(const struct lp_session *session, size_t index);
/* The gateway, as remembered; NULL if there is none, or if it is not known which. */
const struct lp_peer_event *lp_session_gateway(const struct lp_session *session);
const struct lp_session_counters *lp_session_counters(const struct lp_session *session);

#endif
