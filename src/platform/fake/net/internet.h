/* The simulated internet: each datagram goes up one host's line and down another's. */
#ifndef LP_PLATFORM_FAKE_NET_INTERNET_H
#define LP_PLATFORM_FAKE_NET_INTERNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "platform/fake/world.h"

struct lp_host;

#define LP_HOST_MAPPINGS_MAX 16
#define LP_MAPPING_REMOTES_MAX 16

/* One mapping of a NAT. */
struct lp_mapping {
	uint16_t inner_port, outer_port;
	uint8_t family;
	uint64_t used_ns;                               /* last use from the inside */
	struct lp_addr remotes[LP_MAPPING_REMOTES_MAX]; /* that the host has sent to, the last ones */
	size_t n_remotes;
};

/* A line with the state that its rate and its order need. */
struct lp_fake_line {
	struct lp_line config;
	unsigned n_to_lose;              /* rest of the run of losses in progress */
	uint64_t late_ns, late_until_ns; /* the jitter now, and until when */
	uint64_t busy_until_ns;          /* the last queued byte has left by then */
	uint64_t last_ns;                /* arrival of the last datagram that keeps the order */
};

/* A host's connection to the internet. */
struct lp_host_net {
	struct lp_addr ip4, ip6; /* port 0; family 0: none */
	struct lp_addr old_ip;   /* a previous address that is still usable; family 0: none */
	struct lp_addr outer_ip; /* of its NAT; family 0: none */
	uint64_t nat_timeout_ns; /* 0: mappings never expire */
	enum lp_nat_kind nat_mapping, nat_filter;
	bool nat_no_hairpin, nat_lan; /* as in lp_host_set_nat_inside() */
	struct lp_addr blocked;       /* family 0: none */
	struct lp_mapping mappings[LP_HOST_MAPPINGS_MAX];
	size_t n_mappings;
	struct lp_fake_line up, down;
	size_t mtu_bytes;
	bool offline;
	uint16_t next_port;       /* the next ephemeral port */
	uint16_t next_outer_port; /* the next port of its NAT */
	/* Sees each datagram that leaves; NULL: not wanted. */
	void (*seen)(void *ctx, const struct lp_addr *to, const uint8_t *data, size_t len);
	void *seen_ctx;
	/* Takes a datagram that arrived; NULL: no socket was ever open. False: no socket has the port, or it is full.
	 */
	bool (*deliver)(struct lp_host *host, const struct lp_addr *local, const struct lp_addr *remote, uint8_t ecn,
		const uint8_t *data, size_t len);
};

/* The address of a family; family 0 if there is none. */
static inline struct lp_addr lp_host_net_ip(const struct lp_host_net *net, uint8_t family)
{
	return family == 4 ? net->ip4 : family == 6 ? net->ip6 : (struct lp_addr){0};
}

/* Puts a datagram on the host's line. 0, or the system's error: LP_ETOOBIG, LP_EUNREACH. */
int lp_net_send(struct lp_host *host, const struct lp_addr *local, const struct lp_addr *remote, uint8_t ecn,
	const uint8_t *data, size_t len);
/* Drops every datagram in transit. */
void lp_net_clear(struct lp_world *world);

#endif
