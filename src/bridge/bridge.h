/* The gateway's side of the LAN: which MACs are remote and which are local, what may cross, and how the LAN's switches
   keep knowing where the remote ones are. Pure: frames and now_ns in, decisions, frames to send and one deadline out.
 */
#ifndef LP_BRIDGE_BRIDGE_H
#define LP_BRIDGE_BRIDGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/mac.h"
#include "base/units.h"
#include "obs/drop.h"
#include "proto/ether.h"
#include "proto/offload.h"

struct lp_bridge;

#define LP_BRIDGE_NONCE 8U
#define LP_BRIDGE_MEMBERS_MAX 4096U
#define LP_BRIDGE_MACS_MAX 8192U
/* Switches forget a MAC after 300 s, some sooner; a remote one is made known again well within 60 s. */
#define LP_BRIDGE_REFRESH_NS (45 * LP_SEC)
#define LP_BRIDGE_PROBE_NS (5 * LP_SEC)
/* While the topology changes, refreshes have at least this distance; the last is after the last change. */
#define LP_BRIDGE_TOPOLOGY_NS (2 * LP_SEC)

/* X(name, what happened, for people). A loop between LAN and tunnel, or what looks like one. */
#define LP_BRIDGE_LOOPS(X) \
	X(TUNNEL, "our own probe came back through the tunnel") \
	X(LAN, "our own probe came back from the LAN: it has a loop, or a remote member is bridged to it") \
	X(OTHER_GATEWAY, "another gateway of this room is on the same LAN, or on one that a member is bridged to") \
	X(REMOTE_ON_LAN, "frames of a remote member come in from the LAN") \
	X(LOCAL_IN_TUNNEL, "frames of a station on the LAN come in through the tunnel")

enum lp_bridge_loop {
#define X(name, text) LP_BRIDGE_LOOP_##name,
	LP_BRIDGE_LOOPS(X)
#undef X
		LP_BRIDGE_LOOP_COUNT,
};

struct lp_bridge_config {
	uint8_t hash_key[16];                /* random; keys the table of MACs */
	uint8_t sender[LP_BRIDGE_NONCE];     /* random; tells this gateway's probes from others' */
	uint8_t room_nonce[LP_BRIDGE_NONCE]; /* the same for all gateways of a room: lp_bridge_room_nonce() */
	struct lp_mac interface_mac;         /* of the interface on the LAN */
	uint16_t lan_mtu;                    /* of that interface, IP bytes; 0: 1500 */
	uint16_t room_mtu;                   /* IP bytes; 0: 1500; see lp_bridge_set_room_mtu() */
	size_t max_members;                  /* 0: LP_BRIDGE_MEMBERS_MAX */
	size_t max_macs;                     /* of LAN stations that are remembered; 0: LP_BRIDGE_MACS_MAX */
	uint64_t mac_age_ns;                 /* 0: 300 s */
	uint64_t refresh_ns;                 /* 0: LP_BRIDGE_REFRESH_NS */
	uint64_t probe_ns;                   /* 0: LP_BRIDGE_PROBE_NS; LP_NEVER: no probes */
	/* A loop, at most once in 10 s for each kind. */
	void (*loop)(void *ctx, enum lp_bridge_loop loop);
	void *ctx;
};

struct lp_bridge_counters {
	uint64_t lan_drops[LP_DROP_COUNT];    /* of frames from the LAN; UNKNOWN_UNICAST: they concern the LAN alone */
	uint64_t tunnel_drops[LP_DROP_COUNT]; /* of frames from the tunnel */
	uint64_t refreshes, probes;           /* frames made here */
	uint64_t topology_changes;            /* seen on the LAN */
	uint64_t loops[LP_BRIDGE_LOOP_COUNT]; /* each time, told or not */
	uint64_t members_refused;             /* beyond max_members */
	uint64_t macs_refused;                /* beyond max_macs */
};

/* 0 or LP_ENOMEM. */
int lp_bridge_new(const struct lp_bridge_config *config, uint64_t now_ns, struct lp_bridge **ret_bridge);
/* NULL is fine. */
void lp_bridge_free(struct lp_bridge *bridge);
/* What `welcome` said. */
void lp_bridge_set_room_mtu(struct lp_bridge *bridge, uint16_t mtu);
/* What all gateways of a room put into their probes; |room| is its code in upper case. */
void lp_bridge_room_nonce(const char *room, uint8_t nonce[LP_BRIDGE_NONCE]);

/* A client joined (or is told of again): the LAN's switches learn its MAC with the next frames to send. */
void lp_bridge_peer_joined(struct lp_bridge *bridge, uint16_t peer_id, const struct lp_mac *mac, uint64_t now_ns);
void lp_bridge_peer_left(struct lp_bridge *bridge, uint16_t peer_id);
/* The connection is gone: all members are forgotten. What is on the LAN stays known. */
void lp_bridge_peers_clear(struct lp_bridge *bridge);

/* May a frame cross from the LAN into the tunnel? A super-frame is asked about before it is cut. LP_DROP_NONE, or why
   not; drops are counted here. */
enum lp_drop lp_bridge_from_lan(struct lp_bridge *bridge, const struct lp_frame *frame, uint64_t now_ns);
/* May a frame cross from the tunnel onto the wire? The same. Padding to 60 bytes is the sender's. */
enum lp_drop lp_bridge_from_tunnel(struct lp_bridge *bridge, const uint8_t *frame, size_t len, uint64_t now_ns);

/* The next frame of our own to send on the LAN: to be called until it returns 0, after lp_bridge_deadline() and after
   lp_bridge_peer_joined(). */
size_t lp_bridge_next_frame(struct lp_bridge *bridge, uint64_t now_ns, uint8_t frame[LP_ETHER_FRAME_MIN]);
/* When the next frame of our own is due. */
uint64_t lp_bridge_deadline(const struct lp_bridge *bridge);

const struct lp_bridge_counters *lp_bridge_counters(const struct lp_bridge *bridge);
size_t lp_bridge_member_count(const struct lp_bridge *bridge);
/* Never NULL. */
const char *lp_bridge_loop_text(enum lp_bridge_loop loop);

#endif
