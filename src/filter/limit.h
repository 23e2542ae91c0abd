/* What a member may send in a second: token buckets by class of frame. Pure. */
#ifndef LP_FILTER_LIMIT_H
#define LP_FILTER_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/message.h"
#include "obs/drop.h"

/* X(name, wire name, unit, drop, client: per second and burst, gateway: per second and burst, what is in the class).
   A rate of 0 means no limit. docs/limits.md says why the figures are what they are. */
#define LP_LIMITS(X) \
	X(RESERVE, "reserve", "frames", LIMIT_BROADCAST, 200, 400, 2000, 4000, \
		"group frames that a network cannot work without: ARP, DHCP, neighbour discovery, IGMP and MLD") \
	X(BROADCAST, "broadcast", "frames", LIMIT_BROADCAST, 500, 1000, 2000, 4000, \
		"all other group frames: game discovery, game traffic, what nobody knows") \
	X(CHATTER, "chatter", "frames", LIMIT_BROADCAST, 100, 200, 500, 1000, \
		"group frames of operating systems: mDNS, SSDP, LLMNR, NetBIOS, WS-Discovery") \
	X(UNKNOWN, "unknown", "frames", LIMIT_UNKNOWN, 1000, 2000, 0, 0, \
		"frames to a station that the room has not heard of") \
	X(TOTAL, "total", "kbit", LIMIT_TOTAL, 0, 0, 0, 0, "everything that the member sends but the reserve")

enum lp_limit {
#define X(name, wire, unit, drop, client_rate, client_burst, gateway_rate, gateway_burst, text) LP_LIMIT_##name,
	LP_LIMITS(X)
#undef X
		LP_LIMIT_COUNT,
};

/* One limit, in its unit. */
struct lp_rate {
	uint32_t per_s; /* 0: no limit */
	uint32_t burst; /* 0: what one second brings */
};

struct lp_limits {
	struct lp_rate client[LP_LIMIT_COUNT], gateway[LP_LIMIT_COUNT];
};

/* The default figures. */
void lp_limits_init(struct lp_limits *limits);

/* A row of the table above, for options, help and documents. */
struct lp_limit_row {
	const char *wire; /* its name */
	const char *unit; /* "frames" or "kbit" */
	enum lp_drop drop;
	struct lp_rate client, gateway; /* defaults */
	const char *text;
};

const struct lp_limit_row *lp_limit_row(enum lp_limit limit);

/* The total's burst is never less than this many bytes. */
#define LP_LIMIT_TOTAL_BURST_MIN 65536U

/* A token bucket. Its arithmetic is exact: credit is counted in billionths of a token. */
struct lp_bucket {
	uint64_t credit;  /* billionths of a token */
	uint64_t at_ns;   /* when the credit was right */
	uint64_t full;    /* the most credit */
	uint64_t fill_ns; /* after so long an empty bucket is full */
	uint64_t per_s;   /* tokens that come in a second; 0: the bucket never refuses */
};

/* A full bucket of |burst| tokens (more than 2^34 count as so many); |per_s| 0: it never refuses. */
void lp_bucket_init(struct lp_bucket *bucket, uint64_t per_s, uint64_t burst, uint64_t now_ns);
/* Takes |tokens|. False, and nothing is taken, if there are not enough. A clock that went back adds nothing. */
bool lp_bucket_take(struct lp_bucket *bucket, uint32_t tokens, uint64_t now_ns);

/* The buckets of one member. */
struct lp_meter {
	struct lp_bucket bucket[LP_LIMIT_COUNT];
};

void lp_meter_init(struct lp_meter *meter, const struct lp_limits *limits, enum lp_role role, uint64_t now_ns);
/* Counts a frame of |len| bytes in the class |limit| and in the total (LP_LIMIT_TOTAL: in that alone).
   LP_DROP_NONE, or the reason to drop it. */
enum lp_drop lp_meter_take(struct lp_meter *meter, enum lp_limit limit, size_t len, uint64_t now_ns);
/* Frames per second that the three classes of group frames let through together; 0: no limit. */
uint32_t lp_limits_group_pps(const struct lp_limits *limits, enum lp_role role);

#endif
