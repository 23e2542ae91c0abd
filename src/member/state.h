/* A member's own state, for the files of member/ alone. */
#ifndef LP_MEMBER_STATE_H
#define LP_MEMBER_STATE_H

#include "base/failure.h"
#include "member/member.h"
#include "session/backoff.h"

struct lp_frame_pool;
struct lp_link;
struct lp_netwatch;
struct lp_quic_conn;
struct lp_quic_endpoint;
struct lp_resolve;
struct lp_session;
struct lp_timer;
struct lp_udp;

/* Addresses of the relay's name that are tried, in order. */
#define LP_MEMBER_ADDRS_MAX 8

struct lp_member {
	struct lp_member_config config;
	struct lp_loop *loop;
	const struct lp_log *log;
	enum lp_member_state state;
	uint64_t now_ns; /* of the pass that is under way */

	/* The way to the relay. */
	struct lp_udp *udp;
	struct lp_quic_endpoint *endpoint;
	struct lp_netwatch *netwatch;
	struct lp_resolve *resolve;
	struct lp_addr addrs[LP_MEMBER_ADDRS_MAX]; /* of the relay */
	size_t n_addrs, next_addr;
	bool tried; /* one of them in this round: there was a route */
	struct lp_addr local, remote;
	bool move_waits;           /* the connection is to move to another address, and could not yet */
	struct lp_quic_conn *conn; /* NULL while there is none */
	struct lp_timer *quic_timer;

	/* The session on it. */
	struct lp_session *session;
	struct lp_frame_pool *pool;
	struct lp_link *link;             /* NULL until the connection is ready */
	struct lp_link_counters counters; /* of the links before this one, and of frames that met none */
	struct lp_stats_message relay_stats;
	bool has_relay_stats;
	uint64_t n_told;              /* `stats` of the relay so far */
	bool lan_down, told_lan_down; /* as the owner said last, and as the relay knows */
	uint64_t hash_seed;
	bool was_congested;

	/* Coming back. */
	struct lp_timer *timer; /* attempts, retries, the session's deadline, the look for a stall */
	struct lp_backoff backoff;
	uint64_t attempt_deadline_ns; /* connecting: the next address is tried then */
	uint64_t retry_at_ns;         /* waiting: when it is over */
	uint64_t retry_ns;            /* waiting: how long in all */
	uint64_t stall_check_ns;      /* joined: the next look */
	uint64_t n_received;          /* receive batches so far */
	uint64_t n_received_seen;     /* at the last look */
	unsigned n_stalled;           /* looks in a row with packets in flight and nothing received */
	uint64_t reconnects;
	bool ever_joined;
	bool place_held;            /* before the first join: the relay still has a member of our MAC in our place */
	uint64_t place_deadline_ns; /* until when that may be our own of an earlier run; 0: not asked yet */
	bool stopping;
	bool failed;                     /* stopping since our owner failed: |reason| says at what */
	enum lp_member_state told_state; /* with the last `changed` */
	bool told_gateway;
	bool may_retry;           /* what ended the session may pass */
	struct lp_failure reason; /* what ended the session, code 0: nothing yet */
};

/* seek.c */

/* Starts looking for the relay: resolve, connect, join. */
void lp_member_seek(struct lp_member *member);
/* Tries the next address of the relay, or gives up this round. */
void lp_member_connect_next(struct lp_member *member);
/* Lets go of the connection without waiting for anything. */
void lp_member_drop_connection(struct lp_member *member);
/* The connection or an attempt is lost, as member->reason says: waits and tries again, or ends. */
void lp_member_lost(struct lp_member *member);

/* path.c */

/* Makes the socket and the QUIC endpoint. */
int lp_member_open_path(struct lp_member *member, struct lp_failure *failure);
void lp_member_close_path(struct lp_member *member);
/* Tells the owner which UDP addresses are the tunnel's own. */
void lp_member_tell_path(struct lp_member *member);
/* The next look for a stall is a second away, and compares with what has been received until now. */
void lp_member_plan_stall_check(struct lp_member *member);
/* What is due by time on the way to the relay. */
void lp_member_path_expire(struct lp_member *member, uint64_t now_ns);
/* Ends a pass of the data path: everything that was sealed leaves, the next deadlines are set. */
void lp_member_end_pass(struct lp_member *member);

/* session_events.c */

extern const struct lp_session_events lp_member_session_events;
/* The connection is ready: the session starts on it. */
int lp_member_start_session(struct lp_member *member);

/* member.c */

/* Sets the timer for whatever comes first. */
void lp_member_arm(struct lp_member *member);
/* Tells the owner if the state or the gateway's presence changed. */
void lp_member_tell_changes(struct lp_member *member);
/* Ends the member for good. */
void lp_member_end(struct lp_member *member, const struct lp_failure *failure);

#endif
