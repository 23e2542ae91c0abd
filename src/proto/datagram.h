/* The overlay header: the start of each QUIC DATAGRAM (docs/protocol.md). Version 1:
     byte 0: version (high 4 bits, 1) and kind (low 4 bits); byte 1: flags, 0; bytes 2–3: source peer id.
     kind 0: an Ethernet frame follows. kind 1: u16 frame id, u8 index, u8 count, then a fragment of a frame follows. */
#ifndef LP_PROTO_DATAGRAM_H
#define LP_PROTO_DATAGRAM_H

#include <stddef.h>
#include <stdint.h>

#define LP_DATAGRAM_HEADER 4U
#define LP_DATAGRAM_FRAGMENT_HEADER 8U
#define LP_FRAGMENTS_MAX 4U

enum lp_datagram_kind {
	LP_DATAGRAM_FRAME = 0,
	LP_DATAGRAM_FRAGMENT = 1,
};

struct lp_datagram {
	enum lp_datagram_kind kind;
	uint16_t source;        /* peer id; members send 0, the relay sets it */
	uint16_t frame_id;      /* fragments only */
	uint8_t index, count;   /* fragments only: index < count, 2 ≤ count ≤ LP_FRAGMENTS_MAX */
	const uint8_t *payload; /* in the datagram that was parsed */
	size_t payload_len;
};

/* Writes the header of |datagram|; returns its length. */
size_t lp_datagram_write_header(const struct lp_datagram *datagram, uint8_t header[LP_DATAGRAM_FRAGMENT_HEADER]);
/* Parses a datagram. 0, or LP_EMALFORMED: too short, another version, an unknown kind, non-zero flags, an invalid index
   or count, or no payload. */
int lp_datagram_read(const uint8_t *data, size_t len, struct lp_datagram *ret_datagram);

#endif
