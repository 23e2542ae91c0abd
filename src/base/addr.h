/* An IP address with a port, independent of the operating system's types. */
#ifndef LP_BASE_ADDR_H
#define LP_BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lp_addr {
	uint8_t ip[16];    /* network order; the first 4 for IPv4, the rest zero */
	uint32_t scope_id; /* IPv6 link-local only, otherwise 0 */
	uint16_t port;     /* host order */
	uint8_t family;    /* 4, 6, or 0 for none */
	uint8_t reserved;  /* 0, so that two equal addresses are equal bytes */
};

#define LP_ADDR_TEXT_MAX 64

/* True if address, port and scope are equal. */
bool lp_addr_equal(const struct lp_addr *a, const struct lp_addr *b);

/* Writes "192.0.2.1:443" or "[2001:db8::1]:443" (port 0: without port and brackets), "*:443" for a port without an
   address, "none" for neither; returns |text|. */
const char *lp_addr_format(const struct lp_addr *addr, char text[LP_ADDR_TEXT_MAX]);

/* Parses "ADDR:PORT", "[ADDR]:PORT" or an address alone (port |default_port|). Numeric only. 0 or LP_EINVAL. */
int lp_addr_parse(const char *text, uint16_t default_port, struct lp_addr *ret_addr);

#endif
