/* The structs behind mesh.h, for the files of peer/ only.

   mesh.c is the state machine and the list of peers. wire.c maps datagrams to peers, and packets to routes. data.c
   carries frames, and checks those that are received. */
#ifndef LP_PEER_STATE_H
#define LP_PEER_STATE_H

#include "base/addr.h"
#include "base/link_prefix.h"
#include "base/ratelimit.h"
#include "carrier/carrier.h"
#include "ctrl/stream.h"
#include "filter/filter.h"
#include "filter/limit.h"
#include "peer/mesh.h"
#include "proto/mac_table.h"
#include "route/route.h"

struct lp_link;
struct lp_quic_conn;
struct lp_quic_endpoint;

#define LP_MESH_CLAIMS 4

enum lp_mesh_state {
	LP_MESH_NONE,
	LP_MESH_CONNECTING, /* the handshake that this member has begun */
	LP_MESH_PROVING,    /* handshake complete; the peer's proof is not here yet */
	LP_MESH_UP,
};

/* A member that the relay announced. */
struct lp_mesh_peer {
	struct lp_mesh *mesh;
	uint16_t id;
	enum lp_role role;
	struct lp_mac mac;
	char name[LP_NAME_MAX + 1];
	bool capable; /* it has a key and a prefix, which links require */
	bool present; /* announced since the last join of this member */
	uint8_t key[LP_MEMBER_KEY_BYTES];
	uint8_t prefix[LP_LINK_PREFIX_BYTES];
	struct lp_meter meter; /* of what it sends by its link */

	enum lp_mesh_state state; /* written by enter_state() only */
	uint64_t since_ns;        /* of the state */
	struct lp_quic_conn *conn;
	struct lp_ctrl_stream stream;
	struct lp_bucket control;         /* bytes of the stream */
	uint8_t expected[LP_PROOF_BYTES]; /* PROVING: the proof that the peer must send */
	struct lp_link *link;             /* UP */

	bool wanted;         /* there is a reason for a link */
	uint64_t retry_ns;   /* no attempt before that */
	unsigned n_failed;   /* attempts since the last link */
	uint64_t used_ns;    /* the last frame in either direction */
	bool switched;       /* frames take the link: those before them have left the queue to the relay */
	bool silent;         /* nothing is received though packets are in flight: frames go through the relay */
	uint64_t waiting_ns; /* since when packets are in flight and nothing is received; 0: they are not */
	uint64_t probed_ns;  /* the last probe by lp_mesh_relayed() */
	bool was_congested;
	struct lp_addr claims[LP_MESH_CLAIMS]; /* IP addresses that the relay let it claim, the last ones */
	size_t next_claim;

	bool direct; /* the two may have a direct route, and this member has offered its addresses */
	uint8_t route_key[LP_SIPHASH_KEY]; /* authenticates probes */
	struct lp_route route;
};

struct lp_mesh {
	struct lp_mesh_config config;
	struct lp_carrier carrier; /* of all links */
	struct lp_quic_endpoint *endpoint;
	bool on; /* the relay gave this member a prefix */
	uint16_t id;
	uint8_t prefix[LP_LINK_PREFIX_BYTES];
	struct lp_mesh_peer **peers; /* sorted by id */
	size_t n_peers, size_peers;
	struct lp_mesh_peer *gateway; /* NULL: none, or it is this member */
	struct lp_mac_table macs;     /* of the members */
	size_t n_links;               /* not in the state NONE */
	size_t n_connecting;
	struct lp_filters filters;
	struct lp_meter_limits meter_limits[2]; /* of clients, of the gateway */
	struct lp_ratelimit control_limit;
	uint64_t tick_ns;  /* when to check the timeouts of all links */
	uint64_t check_ns; /* when to check for silent links; LP_NEVER: nothing was sent */
	uint64_t sweep_ns; /* when peers that were not announced again are forgotten; LP_NEVER: they are */
	uint64_t now_ns;
	enum lp_direct allowed;           /* by the room's host */
	bool is_allowed_known;            /* its gateway's link has been up */
	struct lp_addr seen;              /* the address that the relay sees; family 0: unknown */
	struct lp_mesh_peer *last_direct; /* whose direct route the last packet came by; NULL: none */
	struct lp_link_counters counters; /* of links that are closed, and of frames without one */
};

/* How often links with packets in flight are checked. */
#define LP_MESH_CHECK_NS (25 * LP_MS)

/* mesh.c */

/* The peer of this id, or NULL. */
struct lp_mesh_peer *lp_mesh_find(const struct lp_mesh *mesh, uint16_t id);
/* There is a reason for a link to |peer|: connects if that is this member's part and may be done now. */
void lp_mesh_want(struct lp_mesh_peer *peer);

/* wire.c */

/* Prepares the carrier. */
void lp_mesh_wire_init(struct lp_mesh *mesh);
/* The address that stands for a peer, of the family |family|; id 0: this member. */
struct lp_addr lp_mesh_mapped(uint8_t family, uint16_t id);
/* The peer of a mapped address, or NULL. */
struct lp_mesh_peer *lp_mesh_of_mapped(const struct lp_mesh *mesh, const struct lp_addr *mapped);

/* The route to |peer|, for people. */
const char *lp_mesh_route_name(const struct lp_mesh_peer *peer);

/* direct.c */

/* The link is up: offers our addresses, if the two may have a direct route. */
void lp_mesh_direct_start(struct lp_mesh_peer *peer);
/* What the room's host allows, from its gateway's proof. Starts and ends direct routes as it changes. */
void lp_mesh_direct_allow(struct lp_mesh *mesh, const char *word);
/* The word for what this gateway allows. */
const char *lp_mesh_direct_word(enum lp_direct direct);
/* The peer's offer. */
void lp_mesh_direct_offered(struct lp_mesh_peer *peer, const struct lp_link_offer *offer);
/* Sends the probes that are due, and chooses the route. */
void lp_mesh_direct_tick(struct lp_mesh_peer *peer);
/* A datagram that may be a probe or a reply. */
void lp_mesh_direct_receive(struct lp_mesh *mesh, const struct lp_udp_msg *msg, const uint8_t *data);
/* A packet of a link came from |from|: if that is a direct route, it is alive. */
void lp_mesh_direct_alive(struct lp_mesh *mesh, const struct lp_addr *from);
/* Sends a message on the control stream of the link. */
void lp_mesh_send_message(struct lp_mesh_peer *peer, const struct lp_message *message);

/* data.c */

/* A link's `frame` callback, with the peer as |ctx|. */
void lp_mesh_on_frame(void *ctx, uint16_t source, const uint8_t *frame, size_t len, uint64_t now_ns);
/* Adds what a link has counted. */
void lp_mesh_add_counters(struct lp_link_counters *to, const struct lp_link_counters *from);

#endif
