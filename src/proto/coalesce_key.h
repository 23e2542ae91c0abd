/* What a received frame is to the coalescer: whether it may join others, and its flow. Internal to proto/coalesce. */
#ifndef LP_PROTO_COALESCE_KEY_H
#define LP_PROTO_COALESCE_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LP_TCP_FIN 0x01U
#define LP_TCP_SYN 0x02U
#define LP_TCP_RST 0x04U
#define LP_TCP_PSH 0x08U
#define LP_TCP_URG 0x20U
#define LP_TCP_CWR 0x80U

enum lp_coalesce_kind {
	LP_COALESCE_LONE,   /* of no flow that could be joined */
	LP_COALESCE_UNSURE, /* an IP packet whose flow cannot be told: it may be any */
	LP_COALESCE_ENDS,   /* of a flow, but on its own: what comes after may not pass it */
	LP_COALESCE_JOINS,  /* may join, or be joined unless |closes| */
};

struct lp_coalesce_key {
	enum lp_coalesce_kind kind;
	bool v6, udp;
	bool closes;          /* nothing may come behind it: PSH or FIN */
	uint32_t l3, l4;      /* where the IP header and the TCP or UDP header begin */
	uint32_t payload;     /* where the payload begins */
	uint32_t payload_len; /* to the end of the frame, there is no padding */
	uint64_t hash;        /* of addresses and ports: equal for equal flows */
};

/* Reads a frame's headers, without its checksums. All but |kind| is valid for ENDS and JOINS only. */
void lp_coalesce_key_read(const uint8_t *frame, size_t len, struct lp_coalesce_key *ret_key);
/* True if the IPv4 header's and the TCP or UDP checksum of a frame that JOINS are right. Its payload is copied to |to|
   on the way, whatever the answer, unless |to| is NULL. */
bool lp_coalesce_key_verify(const uint8_t *frame, const struct lp_coalesce_key *key, uint8_t *to);

#endif
