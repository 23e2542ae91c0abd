/* QUIC packets in a byte stream: each packet follows its length, two bytes in network byte order. */
#ifndef LP_CARRIER_TLS_FRAMING_H
#define LP_CARRIER_TLS_FRAMING_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define LP_FRAMING_HEADER 2
/* Bytes of the longest packet: with its length it fits one TLS record. */
#define LP_FRAMING_PACKET_MAX 16382

/* Writes a packet with its length to |out|. Returns the bytes written; 0: |max| is too small, or the packet is empty or
   too long. */
size_t lp_framing_write(uint8_t *out, size_t max, const uint8_t *packet, size_t len);
/* Finds up to |max_packets| complete packets at the beginning of |data|. Returns the bytes that they take; fewer than
   LP_FRAMING_HEADER + LP_FRAMING_PACKET_MAX bytes are left if |*ret_n| is below |max_packets|. LP_EMALFORMED: a length
   is 0 or above LP_FRAMING_PACKET_MAX. */
int lp_framing_read(const uint8_t *data, size_t len, struct lp_bytes *packets, size_t max_packets, size_t *ret_n);

#endif
