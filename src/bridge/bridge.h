/* The bridge between a LAN and the tunnel, in a gateway.

   Each MAC is on one of two sides. Local MACs are learned from the source of frames from the LAN and age. Remote MACs
   are those of the room's clients (lp_bridge_peer_joined()); a MAC that is first seen in a frame from the tunnel counts
   as remote and ages: it belongs to a computer behind a client, or to a client whose `peer_joined`, which travels on a
   stream, arrives after the frame. A frame crosses
   from the LAN if its destination is a group or remote, and from the tunnel if its source is not local. Switch control
   (spanning tree, LLDP, pause) never crosses.

   The gateway's interface is in promiscuous mode, and the LAN's switches must send frames for remote MACs to its port.
   They learn this from frames with a remote source, and forget it after some minutes without one. So for each remote
   MAC the bridge sends a Layer 2 Update frame at intervals, and soon after a topology change, which makes switches
   forget early.

   The LAN's side wins: a member whose MAC a station on the LAN has is not announced to the switches, its frames are
   dropped, and the relay is notified by a frame with that source through the tunnel (LP_BRIDGE_FRAME_OBJECTION), upon
   which it disconnects the member. A station counts as one of the LAN if it was known before the member joined, or if
   it sends while nothing of that member has gone to the LAN for LP_BRIDGE_QUIET_NS. Otherwise the frame may be the
   member's own, back by a loop.

   A second path between the room and the LAN (another gateway, or a client that is bridged to the same LAN) is a loop,
   in which a broadcast circulates forever. The bridge finds loops by probes, frames that must never come back, and by
   MACs that send on the wrong side. It reports a loop, at most once in some seconds for each kind, and does not try to
   cut it: neither side knows which path is the right one.

   An interface that drops the LAN's frames for remote members is found out by questions to the LAN (reach.h).

   Invariants: a frame that the bridge itself sent never crosses; a MAC is never local and remote at the same time; the
   number of members and MACs has a maximum in the config.

   The module does no I/O: frames and now_ns go in; drop reasons, frames to send, and one deadline come out
   (lp_bridge_next_frame(), lp_bridge_deadline()). */
#ifndef LP_BRIDGE_BRIDGE_H
#define LP_BRIDGE_BRIDGE_H

#include <stdbool.h>
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
/* Switches forget a MAC after 300 s, some of them earlier. */
#define LP_BRIDGE_REFRESH_NS (45 * LP_SEC)
#define LP_BRIDGE_PROBE_NS (5 * LP_SEC)
/* The shortest interval between refreshes of all members while the topology changes; the last one follows the last
   change. */
#define LP_BRIDGE_TOPOLOGY_NS (2 * LP_SEC)

/* How long an echo of a frame by a loop can take. */
#define LP_BRIDGE_QUIET_NS (2 * LP_SEC)

/* X(name, text for people). Loops between LAN and tunnel, and what indicates one. */
#define LP_BRIDGE_LOOPS(X) \
	X(TUNNEL, "our own probe came back through the tunnel") \
	X(LAN, "our own probe came back from the LAN, because the LAN has a loop or a remote member is bridged to it") \
	X(OTHER_GATEWAY, "another gateway of this room is on the same LAN, or on a LAN that a member is bridged to") \
	X(REMOTE_ON_LAN, "frames from a remote member arrive from the LAN") \
	X(LOCAL_IN_TUNNEL, "frames from a station on the LAN arrive through the tunnel")

enum lp_bridge_loop {
#define X(name, text) LP_BRIDGE_LOOP_##name,
	LP_BRIDGE_LOOPS(X)
#undef X
		LP_BRIDGE_LOOP_COUNT,
};

/* Frames that the gateway itself sends. */
enum lp_bridge_frame {
	LP_BRIDGE_FRAME_NONE,      /* none is due */
	LP_BRIDGE_FRAME_REFRESH,   /* to the LAN: its switches learn a remote MAC */
	LP_BRIDGE_FRAME_PROBE,     /* to the LAN and to the room: detects loops */
	LP_BRIDGE_FRAME_QUESTION,  /* to the LAN: does the interface receive frames for remote MACs (bridge/reach.h)? */
	LP_BRIDGE_FRAME_OBJECTION, /* to the room: a station on the LAN has the MAC of a member */
};

/* lp_bridge_config_init() sets the defaults of the MTUs, the limits and the intervals. */
struct lp_bridge_config {
	uint8_t hash_key[16];                /* random; keys the table of MACs */
	uint8_t sender[LP_BRIDGE_NONCE];     /* random; identifies this gateway's probes */
	uint8_t room_nonce[LP_BRIDGE_NONCE]; /* the same for all gateways of a room; random until it is set */
	struct lp_mac interface_mac;         /* of the interface on the LAN */
	uint16_t lan_mtu;                    /* of that interface, IP bytes */
	uint16_t room_mtu;                   /* IP bytes; see lp_bridge_set_room_mtu() */
	size_t max_members;                  /* remote */
	size_t max_macs;                     /* learned on the LAN */
	uint64_t mac_age_ns;                 /* a local MAC is forgotten after this time without a frame from it */
	uint64_t refresh_ns;                 /* interval of the refreshes of each remote MAC */
	uint64_t probe_ns;                   /* interval of probes; LP_NEVER: none */
	/* Reports a loop, at most once in 10 s for each kind. May be NULL. */
	void (*loop)(void *ctx, enum lp_bridge_loop loop);
	/* The LAN has a station with the MAC of a member; once per member. May be NULL. */
	void (*displaced)(void *ctx, const struct lp_mac *mac);
	/* The interface drops the LAN's frames for remote members, or does not any more. May be NULL. */
	void (*deaf)(void *ctx, bool deaf);
	void *ctx;
};

struct lp_bridge_counters {
	uint64_t lan_drops[LP_DROP_COUNT];    /* of frames from the LAN; UNKNOWN_UNICAST: for another local station */
	uint64_t tunnel_drops[LP_DROP_COUNT]; /* of frames from the tunnel */
	uint64_t refreshes, probes;           /* frames that the bridge sent */
	uint64_t topology_changes;            /* on the LAN */
	uint64_t loops[LP_BRIDGE_LOOP_COUNT]; /* including those that were not reported */
	uint64_t members_refused;             /* beyond max_members */
	uint64_t members_displaced;           /* a station on the LAN has their MAC */
	uint64_t macs_refused;                /* forgotten early, to make space for others */
};

void lp_bridge_config_init(struct lp_bridge_config *config);
/* |config| is copied. 0 or LP_ENOMEM. */
int lp_bridge_new(const struct lp_bridge_config *config, uint64_t now_ns, struct lp_bridge **ret_bridge);
/* NULL is permitted. */
void lp_bridge_free(struct lp_bridge *bridge);
/* Sets the room's MTU, as `welcome` contains it. */
void lp_bridge_set_room_mtu(struct lp_bridge *bridge, uint16_t mtu);
/* Sets the nonce in the probes of all gateways of the room, as `welcome` contains it. */
void lp_bridge_set_room_nonce(struct lp_bridge *bridge, const uint8_t nonce[LP_BRIDGE_NONCE]);

/* A client is in the room, or its MAC changed. Its MAC is refreshed by the next call of lp_bridge_next_frame(). */
void lp_bridge_peer_joined(struct lp_bridge *bridge, uint16_t peer_id, const struct lp_mac *mac, uint64_t now_ns);
void lp_bridge_peer_left(struct lp_bridge *bridge, uint16_t peer_id);
/* Removes all members, because the connection was lost. Local MACs stay. */
void lp_bridge_peers_clear(struct lp_bridge *bridge);

/* Decides whether a frame, or a super-frame before segmentation, may cross from the LAN into the tunnel. LP_DROP_NONE,
   or the drop reason, which is counted. */
enum lp_drop lp_bridge_from_lan(struct lp_bridge *bridge, const struct lp_frame *frame, uint64_t now_ns);
/* The same for a frame from the tunnel to the LAN. The caller pads it to 60 bytes. */
enum lp_drop lp_bridge_from_tunnel(struct lp_bridge *bridge, const uint8_t *frame, size_t len, uint64_t now_ns);

/* Where a frame from the tunnel goes. */
enum lp_bridge_side {
	LP_BRIDGE_WIRE = 1, /* out of the interface */
	LP_BRIDGE_HOST = 2, /* to the gateway's own computer, as if it had been received by the interface */
};

/* The sides, one enum lp_bridge_side or both, of a frame that lp_bridge_from_tunnel() has accepted. The host's MACs are
   that of the interface and those learned from frames with |from_host|. A frame for an unknown MAC or a group goes to
   both. */
unsigned lp_bridge_sides(struct lp_bridge *bridge, const uint8_t *frame, uint64_t now_ns);

/* Writes the next of them, padded to LP_ETHER_FRAME_MIN. Call it until it returns
   LP_BRIDGE_FRAME_NONE, at lp_bridge_deadline() and after lp_bridge_peer_joined(). */
enum lp_bridge_frame lp_bridge_next_frame(struct lp_bridge *bridge, uint64_t now_ns, uint8_t frame[LP_ETHER_FRAME_MIN]);
/* When the next frame is due. */
uint64_t lp_bridge_deadline(const struct lp_bridge *bridge);

/* MACs that are known on the LAN; up to max_macs. Those that are silent count until they are forgotten. */
size_t lp_bridge_station_count(const struct lp_bridge *bridge);
const struct lp_bridge_counters *lp_bridge_counters(const struct lp_bridge *bridge);
/* Never NULL. */
const char *lp_bridge_loop_text(enum lp_bridge_loop loop);

#endif
