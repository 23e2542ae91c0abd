/* The PROXY protocol, version 2: a load balancer puts the client's address in front of the stream. Pure. */
#ifndef LP_CARRIER_TLS_PROXY_HEADER_H
#define LP_CARRIER_TLS_PROXY_HEADER_H

#include <stddef.h>
#include <stdint.h>

struct lp_addr;

/* Bytes of the longest header that is read. */
#define LP_PROXY_HEADER_MAX 536

/* How many bytes the header has in all, as far as its first |len| bytes show; at first that is the part which contains
   the length. LP_EMALFORMED: it is not such a header, or longer than LP_PROXY_HEADER_MAX. */
int lp_proxy_header_length(const uint8_t *data, size_t len);
/* Reads a whole header. 1: |*ret_source| is the client's address; 0: the header has none, because the load balancer
   itself connected. LP_EMALFORMED. */
int lp_proxy_header_read(const uint8_t *data, size_t len, struct lp_addr *ret_source);

#endif
