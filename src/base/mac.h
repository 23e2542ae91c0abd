/* MAC addresses (IEEE 802-2014 §8): six octets, or the same 48 bits as a number, the key. */
#ifndef LP_BASE_MAC_H
#define LP_BASE_MAC_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct lp_mac {
	uint8_t octet[6];
};

#define LP_MAC_TEXT_MAX 18

static inline bool lp_mac_equal(const struct lp_mac *a, const struct lp_mac *b)
{
	return memcmp(a->octet, b->octet, sizeof a->octet) == 0;
}

/* True for group addresses: multicast and broadcast. */
static inline bool lp_mac_is_group(const struct lp_mac *mac)
{
	return mac->octet[0] & 1;
}

/* True for 00-00-00-00-00-00. */
bool lp_mac_is_zero(const struct lp_mac *mac);
/* True if a client may use the address: unicast and locally administered. */
bool lp_mac_is_client(const struct lp_mac *mac);

/* The key of the address in |octets|: the first octet is the most significant. */
static inline uint64_t lp_mac_key(const uint8_t octets[6])
{
	return (uint64_t)octets[0] << 40 | (uint64_t)octets[1] << 32 | (uint64_t)octets[2] << 24 |
	       (uint64_t)octets[3] << 16 | (uint64_t)octets[4] << 8 | octets[5];
}

/* lp_mac_is_group() for a key. */
static inline bool lp_mac_key_is_group(uint64_t key)
{
	return key >> 40 & 1;
}

/* Writes "02:5a:00:00:00:01"; returns |text|. */
const char *lp_mac_format(const struct lp_mac *mac, char text[LP_MAC_TEXT_MAX]);
/* Parses six pairs of hex digits, separated by ':' or '-'. 0 or LP_EINVAL. */
int lp_mac_parse(const char *text, struct lp_mac *ret_mac);

#endif
