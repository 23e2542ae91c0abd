/* The client: a TAP on the player's computer, and a member of a room behind it.

   Frames that the system sends by the TAP go to the room if their source is the client's own MAC; others are dropped,
   so that a bridge or a virtual machine on the player's computer does not reach the LAN. Frames from the room go to the
   TAP. The TAP comes up at the first join and stays up while the connection is lost, so that the system keeps its
   address and its connections. */
#ifndef LP_CLIENT_CLIENT_H
#define LP_CLIENT_CLIENT_H

#include <stdbool.h>

#include "hostconf/hostconf.h"
#include "member/member.h"

struct lp_client;
struct lp_client_guard;
struct lp_failure;
struct lp_frame;
struct lp_log;
struct lp_loop;

/* All pointers are borrowed until the guard is freed. */
struct lp_client_guard_config {
	const char *device;    /* the TAP's name */
	const char *device_id; /* lp_tap_id() */
	const struct lp_log *log;
	bool inbound; /* the LAN may reach programs of this computer */
};

/* What a system needs beyond a TAP: routes and interfaces that the client changes on the computer and restores at the
   end. Windows has it (client/windows/guard.h), on other systems the TAP module does all that is needed. */
struct lp_client_guard_ops {
	/* Restores what an earlier client left behind, as noted in the file at |journal_path| (borrowed). */
	int (*new_guard)(const char *journal_path, const struct lp_log *log, struct lp_failure *failure,
		struct lp_client_guard **ret_guard);
	/* Restores everything. NULL is fine. */
	void (*free_guard)(struct lp_client_guard *guard);
	/* The MAC setting of an adapter of the system is about to change from |before| to |after|. 0, or it must not be
	   changed. */
	int (*note_mac)(struct lp_client_guard *guard, const char *device_id, const char *before, const char *after,
		struct lp_failure *failure);
	/* The TAP is open. */
	int (*start)(struct lp_client_guard *guard, struct lp_loop *loop, const struct lp_client_guard_config *config,
		struct lp_failure *failure);
	/* True if the TAP has an address that a DHCP server gave it. */
	bool (*has_lease)(struct lp_client_guard *guard);
	/* Restores everything now. The guard changes nothing afterwards. */
	void (*undo)(struct lp_client_guard *guard);
	/* The session is over and the TAP is still up: restores what can't be restored afterwards. */
	void (*leave)(struct lp_client_guard *guard);
	/* The tunnel uses, or is about to use, this address: keeps its route off the TAP. */
	void (*hold_route)(struct lp_client_guard *guard, const struct lp_addr *remote);
	/* Configures the TAP, before it comes up and after it was away. */
	void (*set_adapter)(struct lp_client_guard *guard, uint32_t mtu);
	/* The TAP is up, and the LAN is or is not reachable through the room; called at every change. True if the TAP
	   has no address of that LAN's and the system has to ask for one again: lp_tap_replug(). */
	bool (*follow_lan)(struct lp_client_guard *guard, bool lan);
	/* The system sent these frames by the TAP. */
	void (*saw)(struct lp_client_guard *guard, const struct lp_frame *frames, size_t n_frames);
};

struct lp_client_config {
	struct lp_member_config member; /* the client sets role, mac, device, events and ctx */
	const char *tap_name;
	struct lp_mac mac;
	bool mac_forced;           /* false: if the adapter's MAC can't be set, the client uses the adapter's */
	bool offload;              /* super-frames over the TAP */
	unsigned stations;         /* MACs that may send by the TAP, |mac| included; 0 counts as 1 */
	bool broadcast_routes;     /* Linux: broadcasts and multicast leave by the TAP */
	struct lp_hostconf accept; /* what this computer accepts from the LAN besides an address */
	bool dhcp;                 /* Linux: ask the LAN for an address */
	struct lp_addr address;    /* Linux: a fixed address of the TAP; family 0: none */
	uint8_t prefix_bits;       /* of |address| */
	bool clamp_mss;
	bool new_room; /* not that of the last session: a DHCP lease of that room's LAN is of no use */
	bool inbound;  /* for the guard: the LAN may reach programs of this computer */
	const struct lp_client_guard_ops *guard_ops; /* NULL: none */
	const char *journal_path;                    /* of the guard; borrowed until lp_client_free() */
	/* The TAP is open, and nothing was sent yet. May be NULL. */
	void (*opened)(void *ctx);
	/* The relay admitted the client, and the TAP is up. */
	void (*joined)(void *ctx, const struct lp_welcome *welcome);
	/* A gateway is in the room. May be NULL. */
	void (*gateway)(void *ctx, const struct lp_peer_event *gateway);
	/* The status changed. May be NULL. */
	void (*changed)(void *ctx);
	/* The last event: |failure| is the reason, NULL after lp_client_stop(). */
	void (*ended)(void *ctx, const struct lp_failure *failure);
	void *ctx;
};

/* Opens the TAP (down) and starts to connect. 0 or an LP_E*; |failure| is set. */
int lp_client_new(struct lp_loop *loop, const struct lp_client_config *config, struct lp_failure *failure,
	struct lp_client **ret_client);
/* Removes the TAP. NULL is fine. */
void lp_client_free(struct lp_client *client);
/* Releases the address that the LAN gave (Windows), then sends a goodbye; `ended` follows with NULL. |hurry|: the
   system ends the program in a few seconds, so what was changed on this computer is restored first. */
void lp_client_stop(struct lp_client *client, bool hurry);
struct lp_member *lp_client_member(struct lp_client *client);
/* The MAC that the room knows. */
const struct lp_mac *lp_client_mac(const struct lp_client *client);
/* True if a station of the LAN has sent a frame to this client since the LAN was last out of reach. */
bool lp_client_lan_answered(const struct lp_client *client);
const char *lp_client_tap_name(const struct lp_client *client);
/* The system's name of the TAP: lp_tap_id(). */
const char *lp_client_tap_id(const struct lp_client *client);

#endif
