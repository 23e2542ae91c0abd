/* A member of a room: the part that client and gateway share. A member finds the relay, connects, joins, carries frames
   and reconnects when the connection is lost.

   Model. A member owns a UDP socket, a QUIC endpoint and at most one connection to the relay. On the connection run a
   session (session/session.h: hello, welcome, peers, statistics) and a link (link/link.h: frames). It is one state
   machine:

     RESOLVING --> CONNECTING --> JOINING --> JOINED
	 ^             |             |           |
	 |             v             v           v
	 +---------------------- WAITING         |        and from any state --> ENDED

   RESOLVING queries the addresses of a relay's name. CONNECTING races connections to them (RFC 8305), each with a time
   limit; if none works, the next relay of the configuration is resolved. JOINING starts with the first complete
   handshake and the hello, and JOINED with the welcome. A failure on the way leads to WAITING,
   whose length grows (session/backoff.h), and then to a new round that starts with RESOLVING. It leads to ENDED if
   another attempt cannot succeed (an untrusted certificate, a final reject), with `reconnect` off, and before the first
   join, so that wrong options are reported immediately.

   A connection runs over UDP or, where UDP is blocked, over a TLS stream (carrier/tls/). In CONNECTING both race:
   transport.c explains how, and how a connection comes back to UDP.

   A change of the host's network does not change the state: the connection migrates (RFC 9000 §9). If the relay's
   address has no route any more but another of its addresses has one, the member reconnects there with its resume
   token and keeps its membership.

   Invariants. enter_state() in member.c is the only writer of the state and logs each change. A link exists in JOINING
   and JOINED only; frames flow in JOINED only. `ended` is the last event and comes once.

   What it does not do: it does not know where frames come from or go to, decides nothing about their contents, keeps
   nothing on disk and prints nothing.

   Unicast to members of the room goes by peer links (peer/mesh.h) if this member and the relay have them.

   How it is driven: by the loop (socket, timers, network changes, resolver). The owner passes frames in with
   lp_member_begin(), lp_member_send() and lp_member_flush(), and receives events. From inside an event the owner may
   call everything but lp_member_flush(), lp_member_stop(), lp_member_set_lan_down() and lp_member_free(). */
#ifndef LP_MEMBER_MEMBER_H
#define LP_MEMBER_MEMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "capture/capture.h"
#include "carrier/tls/http_connect.h"
#include "ctrl/message.h"
#include "invite/keys.h"
#include "obs/counters.h"
#include "peer/mesh.h"

struct lp_failure;
struct lp_log;
struct lp_loop;
struct lp_member;
struct lp_status;
struct lp_tls;

/* The owner's callbacks; each gets |ctx|. `lost`, `dropped`, `peer`, `path`, `relieved` and `changed` may be
   NULL. */
struct lp_member_events {
	/* Admitted, for the first time or again. |welcome| is valid until the call returns. */
	void (*joined)(void *ctx, const struct lp_welcome *welcome);
	/* The connection is lost; the member reconnects. */
	void (*lost)(void *ctx);
	/* A frame from the room, sent by the peer with the id |source|; valid until the call returns. |now_ns| is the
	   time of its batch. */
	void (*frame)(void *ctx, uint16_t source, const uint8_t *frame, size_t len, uint64_t now_ns);
	/* A frame from a peer link that the checks of the link dropped; it is counted already. |drop| is why. */
	void (*dropped)(
		void *ctx, uint16_t source, const uint8_t *frame, size_t len, enum lp_drop drop, uint64_t now_ns);
	/* The end of a batch of frames. */
	void (*batch_end)(void *ctx);
	/* A peer joined (|known|: an update of a known peer) or left (|known| false: it was not known). */
	void (*peer)(void *ctx, const struct lp_peer_event *peer, bool joined, bool known);
	/* The UDP or TCP addresses of the tunnel: before the first packet, and when they change. */
	void (*path)(void *ctx, const struct lp_addr *local, const struct lp_addr *remote);
	/* The egress queue has room again after lp_member_congested() returned true. */
	void (*relieved)(void *ctx);
	/* The state, or the gateway's presence, changed. */
	void (*changed)(void *ctx);
	/* The relay's reply to lp_member_ask(). May be NULL. */
	void (*host_reply)(void *ctx, const struct lp_host_reply *reply);
	/* The last event: |failure| is the reason, NULL after lp_member_stop(). */
	void (*ended)(void *ctx, const struct lp_failure *failure);
};

#define LP_MEMBER_RELAYS_MAX 8

/* How a member reaches the relay. */
enum lp_transport {
	LP_TRANSPORT_UDP,
	LP_TRANSPORT_TLS,  /* a TLS stream over TCP */
	LP_TRANSPORT_AUTO, /* UDP; TLS joins the race if UDP does not answer soon */
};

struct lp_member_relay {
	char host[256];
	uint16_t port;
	char server_name[256]; /* expected in the relay's certificate */
};

/* An HTTP proxy for connections over TCP. */
struct lp_member_proxy {
	char host[256]; /* empty: none */
	uint16_t port;
	char login[LP_HTTP_CONNECT_LOGIN_MAX]; /* "USER:PASSWORD", or empty */
};

struct lp_member_config {
	enum lp_role role;
	struct lp_mac mac;
	unsigned stations; /* client: MACs that it wants to send from; 0 counts as 1 */
	struct lp_member_relay relays[LP_MEMBER_RELAYS_MAX]; /* in order of preference */
	size_t n_relays;
	char room[LP_ROOM_CODE_MAX + 1];
	char name[LP_NAME_MAX + 1];
	char software[LP_NAME_MAX + 1];
	char resume[LP_RESUME_MAX + 1]; /* resume token of an earlier run, or empty */
	struct lp_addr known_addr;      /* an address of the first relay that an earlier run used; family 0: none */
	enum lp_transport transport;
	uint16_t tls_port;            /* the relay's TCP port; 0: the same as its UDP port */
	bool udp_blocked;             /* UDP did not get through in an earlier run */
	struct lp_member_proxy proxy; /* for TCP */
	bool reconnect;               /* false: a lost connection ends the member */
	bool udp_offload;             /* the system may merge and split datagrams */
	uint64_t idle_timeout_ns;     /* a relay that is silent for longer is dead */
	uint64_t keep_alive_ns;       /* interval of PINGs on an idle connection */
	size_t queue_max_bytes;       /* of the egress queue */
	/* Name of the tunnel's own adapter, which the tunnel's packets must not use; NULL: none. This and the pointers
	   below are borrowed until lp_member_free(). */
	const char *device;
	const struct lp_invite *invite;   /* proven to the relay; NULL: a plain room */
	bool new_room;                    /* the relay shall create the room of |invite|, which is a host's */
	uint8_t key[LP_MEMBER_KEY_BYTES]; /* id of the key that |tls| shows */
	struct lp_tls *tls;
	struct lp_tls *peer_tls;            /* shows |key| on peer links; NULL: this member has none */
	uint8_t peer_secret[LP_INVITE_KEY]; /* of the room, proven on peer links */
	enum lp_direct direct;              /* with which members this one has direct routes */
	enum lp_direct room_direct;         /* of a gateway: the maximum for all members of the room */
	const struct lp_log *log;
	struct lp_capture *capture; /* NULL: frames are never captured */
	const struct lp_member_events *events;
	void *ctx;
};

/* Sets the defaults of timeouts and limits; everything else is zero. */
void lp_member_config_init(struct lp_member_config *config);

/* Opens the socket and starts to resolve the relay's name. Events come from the loop only. 0; LP_ENOMEM, LP_EINVAL (a
   malformed resume token), or what the system returned for the socket; |failure| is set. */
int lp_member_new(struct lp_loop *loop, const struct lp_member_config *config, struct lp_failure *failure,
	struct lp_member **ret_member);
/* Frees without a goodbye to the relay. NULL is fine. */
void lp_member_free(struct lp_member *member);
/* Sends a goodbye; `ended` follows with NULL. */
void lp_member_stop(struct lp_member *member, enum lp_reason reason);
/* The owner's device failed: sends a goodbye; `ended` follows with |failure|. May be called from inside any event. */
void lp_member_fail(struct lp_member *member, const struct lp_failure *failure);

/* A batch of frames for the room: begin, send each, flush. Returns the current time, which the whole batch uses. */
uint64_t lp_member_begin(struct lp_member *member);
/* Sends a frame given in parts. Before the join and with a full queue it is dropped and counted. */
void lp_member_send(struct lp_member *member, const struct lp_bytes *parts, size_t n_parts);
/* Sends the packets that were built. */
void lp_member_flush(struct lp_member *member);
/* True if a producer that can pause (a TAP) should; `relieved` follows. */
bool lp_member_congested(struct lp_member *member);
/* IP bytes that fit one DATAGRAM in both directions: TCP's segment size is limited to that. 0 before the join. */
uint16_t lp_member_unfragmented_mtu(const struct lp_member *member);
/* True while there are peer links, on which frames may go on though the connection to the relay is lost. */
bool lp_member_has_links(const struct lp_member *member);
/* True while the member is joined and a gateway whose interface has a link is in the room. */
bool lp_member_lan_reachable(const struct lp_member *member);
/* Gateway: whether its interface carries no frames. Sends `stats` if that is news for the relay. */
void lp_member_set_lan_down(struct lp_member *member, bool down);
/* Gateway: whether its interface drops the LAN's frames for remote members. May be called from inside any event. */
void lp_member_set_lan_deaf(struct lp_member *member, bool deaf);
/* Gateway: counts a broadcast of a member that was sent to the LAN, for that member's `stats`. */
void lp_member_note_lan_sent(struct lp_member *member, uint16_t peer_id);
/* Gateway of a room with keys: sends a request of the host. LP_EAGAIN: not joined. */
int lp_member_ask(struct lp_member *member, const struct lp_host_request *request);
/* Counts frames that the owner dropped. */
void lp_member_count_drops(struct lp_member *member, enum lp_drop drop, uint64_t n);

/* A frame, and what happened to it, for a capture. */
struct lp_member_frame {
	enum lp_capture_side side;
	bool inbound;    /* received at this side, not sent */
	uint16_t source; /* the peer that sent it; 0: none */
	const struct lp_bytes *parts;
	size_t n_parts;
	const char *route;   /* of a frame that is sent; NULL: by the relay */
	const char *verdict; /* NULL: "forwarded" */
	enum lp_drop drop;   /* LP_DROP_NONE: it passed */
};

/* Notes a frame in the member's capture; to be called only while lp_capture_is_on(). */
void lp_member_note(struct lp_member *member, const struct lp_member_frame *frame);
/* The peers that |target| means: a name, a MAC, or a number. Returns how many; |ret_peer| is the last of them. */
size_t lp_member_find_peer(const struct lp_member *member, const char *target, const struct lp_peer_event **ret_peer);

/* The name of a peer in the room, unescaped; NULL: there is none. */
const char *lp_member_peer_name(const struct lp_member *member, uint16_t peer_id);

/* Sets the parts of |status| that are the member's: session, path, counters. */
void lp_member_status(struct lp_member *member, struct lp_status *status);
/* Calls |fn| for each known peer in the room. */
void lp_member_each_peer(
	const struct lp_member *member, void (*fn)(void *ctx, const struct lp_peer_event *peer), void *ctx);

#endif
