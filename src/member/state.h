/* The fields of a member, for the files of member/ only.

   member.c is the state machine and the only caller of the other files. These do one step each, return its outcome and
   call nothing in member.c: connect.c races connections to the addresses of the relay, migrate.c moves a
   connection to another local address and detects a dead path, control.c sends on the control stream, reason.c words
   why an attempt or a session ended, data.c carries frames. */
#ifndef LP_MEMBER_STATE_H
#define LP_MEMBER_STATE_H

#include "base/failure.h"
#include "carrier/tls/client.h"
#include "carrier/udp.h"
#include "member/member.h"
#include "platform/net/udp.h"
#include "quic/endpoint.h"
#include "report/status.h"
#include "session/backoff.h"

struct lp_frame_pool;
struct lp_link;
struct lp_mesh;
struct lp_netwatch;
struct lp_quic_conn;
struct lp_quic_endpoint;
struct lp_resolve;
struct lp_session;
struct lp_timer;

/* Resolved addresses of the relay that are tried. */
#define LP_MEMBER_ADDRS_MAX 8

/* A connection whose handshake is under way. */
struct lp_attempt {
	struct lp_quic_conn *conn; /* NULL: the slot is free */
	struct lp_addr local, remote;
	bool over_tls;
	uint32_t interface; /* over UDP: that |remote| is reached by */
	uint64_t deadline_ns;
	enum lp_unreachable unreachable; /* an ICMP error about it */
};

struct lp_member {
	struct lp_member_config config;
	struct lp_loop *loop;
	const struct lp_log *log;
	uint64_t now_ns; /* time of the current pass */

	/* Written by enter_state() only. */
	enum lp_member_state state;
	uint64_t deadline_ns;   /* end of the attempt (CONNECTING), of the wait (WAITING), next path check (JOINED) */
	struct lp_timer *timer; /* the earlier of |deadline_ns| and the session's deadline */
	enum lp_member_state notified_state; /* at the last `changed` */
	bool notified_gateway;

	/* The relay's addresses. */
	size_t relay_index;         /* of the relay that this round has come to */
	struct lp_resolve *resolve; /* RESOLVING: the query */
	struct lp_addr addrs[LP_MEMBER_ADDRS_MAX];
	size_t n_addrs, next_addr;
	struct lp_attempt attempts[LP_MEMBER_ADDRS_MAX]; /* CONNECTING: the race */
	uint64_t next_start_ns;                          /* when |next_addr| may join it */
	uint8_t steer;            /* first byte of first destination IDs: which worker of the relay has the room */
	bool redirected;          /* the relay has changed |steer| since the last session or pause */
	bool redirect_pending;    /* the next connection follows immediately */
	bool had_route;           /* at least one address had a route in this round */
	bool from_memory;         /* |addrs| is |good_addr|, and the name was not resolved in this round */
	struct lp_addr good_addr; /* of the last success, perhaps of an earlier run; family 0: none */
	size_t good_relay;        /* the relay that it is an address of */
	uint64_t lost_ns;         /* when the last connection was lost, or the member was started */
	uint64_t last_rtt_ns;     /* smoothed round trip of the last connection; 0: unknown */

	/* The connection. */
	struct lp_carrier_udp udp;
	struct lp_quic_endpoint *endpoint;
	struct lp_timer *quic_timer; /* the endpoint's deadline */
	struct lp_netwatch *netwatch;
	struct lp_quic_conn *conn; /* NULL if there is none */
	struct lp_addr local, remote;
	bool migration_pending; /* the peer has not yet issued a spare connection ID */
	uint64_t seen_rx_ns;    /* when the last packet that decrypted was received, at the last path check */
	unsigned n_silent;      /* consecutive path checks with data in flight and nothing received */

	/* The way over TCP. */
	struct lp_carrier_tls tls;
	struct lp_resolve *proxy_resolve; /* the query for the proxy's address */
	size_t tls_addr;                  /* CONNECTING: index of the address that a stream is opened to */
	uint64_t tls_start_ns;            /* when that starts; LP_NEVER: not any more */
	uint64_t tls_open_ns;             /* until when it must be open; LP_NEVER: none is being opened */
	struct lp_failure tls_failure;    /* why the last stream could not be opened, or has ended; code 0: none did */
	bool over_tls;                    /* |conn| runs over the stream */
	bool stream_lost;                 /* so |conn| has no path any more */
	bool udp_blocked;                 /* UDP did not get through when it was tried last */
	uint64_t udp_retry_ns;            /* over TCP: when UDP is tried again; LP_NEVER */
	struct lp_addr udp_local;         /* of that attempt */
	uint64_t tls_close_ns;            /* when a stream that lingers is closed; LP_NEVER: none lingers */

	/* The session on it. */
	struct lp_session *session;
	struct lp_stats_message relay_stats; /* the relay's last `stats` */
	bool has_relay_stats;
	uint64_t n_relay_stats;                    /* `stats` received, on all connections */
	bool lan_down, lan_deaf;                   /* from the owner */
	bool reported_lan_down, reported_lan_deaf; /* in our last `stats` */
	struct lp_peer_values lan_sent_for;        /* a gateway: broadcasts of each member that it sent to the LAN */
	char seen[LP_ADDR_TEXT_MAX];               /* our address as the relay saw it in its last `stats` */
	struct lp_addr seen_local;                 /* our own address then */
	uint64_t seen_changes;                     /* times that it changed while our own did not */

	/* The data plane. */
	struct lp_frame_pool *pool;
	struct lp_link *link;             /* NULL before the handshake is complete */
	struct lp_mesh *mesh;             /* peer links; NULL: this member has none */
	const char *frame_route;          /* by which the frame came that the owner has now; NULL: by the relay */
	struct lp_link_counters counters; /* of earlier links, and of frames dropped without a link */
	uint64_t hash_seed;
	bool was_congested;
	bool singly; /* lost runs were logged */

	/* Reconnecting. */
	struct lp_backoff backoff;
	uint64_t retry_ns; /* WAITING: length of the wait */
	uint64_t reconnects;
	bool ever_joined;
	bool slot_held;            /* not joined yet: the relay still holds a membership with our MAC */
	uint64_t slot_deadline_ns; /* until then it may be ours, of an earlier run; 0: not rejected for that yet */
	bool may_retry;            /* another attempt may succeed */
	struct lp_failure reason;  /* why the last connection or attempt ended; code 0: none */
	bool stopping;
	bool failed; /* stopping because the owner's device failed; |reason| is the failure */
};

/* The relay that this round has come to. */
static inline const struct lp_member_relay *lp_member_relay(const struct lp_member *member)
{
	return &member->config.relays[member->relay_index];
}

/* connect.c */

/* Begins a race to these addresses of the relay; lp_member_race() starts its attempts. */
void lp_member_race_begin(struct lp_member *member, const struct lp_addr *addrs, size_t n_addrs);
/* Ends the attempts that have run out of time and starts those that are due. 0 while attempts are under way: call again
   at |*ret_deadline_ns| or after lp_member_race_closed(). LP_EUNREACH: none is left, and |reason| is set. */
int lp_member_race(struct lp_member *member, uint64_t *ret_deadline_ns);
/* The handshake of |conn| is complete: it becomes the member's connection, and the other attempts are dropped. False if
   it is not of the race. */
bool lp_member_race_won(struct lp_member *member, struct lp_quic_conn *conn);
/* An attempt failed. False if it is not of the race. */
bool lp_member_race_closed(struct lp_member *member, struct lp_quic_conn *conn, const struct lp_quic_close *why);
/* Drops all attempts. */
void lp_member_race_end(struct lp_member *member);
/* Calls the owner's `path`. */
void lp_member_notify_path(const struct lp_member *member);

/* migrate.c */

enum lp_migration {
	LP_MIGRATION_NONE,      /* the path is unchanged, or the migration has to wait (|migration_pending|) */
	LP_MIGRATION_STARTED,   /* |local| is new */
	LP_MIGRATION_RECONNECT, /* |remote| has no route, another address of the relay has one; |reason| is set */
};

/* Moves the connection to the local address and interface that reach the relay now. */
enum lp_migration lp_member_migrate(struct lp_member *member);
/* Starts the path checks of a new connection. */
void lp_member_path_check_start(struct lp_member *member);
/* One path check, every LP_MEMBER_PATH_CHECK_NS. True if the path is dead. */
bool lp_member_path_check(struct lp_member *member);

#define LP_MEMBER_PATH_CHECK_NS (1 * LP_SEC)

/* Adds a connection over the open stream to the race. 0 or LP_E*. */
int lp_member_race_over_tls(struct lp_member *member);

/* transport.c */

/* Prepares the carrier, whose packets go to |recv|. 0 or LP_ENOMEM. */
int lp_member_tls_init(struct lp_member *member, lp_carrier_recv_fn *recv);
/* True if a proxy may find a relay whose name this computer cannot resolve. |ret_unknown| is then the address that QUIC
   sees for the relay; its port is 0, and nothing is sent there. */
bool lp_member_proxy_resolves(const struct lp_member *member, struct lp_addr *ret_unknown);
/* A race begins: decides when a stream joins it. */
void lp_member_tls_schedule(struct lp_member *member);
/* Continues to open a stream; |alone|: no other attempt is running. True while a stream is being opened or will be:
   call again at |*ret_deadline_ns|. */
bool lp_member_tls_race(struct lp_member *member, bool alone, uint64_t *ret_deadline_ns);
/* The connection of the race over the stream was the first. */
void lp_member_tls_won(struct lp_member *member);
/* Ends whatever belongs to the way over TCP. */
void lp_member_tls_drop(struct lp_member *member);
/* When lp_member_tls_expire() is due. */
uint64_t lp_member_tls_deadline(const struct lp_member *member);
/* Does what is due. True if the connection is lost with its stream; |reason| is set. */
bool lp_member_tls_expire(struct lp_member *member);
/* The path of the connection changed. True if it has come back from TCP to UDP. */
bool lp_member_back_on_udp(struct lp_member *member);

/* The TCP address that the stream goes to: the relay's or the proxy's. */
static inline const struct lp_addr *lp_member_tls_peer(const struct lp_member *member)
{
	return &member->tls.connect;
}

/* reason.c */

/* Sets |reason|, unless the session has set it, and |may_retry|. Leaves an attempt that ended without a word from the
   relay to lp_member_race_closed(). */
void lp_member_judge_close(struct lp_member *member, const struct lp_quic_close *why);
/* Sets |reason|, |may_retry| and |slot_held| for a session that ended by one of the three; the others are NULL. Returns
   the code to close the connection with. */
enum lp_quic_app_error lp_member_judge_session_end(struct lp_member *member, const struct lp_reject *reject,
	const struct lp_disconnect *disconnect, const struct lp_failure *failure);

/* True if the relay rejects us because of a membership that may be ours: this program was killed, and the relay has not
   detected it yet. */
bool lp_member_waits_for_slot(struct lp_member *member);
/* Sets |reason|: the relay has held the membership for longer than it keeps that of a dead member. */
void lp_member_blame_other_process(struct lp_member *member);

/* control.c */

/* Lets the next hello prove the invite: in this TLS session, to this relay. */
int lp_member_show_invite(struct lp_member *member, const struct lp_quic_conn *conn);
/* Sends our figures to the relay. */
void lp_member_send_stats(struct lp_member *member);
/* The session's `stats` event: keeps the relay's figures, and counts changes of our address that are a NAT's. */
void lp_member_on_stats(void *ctx, const struct lp_stats_message *stats);
/* A gateway: forgets the broadcasts of a member that has left. */
void lp_member_forget_lan_sent(struct lp_member *member, uint16_t peer_id);
/* Logs that a peer joined or left, with what is remembered of it. */
void lp_member_log_peer(const struct lp_log *log, const struct lp_peer_event *peer, bool joined, bool known);

/* data.c */

/* Opens the link on |conn|. 0, LP_ENOMEM. */
int lp_member_link_open(struct lp_member *member);
/* Closes the link and keeps its counters. */
void lp_member_link_close(struct lp_member *member);
/* One DATAGRAM from the relay. */
void lp_member_link_receive(struct lp_member *member, const uint8_t *data, size_t len);
/* The congestion window is open again: sends queued frames. */
void lp_member_link_writable(struct lp_member *member);
/* Makes the peer links possible, if the configuration has what they need. 0, LP_ENOMEM. */
int lp_member_mesh_open(struct lp_member *member);

#endif
