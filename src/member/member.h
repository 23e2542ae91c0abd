/* A member of a room, as client and gateway share it: finds the relay, connects, joins, and comes back by itself
   when the connection is lost. Frames go in by lp_member_send() and come out by the event `frame`. */
#ifndef LP_MEMBER_MEMBER_H
#define LP_MEMBER_MEMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "ctrl/message.h"
#include "obs/counters.h"

struct lp_failure;
struct lp_log;
struct lp_loop;
struct lp_member;
struct lp_tls;

/* What a member tells its owner; every function gets the owner's |ctx|. `changed`, `lost`, `peer` and
   `path` may be NULL. */
struct lp_member_events {
	/* Admitted, for the first time or again. |welcome| is valid until the call returns. */
	void (*joined)(void *ctx, const struct lp_welcome *welcome);
	/* The connection is lost; the member tries to come back. */
	void (*lost)(void *ctx);
	/* A frame from the room; valid until the call returns. |now_ns| is that of the batch. */
	void (*frame)(void *ctx, const uint8_t *frame, size_t len, uint64_t now_ns);
	/* A batch of frames is over: what was gathered for the device can go. */
	void (*batch_end)(void *ctx);
	/* Somebody joined (|known|: was here already, and there is news) or left (|known| false: was never seen). */
	void (*peer)(void *ctx, const struct lp_peer_event *peer, bool joined, bool known);
	/* The tunnel's own UDP addresses, at the first packet and when they change. */
	void (*path)(void *ctx, const struct lp_addr *local, const struct lp_addr *remote);
	/* The queue towards the relay has room again after lp_member_congested() was true. */
	void (*relieved)(void *ctx);
	/* The state, or whether a gateway is in the room, changed. */
	void (*changed)(void *ctx);
	/* It is over for good: |failure| says why, NULL after lp_member_stop(). The last event. */
	void (*ended)(void *ctx, const struct lp_failure *failure);
};

struct lp_member_config {
	enum lp_role role;
	struct lp_mac mac;
	char relay_host[256];
	uint16_t relay_port;
	char server_name[256];
	char room[LP_ROOM_CODE_MAX + 1];
	char name[LP_NAME_MAX + 1];
	char software[LP_NAME_MAX + 1];
	char resume[LP_RESUME_MAX + 1]; /* of an earlier run, or empty */
	bool reconnect;                 /* come back after a loss; otherwise a loss ends the member */
	uint64_t idle_timeout_ns;       /* a relay that is silent for so long is gone */
	uint64_t keep_alive_ns;
	size_t queue_max_bytes;                /* of the egress queue */
	const char *device;                    /* the tunnel's own adapter, by which it must not leave; borrowed until
						  lp_member_free(); NULL: there is none */
	struct lp_tls *tls;                    /* borrowed until lp_member_free() */
	const struct lp_log *log;              /* borrowed until lp_member_free() */
	const struct lp_member_events *events; /* borrowed until lp_member_free() */
	void *ctx;
};

/* What a member is doing now. */
enum lp_member_state {
	LP_MEMBER_RESOLVING,
	LP_MEMBER_CONNECTING,
	LP_MEMBER_JOINING,
	LP_MEMBER_JOINED,
	LP_MEMBER_WAITING, /* to try again */
	LP_MEMBER_ENDED,
};

/* The figures of the moment, for status lines and diagnostics. */
struct lp_member_view {
	enum lp_member_state state;
	bool gateway_present;
	size_t n_peers;
	size_t budget_bytes;       /* of a DATAGRAM */
	uint16_t unfragmented_mtu; /* IP bytes that pass without overlay fragments; 0 before the join */
	uint16_t mtu;              /* of the room */
	uint64_t rtt_ns;           /* to the relay, smoothed */
	uint64_t latest_rtt_ns;    /* the last sample of it */
	bool gateway_lan_down;     /* the gateway's interface carries no frames, as the relay says */
	uint64_t gateway_rtt_ns;   /* relay to gateway, as the relay says; 0: unknown */
	uint64_t lost_packets;     /* of ours */
	uint64_t retry_at_ns;      /* waiting: when the next attempt starts */
	uint64_t retry_ns;         /* waiting: the whole wait */
	const char *reason;        /* waiting, ended: why the last connection or attempt ended */
	const char *gateway_name;  /* if it has one and it is known */
	bool place_held;           /* the relay holds our place of an earlier run, and it is waited for */
	uint64_t reconnects;       /* so far */
	struct lp_addr local, remote;
	const struct lp_link_counters *counters; /* of the tunnel since the start */
	struct lp_bound_counters bounds;         /* what the member could not keep or take; without the device's */
	const struct lp_stats_message *told;     /* the relay's last word about us, or NULL */
	uint64_t n_told;                         /* such words so far, over all connections */
};

/* The defaults of timeouts and bounds. */
void lp_member_config_init(struct lp_member_config *config);

/* Opens the socket; the search for the relay starts at once, the events come from the loop. */
int lp_member_new(struct lp_loop *loop, const struct lp_member_config *config, struct lp_failure *failure,
	struct lp_member **ret_member);
/* Frees it without a word to the relay. NULL is fine. */
void lp_member_free(struct lp_member *member);
/* Says goodbye, then `ended` comes with NULL. */
void lp_member_stop(struct lp_member *member, enum lp_reason reason);
/* The owner's device failed: says goodbye, then `ended` comes with |failure|. From anywhere, also from inside of the
   member's events and from a device's. */
void lp_member_fail(struct lp_member *member, const struct lp_failure *failure);

/* A batch of frames for the room: begin, send each, flush. Returns what time it is for all of it. */
uint64_t lp_member_begin(struct lp_member *member);
/* Sends a frame given in parts; before the join, and where the queue is full, it is dropped and counted. */
void lp_member_send(struct lp_member *member, const struct lp_bytes *parts, size_t n_parts);
/* What was sealed leaves. */
void lp_member_flush(struct lp_member *member);
/* True while so much waits that a producer which can wait should; `relieved` comes later. */
bool lp_member_congested(struct lp_member *member);
/* IP bytes that TCP should not exceed in one packet so that no frame needs fragments. */
uint16_t lp_member_unfragmented_mtu(const struct lp_member *member);
/* A gateway: whether its interface carries no frames; to be called again and again. What the relay does not know yet it
   is told at once, with `stats`. */
void lp_member_set_lan_down(struct lp_member *member, bool down);
/* Counts frames that the owner dropped. */
void lp_member_count_drops(struct lp_member *member, enum lp_drop drop, uint64_t n);

void lp_member_view(struct lp_member *member, struct lp_member_view *ret_view);
/* Calls |fn| for every peer in the room that is known. */
void lp_member_each_peer(
	const struct lp_member *member, void (*fn)(void *ctx, const struct lp_peer_event *peer), void *ctx);

#endif
