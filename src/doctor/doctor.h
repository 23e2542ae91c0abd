/* The doctor: finds the step at which a game's frames stop.

   Model. There is one row for each check, in the order in which a frame travels: from the relay's name through the path
   and the room to the LAN and back to the games on this computer. The programs measure facts (lp_doctor_facts), and
   this module judges them: each check is fine, a warning, a failure, or skipped, with one sentence of cause and one of
   cure. The same facts always give the same report.

   Invariants. A check whose facts are missing is skipped, not guessed. A check is skipped if an earlier failure
   explains it, so that a report has one failure for one fault.

   What it does not do: it measures nothing, and changes nothing. The probes are in app/doctor_probe.c (the relay) and
   app/doctor_lan.c (the LAN); a running program's status provides the rest. */
#ifndef LP_DOCTOR_DOCTOR_H
#define LP_DOCTOR_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mac.h"

struct lp_failure;
struct lp_text;

enum lp_doctor_program {
	LP_DOCTOR_OF_CLIENT = 1 << 0,
	LP_DOCTOR_OF_GATEWAY = 1 << 1,
	LP_DOCTOR_OF_RELAY = 1 << 2,
};

#define LP_DOCTOR_MEMBERS (LP_DOCTOR_OF_CLIENT | LP_DOCTOR_OF_GATEWAY)
#define LP_DOCTOR_ALL (LP_DOCTOR_MEMBERS | LP_DOCTOR_OF_RELAY)

/* X(name, wire, programs, title): the checks, in the order in which a frame travels. */
#define LP_DOCTOR_CHECKS(X) \
	X(RUNNING, "running", LP_DOCTOR_ALL, "the program") \
	X(INVITE, "invite", LP_DOCTOR_MEMBERS, "invite") \
	X(NAME, "name", LP_DOCTOR_ALL, "name of the relay") \
	X(CLOCK, "clock", LP_DOCTOR_ALL, "clock") \
	X(ROUTE, "route", LP_DOCTOR_MEMBERS, "route to the relay") \
	X(UDP, "udp", LP_DOCTOR_MEMBERS, "UDP to the relay") \
	X(NAT, "nat", LP_DOCTOR_MEMBERS, "address on the internet") \
	X(CERTIFICATE, "certificate", LP_DOCTOR_ALL, "certificate") \
	X(PATH_MTU, "path_mtu", LP_DOCTOR_MEMBERS, "packet size on the path") \
	X(PATH_MTU_IN, "path_mtu_in", LP_DOCTOR_MEMBERS, "packet size on the path back") \
	X(LOSS, "loss", LP_DOCTOR_MEMBERS, "loss and jitter") \
	X(LOAD, "load", LP_DOCTOR_MEMBERS, "round trip under load") \
	X(HANDSHAKES, "handshakes", LP_DOCTOR_OF_RELAY, "new connections") \
	X(OFFLOADS, "offloads", LP_DOCTOR_MEMBERS, "offloads of the network card") \
	X(BUFFERS, "buffers", LP_DOCTOR_ALL, "receive buffers") \
	X(ROOM, "room", LP_DOCTOR_MEMBERS, "membership of the room") \
	X(GATEWAY, "gateway", LP_DOCTOR_OF_CLIENT, "gateway") \
	X(LAN_LINK, "lan_link", LP_DOCTOR_MEMBERS, "link of the gateway to its LAN") \
	X(ADAPTER, "adapter", LP_DOCTOR_OF_CLIENT, "adapter of this computer") \
	X(DHCP, "dhcp", LP_DOCTOR_MEMBERS, "DHCP server of the LAN") \
	X(ADDRESS, "address", LP_DOCTOR_OF_CLIENT, "address on the LAN") \
	X(OVERLAP, "overlap", LP_DOCTOR_OF_CLIENT, "other networks of this computer") \
	X(DUPLICATE, "duplicate", LP_DOCTOR_OF_CLIENT, "duplicate address") \
	X(ANSWER, "answer", LP_DOCTOR_OF_CLIENT, "answers from the LAN") \
	X(BROADCAST, "broadcast", LP_DOCTOR_OF_CLIENT, "broadcasts of games") \
	X(MULTICAST, "multicast", LP_DOCTOR_OF_CLIENT, "multicasts of games") \
	X(FIREWALL, "firewall", LP_DOCTOR_ALL, "firewall of this computer") \
	X(TUNNEL_MTU, "tunnel_mtu", LP_DOCTOR_MEMBERS, "packet size through the tunnel")

enum lp_doctor_check {
#define X(name, wire, programs, title) LP_DOCTOR_##name,
	LP_DOCTOR_CHECKS(X)
#undef X
		LP_DOCTOR_CHECK_COUNT,
};

enum lp_doctor_verdict {
	LP_DOCTOR_SKIPPED, /* the facts are missing, or an earlier failure explains it */
	LP_DOCTOR_OK,
	LP_DOCTOR_WARNING,
	LP_DOCTOR_FAILURE,
};

/* A fact that may not have been measured. */
enum lp_fact {
	LP_FACT_UNKNOWN,
	LP_FACT_NO,
	LP_FACT_YES,
};

#define LP_DOCTOR_TEXT 400
#define LP_DOCTOR_SERVERS_MAX 4

/* A DHCP server that has replied. */
struct lp_doctor_server {
	struct lp_addr address;
	uint64_t after_us;
};

/* What was measured. Zero is unknown. */
struct lp_doctor_facts {
	enum lp_doctor_program program;
	enum lp_fact running;             /* a session of the program is there to query */
	char not_running[LP_DOCTOR_TEXT]; /* why it could not be queried */
	char relay[300];                  /* "HOST:PORT" */
	char room[64];
	char device[64]; /* the adapter, or the gateway's interface */

	/* Before the first packet. */
	enum lp_fact invite_good; /* the invite, or the options, name a relay and a room */
	char invite_reason[LP_DOCTOR_TEXT];
	enum lp_fact name_found;
	char name_reason[200];
	struct lp_addr remote; /* the address of the relay that was probed */
	int64_t now_unix_s, built_unix_s;
	char route_device[64]; /* by which packets leave to the relay; empty: no route or unknown */
	enum lp_fact routed, route_is_tunnel, route_is_own; /* by a tunnel device; by the party's own adapter */

	/* The connection to the relay, of the session or of the probe. */
	enum lp_fact replied;  /* by UDP: any packet of the relay that decrypts */
	enum lp_fact over_tcp; /* the session runs in a TLS stream */
	enum lp_fact trusted;  /* its certificate */
	char trust_reason[LP_DOCTOR_TEXT];
	struct lp_addr local, seen; /* the tunnel's address here, and as the relay sees it; family 0: unknown */
	uint64_t seen_changes;      /* of |seen|, while |local| was the same: a NAT has forgotten its mapping */
	enum lp_fact sends_singly;  /* packets that the system sends together are lost */
	unsigned mtu_up, mtu_down;  /* IP bytes of a frame that one packet carries, in each direction; 0: unknown */
	uint64_t handshake_us;
	unsigned path_payload; /* UDP payload bytes of the largest packet that passes; 0: unknown */
	uint64_t rtt_us, jitter_us, loaded_rtt_us;
	bool has_loss;
	uint32_t loss_up_ppm, loss_down_ppm;
	int64_t certificate_expires_unix_s; /* the relay's own; 0: unknown */

	/* The relay's counters. */
	uint64_t n_refused, n_connections, n_retries;
	uint64_t n_overflows; /* datagrams that the system dropped because the program was too slow */

	/* The session. */
	enum lp_fact joined;
	char join_reason[LP_DOCTOR_TEXT];
	enum lp_fact gateway_present, lan_up; /* |lan_up|: the gateway's interface has a link */
	unsigned room_mtu, unfragmented_mtu;

	/* The adapter and the LAN. */
	enum lp_fact adapter_up;
	char adapter_trouble[64];
	struct lp_addr address;
	char overlap[64], broadcast_astray[64]; /* devices */
	enum lp_fact conflicts_known;
	enum lp_fact lan_probed; /* the frames below could be sent */
	char lan_probe_reason[200];
	struct lp_doctor_server servers[LP_DOCTOR_SERVERS_MAX];
	size_t n_servers;
	struct lp_mac duplicate; /* the other station with our address; zero: none */
	uint64_t n_arp_replies, arp_after_us;
	uint64_t n_broadcasts_in;  /* from the LAN, during the probe */
	uint64_t n_broadcasts_out; /* of this computer, that the gateway has sent to its LAN so far; 0: none, or unknown
				    */
	char multicast_device[64]; /* by which multicasts leave; empty: unknown */
	enum lp_fact multicast_routed;
	enum lp_fact firewall_known, firewall_open;
	char firewall_reason[200];
};

struct lp_doctor_line {
	enum lp_doctor_verdict verdict;
	char cause[LP_DOCTOR_TEXT], cure[LP_DOCTOR_TEXT]; /* sentences; the cure may be empty */
};

struct lp_doctor_report {
	enum lp_doctor_program program;
	struct lp_doctor_line lines[LP_DOCTOR_CHECK_COUNT]; /* by enum lp_doctor_check */
};

/* Judges all facts. */
void lp_doctor_judge(const struct lp_doctor_facts *facts, struct lp_doctor_report *ret_report);
/* The worst verdict of the report. */
enum lp_doctor_verdict lp_doctor_worst(const struct lp_doctor_report *report);
/* True if the check exists for the program. */
bool lp_doctor_applies(enum lp_doctor_check check, enum lp_doctor_program program);
const char *lp_doctor_check_wire(enum lp_doctor_check check);
const char *lp_doctor_check_title(enum lp_doctor_check check);
const char *lp_doctor_verdict_wire(enum lp_doctor_verdict verdict);

/* Appends the report for people, one check per line and the cure below it. */
void lp_doctor_text(const struct lp_doctor_report *report, struct lp_text *text);
/* Appends the report as one JSON object. */
void lp_doctor_json(const struct lp_doctor_report *report, struct lp_text *json);
/* Appends |text| without what identifies people: the second half of public addresses and of MACs, and the words of
   |secrets|, |n_secrets| of them, such as the room code and the relay's name. */
void lp_doctor_redact(const char *input, const char *const *secrets, size_t n_secrets, struct lp_text *text);

#endif
