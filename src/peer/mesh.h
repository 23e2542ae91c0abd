/* Peer links: connections of a member with other members of its room, on which unicast frames travel end to end.

   Model. A mesh has an entry for each member that the relay has announced, and a link to those with which this member
   exchanges unicast. A link is a QUIC connection between the two on the tunnel's own socket (the member with the lower
   peer id is its client), with a link (link/link.h) on it. Frames on it are encrypted from member to member.

     NONE --> CONNECTING --> PROVING --> UP
      ^           |             |        |
      +-----------+-------------+--------+

   A link begins when the first unicast frame is sent to the peer through the relay, or received from it; between
   clients and the gateway it begins when either joins. After the handshake each end compares the key that the other has
   shown with the one that the relay announced, and both prove that they have the room's peer secret, which the relay
   does not know (invite/keys.h): so the relay cannot put itself in between. A link without frames for a minute is
   closed, one that fails is tried again later. Until it is up, and whenever nothing is received for a while though
   packets are in flight, frames go through the relay.

   Routes are below QUIC. Each peer has a mapped address, which QUIC takes for the peer's; the mesh is the carrier that
   maps it to a route. The forwarded route is the relay's port, where connection IDs that begin with the peer's prefix
   are passed on unopened. The direct route is an address of the peer that was found by probes (route/route.h); both
   ends offer their addresses to each other on the link. Each end sends by the route that works for it. So a link keeps
   its one QUIC path whatever happens to addresses beneath it.

   Invariants. A frame travels on a link or through the relay, never by both. enter_state() in mesh.c is the only writer
   of a link's state. What the relay cannot see, the receiver checks: filters and limits are the relay's defaults, the
   source MAC must be the peer's, the destination ours. Group frames on a link are dropped; they belong to the relay. So
   are claims of IP addresses by clients, unless the relay, which guards them, has let the same claim pass before. The
   numbers of entries, links and handshakes have a maximum.

   What it does not do: it does not choose which frames are unicast to whom beyond the MACs of members (all other
   unicast of a client goes to the gateway), knows no device, and talks to no relay.

   How it is driven: by the member, which owns socket, session and timers. */
#ifndef LP_PEER_MESH_H
#define LP_PEER_MESH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/units.h"
#include "ctrl/message.h"
#include "invite/keys.h"
#include "obs/counters.h"

struct lp_carrier_udp;
struct lp_frame_pool;
struct lp_log;
struct lp_mesh;
struct lp_tls;
struct lp_udp_msg;

#define LP_MESH_PEERS_MAX 4096
/* Links at one time. */
#define LP_MESH_LINKS_MAX 256
/* Handshakes that this member has begun and not finished. */
#define LP_MESH_HANDSHAKES_MAX 8
#define LP_MESH_HANDSHAKE_NS (6 * LP_SEC)
#define LP_MESH_IDLE_NS (60 * LP_SEC)
/* Between two attempts: doubles from the first to the last. */
#define LP_MESH_RETRY_FIRST_NS (5 * LP_SEC)
#define LP_MESH_RETRY_LAST_NS (320 * LP_SEC)

/* With which members this one exchanges its addresses for direct routes. The room's host sets a maximum, which its
   gateway sends on its links; until a client has it, it has direct routes with the gateway alone. */
enum lp_direct {
	LP_DIRECT_OFF,
	LP_DIRECT_GATEWAY, /* a client with the gateway, the gateway with all */
	LP_DIRECT_ALL,
};

/* State of the path to the relay. */
enum lp_mesh_relay {
	LP_MESH_RELAY_READY,
	LP_MESH_RELAY_WAITS, /* frames wait in the queue to it, which the first frame on a new link must not overtake */
	LP_MESH_RELAY_AWAY,  /* not connected: frames that belong to the relay take links, too */
};

struct lp_mesh_events {
	/* Writes the addresses of this computer at which the tunnel's socket may be reached, best first; at most |max|.
	   Returns their number. */
	size_t (*addresses)(void *ctx, struct lp_addr *ret_addrs, size_t max);
	/* A frame from the peer |source|, by its link, whose route is |route|; as lp_member_events.frame. */
	void (*frame)(void *ctx, uint16_t source, const char *route, const uint8_t *frame, size_t len, uint64_t now_ns);
	/* A frame of that kind that was dropped by the checks, and counted. */
	void (*dropped)(void *ctx, uint16_t source, const char *route, const uint8_t *frame, size_t len,
		enum lp_drop drop, uint64_t now_ns);
	/* A link has room again after lp_mesh_congested() returned true. */
	void (*relieved)(void *ctx);
	/* Datagrams that do not belong to links. */
	void (*rest)(void *ctx, const struct lp_udp_msg *msgs, size_t n_msgs);
};

/* All pointers are borrowed until lp_mesh_free(). */
struct lp_mesh_config {
	enum lp_role role;
	struct lp_mac mac; /* of a client */
	struct lp_tls *tls;
	uint8_t key[LP_MEMBER_KEY_BYTES]; /* id of the key that |tls| shows */
	uint8_t peer_secret[LP_INVITE_KEY];
	struct lp_carrier_udp *udp;
	const struct lp_addr *local, *relay; /* of the path to the relay: the forwarded route */
	struct lp_frame_pool *pool;
	size_t queue_max_bytes;
	uint64_t hash_seed;
	enum lp_direct direct;
	enum lp_direct room_direct; /* of a gateway: the maximum for all members of the room */
	uint64_t idle_timeout_ns, keep_alive_ns;
	size_t max_udp_payload; /* as in lp_quic_config */
	const struct lp_log *log;
	const struct lp_mesh_events *events;
	void *ctx;
};

/* 0, LP_ENOMEM. */
int lp_mesh_new(const struct lp_mesh_config *config, struct lp_mesh **ret_mesh);
void lp_mesh_free(struct lp_mesh *mesh); /* NULL is fine */

/* The relay admitted this member. Links survive if membership and prefix are the same as before. */
void lp_mesh_joined(struct lp_mesh *mesh, const struct lp_welcome *welcome, uint64_t now_ns);
/* The relay announced a peer, or that it left. */
void lp_mesh_peer(struct lp_mesh *mesh, const struct lp_peer_event *peer, bool joined, uint64_t now_ns);
/* This member leaves the room: closes the links. */
void lp_mesh_leave(struct lp_mesh *mesh);
/* The addresses of this computer may have changed: offers them again. */
void lp_mesh_moved(struct lp_mesh *mesh, uint64_t now_ns);

/* Sends a frame on the link to the member that it is for. Returns the route, with the drop reason or NONE in
   |ret_drop|; NULL: no link is up, send it through the relay. */
const char *lp_mesh_send(struct lp_mesh *mesh, const struct lp_bytes *parts, size_t n_parts, enum lp_mesh_relay relay,
	uint64_t now_ns, enum lp_drop *ret_drop);
/* A frame arrived through the relay from the peer |source|. */
void lp_mesh_relayed(struct lp_mesh *mesh, uint16_t source, const uint8_t *frame, size_t len, uint64_t now_ns);
/* True while a link is up. */
bool lp_mesh_has_links(const struct lp_mesh *mesh);
/* True if a producer that can pause should; `relieved` follows. */
bool lp_mesh_congested(struct lp_mesh *mesh);
/* The smallest inner MTU of the links that are up and have had the time to find it; UINT16_MAX: there are none. */
uint16_t lp_mesh_inner_mtu(const struct lp_mesh *mesh, uint64_t now_ns);

/* Takes a batch of datagrams that the socket received; calls |rest| for those that are not of links. */
void lp_mesh_receive(struct lp_mesh *mesh, const struct lp_udp_msg *msgs, size_t n_msgs, uint64_t now_ns);
/* Sends the packets that were built. */
void lp_mesh_flush(struct lp_mesh *mesh, uint64_t now_ns);
uint64_t lp_mesh_deadline(const struct lp_mesh *mesh);
/* Handles the deadlines that have come. Flush afterwards. */
void lp_mesh_expire(struct lp_mesh *mesh, uint64_t now_ns);

/* A link, for people. */
struct lp_mesh_link {
	const char *route;            /* "forwarded" or "direct" */
	uint64_t rtt_ns;              /* smoothed; 0: unknown */
	uint64_t packets_lost;        /* of ours, on this link */
	uint64_t bytes_in, bytes_out; /* of frames, on this link */
};

/* The link to the peer |id|. False: frames go through the relay. */
bool lp_mesh_link(const struct lp_mesh *mesh, uint16_t id, struct lp_mesh_link *ret_link);
/* Adds frames, bytes and drops of all links, also of those that are closed; DATAGRAMs are the relay's alone. */
void lp_mesh_count(const struct lp_mesh *mesh, struct lp_link_counters *counters);

#endif
