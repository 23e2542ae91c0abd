/* The relay: one UDP port, all rooms. Joins quic/ to room/ and owns every connection. */
#ifndef LP_RELAY_RELAY_H
#define LP_RELAY_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "ctrl/message.h"
#include "filter/limit.h"
#include "obs/framelog.h"

struct lp_connection;
struct lp_failure;
struct lp_log;
struct lp_loop;
struct lp_relay;
struct lp_tls;

struct lp_relay_config {
	struct lp_addr listen;
	size_t max_rooms, max_peers, max_peers_per_room;
	size_t max_conns_per_source;      /* 0: no limit */
	size_t max_handshakes;            /* half-open ones beyond this get a Retry first */
	size_t max_handshakes_per_source; /* half-open ones of one address beyond this are ignored */
	size_t max_macs_per_gateway;
	uint16_t room_mtu;         /* IP bytes */
	uint64_t hello_timeout_ns; /* a member that says nothing for so long is closed */
	uint64_t stats_interval_ns;
	uint64_t idle_timeout_ns;
	size_t queue_max_bytes;   /* of the egress queue of each member */
	size_t pool_max_bytes;    /* of all egress queues together */
	uint32_t malformed_limit; /* malformed DATAGRAMs of a member before it is closed */
	struct lp_rate joins;     /* newcomers of each room; per_s 0: no limit */
	uint32_t filters;         /* bit set of enum lp_filter */
	uint8_t secret[32];       /* signs Retry and stateless-reset tokens */
	struct lp_limits limits;
	struct lp_framelog_config framelog;
};

/* What the relay counts as a whole; the endpoint and the members have counters of their own. */
struct lp_relay_counters {
	uint64_t connections;          /* handshakes that were completed */
	uint64_t joins;                /* members that were admitted */
	uint64_t rejects;              /* members that were not */
	uint64_t frames, bytes;        /* whole frames that came in */
	uint64_t targets;              /* and to how many members they went in all */
	uint64_t drops[LP_DROP_COUNT]; /* of those that came in, by reason, and of the links that are gone */
};

/* The defaults of every field but |listen|. */
void lp_relay_config_init(struct lp_relay_config *config);

/* Opens the port and serves from then on. |tls| and |log| are borrowed until lp_relay_free(). */
int lp_relay_new(struct lp_loop *loop, const struct lp_relay_config *config, struct lp_tls *tls,
	const struct lp_log *log, struct lp_failure *failure, struct lp_relay **ret_relay);
/* Tells every member that the relay ends (|reason|: shutdown or restarting), closes all connections, and calls
   |done| when the last is gone. */
void lp_relay_drain(struct lp_relay *relay, enum lp_reason reason, void (*done)(void *ctx), void *ctx);
void lp_relay_free(struct lp_relay *relay);
/* Where it listens. */
void lp_relay_local(const struct lp_relay *relay, struct lp_addr *ret_addr);
/* All drops since the start by reason: frames that the rooms refused, and what the links of all members dropped, of
   those who left as well. */
void lp_relay_drops(const struct lp_relay *relay, uint64_t ret_drops[LP_DROP_COUNT]);

#endif
