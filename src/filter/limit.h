/* Rate limits of a member's frames, by class. */
#ifndef LP_FILTER_LIMIT_H
#define LP_FILTER_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ratelimit.h"
#include "ctrl/message.h"
#include "obs/drop.h"

/* X(name, wire name, unit, drop reason, client: per second and burst, gateway: per second and burst, content of the
   class). A rate of 0 means no limit. docs/limits.md explains the numbers. */
#define LP_LIMITS(X) \
	X(RESERVE, "reserve", "frames", LIMIT_BROADCAST, 200, 400, 2000, 4000, \
		"group frames that a network needs to work: ARP, neighbour discovery, IGMP and MLD") \
	X(BROADCAST, "broadcast", "frames", LIMIT_BROADCAST, 500, 1000, 2000, 4000, \
		"all other group frames: game discovery, game traffic, unknown protocols") \
	X(CHATTER, "chatter", "frames", LIMIT_BROADCAST, 100, 200, 500, 1000, \
		"group frames of operating systems: mDNS, SSDP, LLMNR, NetBIOS, WS-Discovery") \
	X(DHCP, "dhcp", "frames", LIMIT_DHCP, 10, 30, 2000, 4000, \
		"DHCP and DHCPv6, from a client also to a single station") \
	X(UNKNOWN, "unknown", "frames", LIMIT_UNKNOWN, 1000, 2000, 0, 0, \
		"frames to a MAC that is not known in the room") \
	X(TOTAL, "total", "kbit", LIMIT_TOTAL, 0, 0, 0, 0, "all frames of the member, except the reserve and DHCP")

enum lp_limit {
#define X(name, wire, unit, drop, client_rate, client_burst, gateway_rate, gateway_burst, text) LP_LIMIT_##name,
	LP_LIMITS(X)
#undef X
		LP_LIMIT_COUNT,
};

struct lp_rate {
	uint32_t per_s; /* 0: no limit */
	uint32_t burst; /* 0: the tokens of one second */
};

struct lp_limits {
	struct lp_rate client[LP_LIMIT_COUNT], gateway[LP_LIMIT_COUNT];
};

/* Sets the defaults. */
void lp_limits_init(struct lp_limits *limits);

/* A row of the table above, for options, help and documents. */
struct lp_limit_row {
	const char *wire; /* name of the option */
	const char *unit; /* "frames" or "kbit" */
	enum lp_drop drop;
	struct lp_rate client, gateway; /* defaults */
	const char *text;
};

const struct lp_limit_row *lp_limit_row(enum lp_limit limit);

/* The smallest burst of the total, bytes. */
#define LP_LIMIT_TOTAL_BURST_MIN 65536U

/* The limits of a role, prepared for its meters. */
struct lp_meter_limits {
	struct lp_ratelimit of[LP_LIMIT_COUNT];
};

/* The buckets of one member. */
struct lp_meter {
	const struct lp_meter_limits *limits;
	struct lp_bucket bucket[LP_LIMIT_COUNT];
};

void lp_meter_limits_init(struct lp_meter_limits *meter_limits, const struct lp_limits *limits, enum lp_role role);
/* Starts with full buckets. |limits| is borrowed while the meter is in use. */
void lp_meter_init(struct lp_meter *meter, const struct lp_meter_limits *limits);
/* Takes tokens for a frame of |len| bytes from the class |limit| and from the total (LP_LIMIT_TOTAL: only from that).
   LP_DROP_NONE, or the drop reason. */
enum lp_drop lp_meter_take(struct lp_meter *meter, enum lp_limit limit, size_t len, uint64_t now_ns);
/* The sum of the rates of the three classes of group frames, frames per second; 0: no limit. */
uint32_t lp_limits_group_pps(const struct lp_limits *limits, enum lp_role role);

#endif
