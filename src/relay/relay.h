/* The relay: one UDP port, perhaps a TCP port for networks that block UDP, all rooms.

   Model. The relay joins three things that do not know one another: the QUIC endpoint (quic/), which decrypts DATAGRAMs
   and control messages; the rooms (room/), which decide who is a member and where a frame goes; and one link per member
   (link/), which encapsulates frames. An lp_connection (connection.h) is one member's connection: its control stream,
   its membership and its link.

   A frame takes this path, in one pass and without a copy: the carrier receives a batch, the endpoint decrypts a
   DATAGRAM, the sender's link reassembles, room/ returns a verdict with the targets, and each target's link seals the
   frame into the packet that is being built for it, or queues it if the congestion window is closed. end_pass() then
   sends everything and sets the timer.

   Invariants. Everything runs on the program's one loop; now_ns is read once per pass. A connection is freed only in
   the endpoint's `closed` event, never inside another callback of it. A connection belongs to at most one room, and its
   first message is `hello`.

   What it does not do: it reads no options or files, prints nothing and knows no HTTP (main.c); it keeps nothing on
   disk.

   How it is driven: by the carriers, the endpoint's deadline, and a tick every second while there are connections.
 */
#ifndef LP_RELAY_RELAY_H
#define LP_RELAY_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/lock.h"
#include "ctrl/message.h"
#include "filter/limit.h"
#include "obs/framelog.h"
#include "obs/histogram.h"
#include "platform/net/udp.h"
#include "relay/invites.h"
#include "relay/transit.h"
#include "room/output.h"

struct lp_capture;
struct lp_connection;
struct lp_directory;
struct lp_failure;
struct lp_log;
struct lp_loop;
struct lp_loop_call;
struct lp_loop_calls;
struct lp_quic_limits;
struct lp_relay;
struct lp_rooms_totals;
struct lp_tls;

struct lp_relay_config {
	struct lp_addr listen;
	struct lp_addr listen_tls;       /* TCP, for members whose network blocks UDP; port 0: none */
	bool proxy_protocol;             /* a load balancer announces the addresses of members there */
	struct lp_udp_share worker;      /* which of the relay's workers this is (workers.h); n 1: the only one */
	struct lp_quic_limits *accepted; /* counts of connections, shared with the other workers; NULL: its own */
	struct lp_rooms_totals *totals;  /* the same of rooms and members */
	const struct lp_relay *first;    /* the first worker, which accepts TCP connections for all; NULL: this one */
	struct lp_lock lock;             /* of what the workers' TCP streams share */
	void (*post)(struct lp_loop_calls *calls, struct lp_loop_call *call);
	struct lp_loop_calls *calls; /* into this worker's loop; borrowed until lp_relay_free() */
	size_t max_rooms, max_rooms_per_source, max_peers, max_peers_per_room;
	size_t max_conns_per_source;      /* 0: no limit */
	size_t max_handshakes;            /* more in progress: a new connection gets a Retry first */
	size_t max_handshakes_per_source; /* more from one address are ignored */
	size_t max_macs_per_gateway;
	unsigned max_stations;     /* MACs that a client may send from, its own included */
	uint16_t room_mtu;         /* IP bytes */
	uint64_t hello_timeout_ns; /* a connection without a hello is closed after this */
	uint64_t stats_interval_ns;
	uint64_t idle_timeout_ns;
	size_t queue_max_bytes;                  /* of each member's egress queue */
	size_t pool_max_bytes;                   /* of all egress queues together */
	uint32_t malformed_limit;                /* malformed DATAGRAMs after which a member is closed */
	struct lp_rate outputs[LP_OUTPUT_COUNT]; /* kbit; of what is sent for members */
	struct lp_rate joins;                    /* new members of each room; per_s 0: no limit */
	uint32_t filters;                        /* bit set of enum lp_filter */
	enum lp_rooms_policy rooms;
	enum lp_peer_links peer_links;  /* whose members get peer links */
	struct lp_directory *directory; /* rooms with keys; NULL: none; borrowed until lp_relay_free() */
	uint8_t secret[32];             /* signs Retry and stateless-reset tokens */
	struct lp_limits limits;
	struct lp_framelog_config framelog;
	struct lp_capture *capture; /* NULL: frames are never captured; borrowed until lp_relay_free() */
};

/* Counters of the whole relay. The endpoint and the links have their own. */
struct lp_relay_counters {
	uint64_t connections;           /* completed handshakes */
	uint64_t joins;                 /* admitted members */
	uint64_t rejects;               /* rejected members */
	uint64_t frames, bytes;         /* complete frames received */
	uint64_t targets, target_bytes; /* frames sent or queued, and their bytes: once per target */
	struct lp_histogram rtt;        /* round trips to members, a sample with each `stats` */
	struct lp_histogram join_time;  /* from the end of the handshake to the admission */
	uint64_t drops[LP_DROP_COUNT];  /* of received frames, and of links that are closed, by reason */
};

/* Sets the defaults of all fields but |listen|. */
void lp_relay_config_init(struct lp_relay_config *config);

/* Opens the port and starts to serve. |tls| and |log| are borrowed until lp_relay_free(). 0; LP_EINUSE, LP_EPERM, …
   from opening the port; LP_ENOMEM. */
int lp_relay_new(struct lp_loop *loop, const struct lp_relay_config *config, struct lp_tls *tls,
	const struct lp_log *log, struct lp_failure *failure, struct lp_relay **ret_relay);
/* Makes the counts behind the limits on connections of |config|, for several relays. LP_ENOMEM. */
int lp_relay_limits_new(
	const struct lp_relay_config *config, const struct lp_lock *lock, struct lp_quic_limits **ret_limits);
/* Notifies every member that the relay ends (|reason|: shutdown or restarting), closes all connections, and calls
   |done| when the last one is closed, possibly before it returns. */
void lp_relay_drain(struct lp_relay *relay, enum lp_reason reason, void (*done)(void *ctx), void *ctx);
/* Of several workers the first one comes last. NULL is fine. */
void lp_relay_free(struct lp_relay *relay);
/* The address that it listens on. */
void lp_relay_local(const struct lp_relay *relay, struct lp_addr *ret_addr);
/* The TCP address that it listens on; port 0: none. */
void lp_relay_local_tls(const struct lp_relay *relay, struct lp_addr *ret_addr);
/* All drops since the start, by reason: by the rooms and by all links, closed ones included. */
void lp_relay_drops(const struct lp_relay *relay, uint64_t ret_drops[LP_DROP_COUNT]);

#endif
