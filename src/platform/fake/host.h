/* A host's own state, for the files of platform/fake alone. */
#ifndef LP_PLATFORM_FAKE_HOST_H
#define LP_PLATFORM_FAKE_HOST_H

#include "base/list.h"
#include "base/udp_msg.h"
#include "platform/fake/dice.h"
#include "platform/fake/loop/schedule.h"
#include "platform/fake/world.h"

struct lp_fake_file;
struct lp_fake_routes;
struct lp_netwatch;
struct lp_port;
struct lp_udp;
struct transit;

#define LP_HOST_NAME_MAX 63
#define LP_HOST_MAPPINGS_MAX 16

/* One mapping of a NAT. */
struct lp_mapping {
	uint16_t inner_port, outer_port;
	uint8_t family;
	uint64_t used_ns; /* by the inside, last */
};

/* A line with the state that its rate and order need. */
struct lp_fake_line {
	struct lp_line config;
	uint64_t busy_until_ns; /* the rate: when the last byte in the queue will have left */
	uint64_t last_ns;       /* when the last datagram in order arrives */
};

struct lp_host {
	struct lp_host *next;
	struct lp_world *world;
	char name[LP_HOST_NAME_MAX + 1];
	struct lp_addr ip4, ip6; /* family 0: it has none; port 0 */
	struct lp_addr old_ip;   /* one that it had before and still has; family 0: none */
	struct lp_addr outer_ip; /* of its NAT; family 0: none */
	uint64_t nat_timeout_ns; /* 0: mappings live for ever */
	struct lp_mapping mappings[LP_HOST_MAPPINGS_MAX];
	size_t n_mappings;
	struct lp_fake_line up, down;
	size_t mtu_bytes;
	bool offline;
	uint64_t paused_until_ns;
	uint16_t next_port;       /* the next ephemeral one */
	uint16_t next_outer_port; /* the next one of its NAT */
	void (*seen)(void *ctx, const struct lp_addr *to, const uint8_t *data, size_t len);
	void *seen_ctx;
	struct lp_loop *loops;
	struct lp_udp *sockets;
	struct lp_port *ports;
	struct lp_fake_file *files;
	struct lp_fake_routes *routes; /* NULL: the host has none to ask about */
	struct lp_netwatch *netwatches;
};

/* A name that resolves. */
struct lp_fake_name {
	struct lp_fake_name *next;
	char name[256];
	struct lp_addr addr;
};

struct lp_world {
	uint64_t now_ns;
	int64_t unix_offset_s;
	struct lp_schedule schedule;
	struct lp_dice dice;
	struct lp_world_counters counters;
	struct lp_host *hosts;
	struct lp_fake_name *names;
	struct lp_node transits; /* datagrams on their way */
	uint64_t n_same_time;    /* events since time went on */
};

/* The current host. */
struct lp_host *lp_host_current(void);
/* Makes a host the current one (NULL: none); returns the one before it. */
struct lp_host *lp_host_switch(struct lp_host *host);
/* Lets the next event happen; false if there is none before |until_ns| or at it. */
bool lp_world_step(struct lp_world *world, uint64_t until_ns);
/* The host's address of a family; family 0 if there is none. */
const struct lp_addr *lp_host_ip(const struct lp_host *host, uint8_t family);

/* Puts one datagram on the host's line. Returns 0, or LP_ETOOBIG, LP_EUNREACH as the system would. */
int lp_net_send(struct lp_host *host, const struct lp_addr *local, const struct lp_addr *remote, uint8_t ecn,
	const uint8_t *data, size_t len);
/* Forgets every datagram that is on its way. */
void lp_net_clear(struct lp_world *world);
/* A datagram arrived at the host: into the socket that has the port. False if there is none or it is full. */
bool lp_udp_arrive(struct lp_host *host, const struct lp_addr *local, const struct lp_addr *remote, uint8_t ecn,
	const uint8_t *data, size_t len);
/* The host's addresses changed. */
void lp_netwatch_changed(struct lp_host *host);
/* Free what hosts keep for the next program: files, ports. */
void lp_fake_files_free(struct lp_host *host);
void lp_fake_ports_free(struct lp_host *host);
void lp_fake_routes_free(struct lp_host *host);
/* Counts a call that a test may let fail (lp_host_fail_calls()). 0, or what it is to fail with. */
int lp_fake_fault(struct lp_host *host);

#endif
