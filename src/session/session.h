/* A member's session with a relay: the member's side of the control stream (docs/protocol.md).

   Model. A session is JOINING from the hello on, JOINED from the welcome on and ENDED by a reject, a disconnect, a
   failure or our goodbye. While joined it keeps the list of the room's peers and knows whether a gateway is present. It
   outlives connections: lp_session_stop() and lp_session_start() begin a new run with the same identity, and with the
   resume token of the last welcome, which lets the member keep its membership.

   Invariants. `ended` comes at most once per run, and nothing comes after it. Messages that violate the protocol end
   the session with LP_EPROTO; unknown types are counted and ignored, so that newer relays can send them. The list of
   peers has a maximum.

   What it does not do: it does not retry (backoff.h says how long to wait, the member decides), has no clock and no
   socket, and does not log.

   How it is driven: control bytes and now_ns in, control bytes and one deadline out. From inside its events a session
   may be queried, stopped, started and ended with a goodbye, but not freed. */
#ifndef LP_SESSION_SESSION_H
#define LP_SESSION_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/units.h"
#include "ctrl/message.h"

struct lp_failure;
struct lp_session;

/* Time to wait for the welcome. */
#define LP_SESSION_WELCOME_NS (10 * LP_SEC)
/* Peers in the list. More are reported by `peer`, but not remembered; they are counted. */
#define LP_SESSION_PEERS_MAX 4096

enum lp_session_state {
	LP_SESSION_IDLE,    /* no connection */
	LP_SESSION_JOINING, /* hello sent */
	LP_SESSION_JOINED,
	LP_SESSION_ENDED, /* after `ended`, or after our goodbye */
};

struct lp_session_events {
	/* Bytes for the control stream. */
	void (*send)(void *ctx, const uint8_t *data, size_t len);
	void (*joined)(void *ctx, const struct lp_welcome *welcome);
	/* A peer joined (|known|: an update of a peer in the list), or left, with role, MAC and name from the list
	   (|known| false: it is not in the list, and only id and reason are set). After `joined` the relay first sends
	   the peers that are already there. */
	void (*peer)(void *ctx, const struct lp_peer_event *peer, bool joined, bool known);
	void (*stats)(void *ctx, const struct lp_stats_message *stats);
	/* The relay's reply to lp_session_ask(). */
	void (*host_reply)(void *ctx, const struct lp_host_reply *reply);
	/* The session is over: by a reject, a disconnect, or (both NULL) by |failure|. */
	void (*ended)(void *ctx, const struct lp_reject *reject, const struct lp_disconnect *disconnect,
		const struct lp_failure *failure);
};

struct lp_session_config {
	enum lp_role role;
	char room[LP_ROOM_CODE_MAX + 1];
	char name[LP_NAME_MAX + 1];
	char software[LP_NAME_MAX + 1];
	char resume[LP_RESUME_MAX + 1]; /* resume token of an earlier run of the program, or empty */
	struct lp_mac mac;
	bool links;                             /* the member can have peer links */
	unsigned stations;                      /* client: MACs that it wants to send from; 0 counts as 1 */
	const struct lp_session_events *events; /* borrowed until lp_session_free */
	void *ctx;
};

struct lp_session_counters {
	uint64_t messages_in, messages_out;
	uint64_t unknown_messages; /* of types that this version does not know; ignored */
	uint64_t peers_forgotten;  /* not remembered: beyond LP_SESSION_PEERS_MAX, or out of memory */
};

/* 0, LP_ENOMEM, or LP_EINVAL for a resume token that is not hex. */
int lp_session_new(const struct lp_session_config *config, struct lp_session **ret_session);
void lp_session_free(struct lp_session *session);
/* Sets what the next hello shows to be admitted to a room with keys. Its proof is good for one connection. */
void lp_session_set_ticket(struct lp_session *session, const struct lp_ticket *ticket);
/* A connection is ready: sends the hello. */
void lp_session_start(struct lp_session *session, uint32_t datagram_budget, uint64_t now_ns);
/* The connection is lost: clears the list of peers, keeps identity and resume token. Sends nothing, calls no event. */
void lp_session_stop(struct lp_session *session);
/* Bytes of the control stream. 0; LP_EPROTO if the relay violated the protocol, or LP_ENOMEM, both after `ended`.
   Ignored before the start and after the end. */
int lp_session_receive(struct lp_session *session, const uint8_t *data, size_t len, uint64_t now_ns);
/* Sends our `stats`, when lp_session_expire() asks for them. */
void lp_session_send_stats(struct lp_session *session, const struct lp_stats_message *stats, uint64_t now_ns);
/* Sends a request of the room's host. LP_EAGAIN: not joined. */
int lp_session_ask(struct lp_session *session, const struct lp_host_request *request);
/* Sends `disconnect` and ends the session without `ended`. The relay frees the membership, so the resume token is
   discarded. */
void lp_session_goodbye(struct lp_session *session, enum lp_reason reason, const char *message);
/* When to call lp_session_expire(): our next `stats`, or the limit for the welcome. LP_NEVER: neither. */
uint64_t lp_session_deadline(const struct lp_session *session);
/* Ends the session if the welcome is overdue (LP_ETIMEOUT). True if our `stats` are due. */
bool lp_session_expire(struct lp_session *session, uint64_t now_ns);

enum lp_session_state lp_session_state(const struct lp_session *session);
const struct lp_welcome *lp_session_welcome(const struct lp_session *session); /* NULL unless joined */
/* True if a gateway is in the room, which may be this member. */
bool lp_session_gateway_present(const struct lp_session *session);
size_t lp_session_peer_count(const struct lp_session *session);
/* The peers in order of their ids; NULL from lp_session_peer_count() on. Valid until the next lp_session_receive(). */
const struct lp_peer_event *lp_session_peer_at(const struct lp_session *session, size_t index);
/* The peer of this id, or NULL. Valid as long as that of lp_session_peer_at(). */
const struct lp_peer_event *lp_session_peer(const struct lp_session *session, uint16_t peer_id);
/* The gateway; NULL if there is none or it is not in the list. */
const struct lp_peer_event *lp_session_gateway(const struct lp_session *session);
const struct lp_session_counters *lp_session_counters(const struct lp_session *session);

#endif
