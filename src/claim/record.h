/* What the store keeps under a key of the claim protocol (claim.h): one record, big-endian.

   version (1) | kind (1) | relay id (8) | length (1) | place: where members reach that relay */
#ifndef LP_CLAIM_RECORD_H
#define LP_CLAIM_RECORD_H

#include <stddef.h>
#include <stdint.h>

#define LP_CLAIM_PLACE_MAX 200
#define LP_CLAIM_RECORD_MAX (11 + LP_CLAIM_PLACE_MAX)

enum lp_claim_kind {
	LP_CLAIM_OWNED = 1, /* a room: the relay that owns it */
	LP_CLAIM_FREE = 2,  /* a room: it has no owner */
	LP_CLAIM_ALIVE = 3, /* a relay that renews its session */
	LP_CLAIM_DEAD = 4,  /* a relay whose session has ended; final */
};

struct lp_claim_record {
	enum lp_claim_kind kind;
	uint64_t relay; /* of LP_CLAIM_FREE: the last owner */
	uint8_t place[LP_CLAIM_PLACE_MAX];
	size_t place_len;
};

/* Returns the number of bytes written. The record is valid: its place has at most LP_CLAIM_PLACE_MAX bytes. */
size_t lp_claim_record_write(const struct lp_claim_record *record, uint8_t ret_data[LP_CLAIM_RECORD_MAX]);
/* 0, LP_EMALFORMED, or LP_EUNSUPPORTED: a later version or an unknown kind. */
int lp_claim_record_read(const uint8_t *data, size_t len, struct lp_claim_record *ret_record);

#endif
