/* Classifies a received frame for coalescing: its flow, and whether it may join others. Internal to proto/coalesce. */
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
	LP_COALESCE_LONE,   /* not of a flow that can be coalesced */
	LP_COALESCE_UNSURE, /* an IP packet whose flow is unknown: it may be any */
	LP_COALESCE_ENDS,   /* of a flow, but can't join: later frames must not overtake it */
	LP_COALESCE_JOINS,  /* may join another, and others may join it unless |closes| */
};

struct lp_coalesce_key {
	enum lp_coalesce_kind kind;
	bool v6, udp;
	bool closes;          /* no frame may follow in the super-frame: PSH or FIN */
	uint32_t l3, l4;      /* where the IP header and the TCP or UDP header begin */
	uint32_t payload;     /* where the payload begins */
	uint32_t payload_len; /* to the end of the frame, without padding */
	uint64_t hash;        /* of addresses and ports: equal for equal flows */
};

/* Parses a frame's headers, without checksums. All fields but |kind| are valid only for ENDS and JOINS. */
void lp_coalesce_key_read(const uint8_t *frame, size_t len, struct lp_coalesce_key *ret_key);
/* True if the checksums (IPv4 header, TCP or UDP) of a frame that JOINS are right. In any case the payload is copied to
   |to|, unless |to| is NULL. */
bool lp_coalesce_key_verify(const uint8_t *frame, const struct lp_coalesce_key *key, uint8_t *to);

#endif
