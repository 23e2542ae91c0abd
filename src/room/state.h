/* The structs behind room.h. Internal to room/. */
#ifndef LP_ROOM_STATE_H
#define LP_ROOM_STATE_H

#include "base/list.h"
#include "filter/addresses.h"
#include "filter/filter.h"
#include "filter/limit.h"
#include "proto/mac_table.h"
#include "proto/stations.h"
#include "room/multicast.h"
#include "room/output.h"
#include "room/room.h"
#include "room/token.h"
#include "room/transit.h"

/* What packets of peer links need to know of a member. */
struct lp_peer_link {
	bool on; /* it has a prefix */
	uint8_t prefix[LP_LINK_PREFIX_BYTES];
	struct lp_addr address; /* family 0: none, or another member has it */
	struct lp_peer *same_prefix_hash, *same_address_hash;
	struct lp_transit_counters counters;
};

/* The members that have peer links, as hash tables. */
struct lp_transit {
	struct lp_peer **by_prefix, **by_address;
	size_t n_chains; /* of each, a power of two */
	size_t n_members;
	uint64_t n_passed, n_bytes, n_foreign, n_limited;
};

struct lp_peer {
	struct lp_room *room;
	size_t index; /* in the room's array */
	void *user;   /* the relay's connection */
	uint64_t key; /* lp_mac_key() of |mac| */
	uint16_t id;
	enum lp_role role;
	struct lp_mac mac;
	char name[LP_NAME_MAX + 1];
	uint8_t token[LP_TOKEN_BYTES];    /* resume token; a secret */
	uint8_t public_key[LP_KEY_BYTES]; /* its SHA-256 */
	bool has_public_key;
	bool by_key;                 /* resumed by the public key alone */
	unsigned max_stations;       /* client: MACs that it may send from, |mac| included */
	struct lp_stations stations; /* the others; in the room's table they are permanent entries */
	struct lp_meter meter;
	uint64_t source_hash; /* of the source that it joined from */
	struct lp_multicast_member multicast;
	struct lp_address_owner addresses; /* a client's */
	bool proxy;                        /* may reply for addresses of others */
	uint64_t theft_event_ns;           /* when the next event about its claims may be sent */
	uint64_t malformed_since_ns;       /* start of the window */
	uint32_t malformed;                /* in the window */
	uint64_t drops[LP_DROP_COUNT];
	struct lp_peer_link link;
};

struct lp_room {
	struct lp_rooms *rooms;
	struct lp_node node;       /* in the list of all rooms; of those without a gateway, the newest first */
	struct lp_node plain_node; /* in the totals' list, if |by_key| is not set */
	struct lp_room *same_hash; /* chain of the table of codes */
	char code[LP_ROOM_CODE_MAX + 1];
	uint64_t source;               /* where the member that opened it came from */
	bool by_key;                   /* it was opened by an invite */
	uint8_t probe[LP_PROBE_BYTES]; /* nonce of its gateway's loop probes, random */
	struct lp_bucket joins;        /* new members and changed names: each is a message to all others */
	uint16_t mtu;                  /* fixed while the room exists */
	uint16_t last_id;              /* the last peer id that was assigned */
	struct lp_peer **peers;        /* in no particular order */
	size_t n_peers, size_peers;
	struct lp_peer *gateway;  /* NULL: none */
	uint64_t overflow_ns;     /* when the next event about a full table may be sent */
	uint64_t n_evicted;       /* of |macs|, as of the last of these events */
	struct lp_mac_table macs; /* clients, what is behind them, and gateway (permanent), the gateway's LAN (ages) */
	struct lp_multicast multicast;
	struct lp_addresses addresses;
	struct lp_output_buckets output;
	uint64_t output_event_ns; /* when the next event about a limit on output may be sent */
};

/* True for a computer behind a client. */
static inline bool lp_room_is_station(const struct lp_mac_entry *entry)
{
	const struct lp_peer *owner = entry->owner;
	return owner->role == LP_ROLE_CLIENT && entry->key != owner->key;
}

/* Removes a computer behind |client|. */
void lp_room_forget_station(struct lp_peer *client, uint64_t key);

struct lp_rooms {
	struct lp_rooms_config config;
	struct lp_meter_limits meter_limits[2]; /* of clients, of the gateway */
	struct lp_ratelimit joins, source_joins;
	struct lp_filters filters;
	struct lp_node list;      /* all rooms */
	struct lp_room **by_code; /* hash chains */
	size_t n_chains;          /* a power of two */
	size_t n_rooms, n_peers;
	struct lp_rooms_totals *totals; /* those of the configuration, or |own_totals| */
	struct lp_rooms_totals own_totals;
	uint64_t joins_limited;
	struct lp_peer **targets; /* of the last verdict; max_peers_per_room of them */
	struct lp_transit transit;
	struct lp_output_limits output;
};

/* Tables for config.max_peers members. 0 or LP_ENOMEM. */
int lp_transit_init(struct lp_rooms *rooms);
void lp_transit_done(struct lp_rooms *rooms);
/* Gives the member a prefix, if it has none, and the address. */
void lp_transit_add(struct lp_peer *peer, const struct lp_addr *address);
/* Ends its prefix: nothing is passed on from it or to it any more. */
void lp_transit_remove(struct lp_peer *peer);

#endif
