/* What is known about a running member, and what people see of it.

   Model. There is one struct, lp_status, and everything that presents a member reads it: the status line and the log
   (status.c), the live view on a terminal (live_view.c), the diagnostics in the log (snapshot.c) and GET /status
   (status_json.c). It has three parts with one writer each. The member writes the session, the path and the counters
   (lp_member_status()). The program writes the device, which the platform describes. This module derives the rest: the
   summary with its line of text, and what needs samples over time (latency, rates, losses).

   Invariants. lp_status_update() changes the line only if the situation changed, not with each attempt to reconnect and
   not with each second of a wait, so that every change is worth a line in the log. Texts from peers are escaped in what
   is printed, not in the struct.

   What it does not do: it measures nothing, reads no clock and prints nothing. It knows no operating system; commands
   that solve a problem with the device come from the platform, through the program (device_watch.h).

   How it is driven: lp_status_update() at each change of state, and once per second lp_device_watch_look(),
   lp_status_update() and lp_status_sample(), all by app/reporter.c. */
#ifndef LP_REPORT_STATUS_H
#define LP_REPORT_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/device.h"
#include "ctrl/message.h"
#include "obs/counters.h"
#include "report/latency.h"
#include "report/rates.h"

struct lp_log;

/* X(name, text): the states of a member, see member/member.h. */
#define LP_MEMBER_STATES(X) \
	X(RESOLVING, "resolving") \
	X(CONNECTING, "connecting") \
	X(JOINING, "joining") \
	X(JOINED, "joined") \
	X(WAITING, "waiting") \
	X(ENDED, "ended")

enum lp_member_state {
#define X(name, text) LP_MEMBER_##name,
	LP_MEMBER_STATES(X)
#undef X
};

/* X(name, text): the situation in two or three words. */
#define LP_SUMMARIES(X) \
	X(CONNECTING, "connecting")                   /* for the first time */ \
	X(WAITING_FOR_GATEWAY, "waiting for gateway") /* joined, no gateway was seen yet */ \
	X(NO_ADDRESS, "no address")                   /* the LAN is reachable, our device has no address */ \
	X(NO_ANSWER, "no answer")                     /* it has one, and nothing on the LAN has sent to it yet */ \
	X(ON_LAN, "on the LAN") \
	X(GATEWAY_GONE, "gateway gone")     /* joined, there was a gateway */ \
	X(RECONNECTING, "reconnecting")     /* the connection was lost; first attempt */ \
	X(UNREACHABLE, "relay unreachable") /* attempts have failed */ \
	X(NO_LAN, "no LAN")                 /* our device or the gateway's carries no frames */ \
	X(SLOT_HELD, "place held")          /* the relay still holds our membership of an earlier run */ \
	X(ENDED, "ended")

enum lp_summary {
#define X(name, text) LP_SUMMARY_##name,
	LP_SUMMARIES(X)
#undef X
		LP_SUMMARY_COUNT,
};

/* X(name, text): why our device carries no frames. */
#define LP_DEVICE_TROUBLES(X) \
	X(NONE, "") \
	X(GONE, "is gone") \
	X(DISABLED, "is down") \
	X(NO_LINK, "has no link")

enum lp_device_trouble {
#define X(name, text) LP_DEVICE_TROUBLE_##name,
	LP_DEVICE_TROUBLES(X)
#undef X
};

#define LP_STATUS_TEXT_MAX 640
/* Members of the room in the status; more are only counted. */
#define LP_STATUS_MEMBERS_MAX 64

/* Another member of the room. */
struct lp_status_member {
	enum lp_role role;
	char name[LP_NAME_MAX + 1]; /* or empty */
	struct lp_mac mac;
	char route[16];  /* by which its frames come: "relay"; with a peer link "forwarded" or "direct" */
	uint64_t rtt_us; /* round trip to it: of the link, or as estimated by lp_latency_gateway_us(); 0: unknown */
	/* On the peer link to it; 0 without one. */
	uint64_t packets_lost;        /* of ours */
	uint64_t bytes_in, bytes_out; /* of frames */
};

struct lp_status {
	/* Fixed, from the options. */
	enum lp_role role;
	char relay[256]; /* "HOST:PORT" as the user wrote it */
	char room[LP_ROOM_CODE_MAX + 1];
	char device_name[256]; /* of the TAP or of the gateway's interface */
	struct lp_mac mac;     /* of the member */

	/* The session. */
	enum lp_member_state state;
	char reason[400];     /* WAITING, ENDED: why the last connection or attempt ended; or empty */
	uint64_t retry_ns;    /* WAITING: length of the wait */
	uint64_t retry_at_ns; /* WAITING: its end */
	bool slot_held;       /* the relay holds our membership of an earlier run; it will expire */
	uint64_t reconnects;
	unsigned mtu;              /* of the room; 0 unless joined */
	unsigned unfragmented_mtu; /* IP bytes that fit one DATAGRAM; 0 unless joined */
	uint64_t n_peers;          /* other members of the room */
	bool gateway_present;
	char gateway_name[LP_NAME_MAX + 1]; /* or empty */
	bool gateway_lan_down;              /* its interface carries no frames */
	bool gateway_lan_deaf;              /* it drops the LAN's frames for players; of a gateway: its own */
	char players[512];                  /* the names of the other clients, as "Bob, Carol"; or empty */
	struct lp_status_member members[LP_STATUS_MEMBERS_MAX];
	size_t n_members;

	/* The path to the relay. */
	struct lp_addr local, remote;
	char seen[LP_ADDR_TEXT_MAX]; /* |local| as the relay sees it; empty: unknown */
	uint64_t seen_changes;       /* times that |seen| changed while |local| did not */
	size_t unfragmented_mtu_up;  /* |unfragmented_mtu| towards the relay alone; 0 unless joined */
	bool over_tcp;               /* in a TLS stream */
	bool udp_blocked;            /* because UDP does not get through */
	uint64_t rtt_ns, min_rtt_ns; /* smoothed; shortest of the last second. 0: unknown */
	uint64_t packets_lost;       /* of ours, on this connection */
	uint64_t budget_bytes;       /* of a DATAGRAM */
	bool singly; /* packets are not sent in runs, because this system loses those (quic/run_doubt.h) */

	/* Counters. */
	struct lp_link_counters counters;    /* of our end of the tunnel, since the start */
	struct lp_bound_counters bounds;     /* limits that were reached */
	bool has_relay_stats;                /* there is a |relay_stats| on this connection */
	struct lp_stats_message relay_stats; /* the relay's last `stats` */
	uint64_t n_relay_stats;              /* on all connections */

	/* The device. */
	struct lp_device_state device;
	uint64_t lan_stations;       /* gateway: MACs that are known on the LAN */
	uint64_t lan_stations_max;   /* gateway: the most that it keeps */
	struct lp_addr dhcp_server;  /* gateway: of the last DHCP reply from the LAN; family 0: none yet */
	bool lan_answered;           /* client: a station of the LAN has sent a frame to us since it was reachable */
	char network_conflict[64];   /* another device in the same IPv4 network, or empty */
	char broadcast_conflict[64]; /* the device by which broadcasts leave instead, or empty */

	/* Derived: by lp_device_watch_look(), lp_status_update() and lp_status_sample(). */
	enum lp_device_trouble trouble;
	enum lp_summary summary;
	char text[LP_STATUS_TEXT_MAX]; /* the status line, safe to print; empty before the first update */
	struct lp_latency latency;     /* to the relay */
	struct lp_rates rates;
	struct lp_loss loss_up, loss_down; /* |loss_down| is unknown without |relay_stats| */

	/* What lp_status_update() and lp_status_sample() remember. */
	struct {
		enum lp_member_state state;
		char gateway_name[LP_NAME_MAX + 1];
		bool gateway_seen, ever_joined;
		unsigned n_waits; /* since the last join */
		unsigned n_alone; /* consecutive samples without another member in the room */
		uint64_t n_relay_stats;
	} history;
};

/* Sets what is fixed but |device_name| and |mac|; the rest is zero. */
void lp_status_init(struct lp_status *status, enum lp_role role, const char *relay, const char *room);
/* Derives summary and text. True if the text changed. */
bool lp_status_update(struct lp_status *status);
/* Derives latency, rates and losses; once per second. */
void lp_status_sample(struct lp_status *status, uint64_t now_ns);
/* All drops, at both ends of the tunnel. */
uint64_t lp_status_drops(const struct lp_status *status);
/* Logs the figures as the event `snapshot`. Drops of our frames at the relay follow "relay:". */
void lp_status_log(const struct lp_log *log, const struct lp_status *status);

const char *lp_member_state_text(enum lp_member_state state);
const char *lp_summary_text(enum lp_summary summary);
const char *lp_device_trouble_text(enum lp_device_trouble trouble);

#endif
