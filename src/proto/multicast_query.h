/* General membership queries, by which a host reports all its multicast groups again: IGMPv3 (RFC 3376 §4.1) and MLDv2
   (RFC 3810 §5.1), as a snooping switch sends them that is not a router. The IPv4 source is 0.0.0.0 (RFC 4541 §2.1.1),
   so that the query does not take part in the election of a querier. MLD requires a link-local source. */
#ifndef LP_PROTO_MULTICAST_QUERY_H
#define LP_PROTO_MULTICAST_QUERY_H

#include <stddef.h>
#include <stdint.h>

/* RFC 3376 §8.2, RFC 3810 §9.2. */
#define LP_MULTICAST_QUERY_S 125U
#define LP_MULTICAST_QUERY_MAX 90U

/* Writes an Ethernet frame with a query; returns its length. The host answers within a second. */
size_t lp_multicast_query_igmp(uint8_t frame[LP_MULTICAST_QUERY_MAX]);
size_t lp_multicast_query_mld(uint8_t frame[LP_MULTICAST_QUERY_MAX]);

#endif
