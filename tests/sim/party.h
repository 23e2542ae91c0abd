/* A whole party in one process for the simulation: a relay, a gateway with a LAN, clients, and frames between them that
   show whether they arrived complete and once. */
#ifndef LP_TESTS_SIM_PARTY_H
#define LP_TESTS_SIM_PARTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/mac.h"
#include "ctrl/message.h"
#include "invite/keys.h"
#include "member/member.h"
#include "obs/event.h"
#include "obs/framelog.h"
#include "peer/mesh.h"
#include "platform/fake/dice.h"
#include "platform/fake/world.h"
#include "relay/relay.h"

struct lp_client;
struct lp_gateway;
struct lp_loop;
struct lp_port;
struct lp_tls;
struct party;

#define PARTY_MAX 24
/* Maximum number of frames per member in a test. */
#define PARTY_FRAMES_MAX 65536U
/* The shortest and the longest frame that a party sends. */
#define PARTY_FRAME_MIN 60U
#define PARTY_FRAME_MAX 1514U

/* Frames received from one sender. */
struct party_arrivals {
	uint8_t seen[PARTY_FRAMES_MAX / 8]; /* a bit for each frame */
	uint64_t n;
	uint64_t last_ns;    /* when the last one arrived */
	uint64_t latency_ns; /* latency of the last one */
};

/* A member: a client with its TAP, or a gateway with a LAN host behind it. */
struct party_member {
	struct party *party;
	unsigned index;
	enum lp_role role;
	char name[32], room[LP_ROOM_CODE_MAX + 1];
	char resume[65];
	const struct lp_invite *invite; /* NULL: a plain room */
	struct lp_tls *tls;             /* that shows the member's key; NULL: the party's, without a key */
	struct lp_tls *peer_tls;        /* the same for peer links */
	uint8_t peer_secret[LP_INVITE_KEY];
	uint8_t key[LP_MEMBER_KEY_BYTES];
	struct lp_mac mac; /* MAC of the sender and receiver at this end */
	enum lp_transport transport;
	struct lp_host *host;
	struct lp_loop *loop;
	struct lp_port *port;
	struct lp_client *client;   /* NULL: not running, or a gateway */
	struct lp_gateway *gateway; /* NULL: not running, or a client */
	unsigned n_joined;          /* number of joins; clients only */
	bool ended;                 /* without a request; |failure| has the reason (code 0: it was requested) */
	struct lp_failure failure;
	uint32_t n_sent, n_refused;             /* received frames; frames that the device refused */
	struct party_arrivals *from[PARTY_MAX]; /* by sender; NULL: none yet */
	void (*on_frame)(struct party_member *to, const struct party_member *from, uint32_t number,
		uint64_t latency_ns); /* may be NULL */
};

struct party {
	struct lp_world *world;
	struct lp_host *relay_host;
	struct lp_loop *relay_loop;
	struct lp_relay *relay; /* NULL: not running */
	struct lp_relay_config relay_config;
	struct lp_tls *server_tls, *client_tls;
	uint8_t relay_pin[LP_INVITE_PIN];
	struct lp_log log;
	enum lp_direct direct;              /* of members that start; initially off */
	enum lp_direct room_direct;         /* of gateways that start; initially all */
	bool new_room;                      /* gateways create the rooms of their invites */
	enum lp_transport transport;        /* of members that are added; initially UDP */
	struct lp_framelog_config framelog; /* for gateways that start; initially off */
	struct party_member *members[PARTY_MAX];
	unsigned n_members;
	bool drained;
	unsigned n_corrupt, n_twice, n_astray; /* forbidden frames: each is a failure */
};

/* Creates a world with a relay host (IPv4 and IPv6, name "relay.example"); the relay is not started. With PARTY_LOG in
   the environment every event is printed. */
struct party *party_new(uint64_t seed);
void party_free(struct party *party);
void party_start_relay(struct party *party);
/* Kills the relay's process without notifying the members. */
void party_kill_relay(struct party *party);
/* Stops the relay gracefully. */
void party_drain_relay(struct party *party, enum lp_reason reason);

/* Starts a member on its own host. */
struct party_member *party_add(struct party *party, enum lp_role role, const char *room);
/* The same with a key of its own and an invite, which is borrowed. */
struct party_member *party_invite(struct party *party, enum lp_role role, const struct lp_invite *invite);
void party_start(struct party_member *member);
void party_stop(struct party_member *member); /* ends gracefully, within a second */
void party_kill(struct party_member *member); /* kills its process */
/* Frees the members that have ended without a request. Returns how many. */
unsigned party_reap(struct party *party);
bool party_is_running(const struct party_member *member);
bool party_is_joined(const struct party_member *member);
struct lp_member *party_lp_member(struct party_member *member);

/* Puts a frame of |len| bytes into the member's device, for |to| (NULL: broadcast). Returns its number. |flow| selects
   the UDP port. */
uint32_t party_send(struct party_member *from, const struct party_member *to, size_t len, uint16_t flow);
/* True if the frame has arrived. */
bool party_arrived(const struct party_member *from, const struct party_member *to, uint32_t number);
uint64_t party_count(const struct party_member *from, const struct party_member *to);
/* Advances the virtual time. */
void party_run(struct party *party, uint64_t for_ns);
/* Runs until every running member is joined; false if that takes longer. */
bool party_run_until_joined(struct party *party, uint64_t timeout_ns);
/* Sends a frame from each member to each other and waits for all of them, repeatedly; false if no round is complete
   within |timeout_ns|. */
bool party_all_reach_all(struct party *party, uint64_t timeout_ns);
/* Compares every member's list of peers with the relay's. Prints a difference and returns false. */
bool party_pictures_agree(struct party *party);

#endif
