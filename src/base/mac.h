/* A MAC address as a value with a text. What it means stands in proto/mac.h. */
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

/* Writes "02:5a:00:00:00:01"; returns |text|. */
const char *lp_mac_format(const struct lp_mac *mac, char text[LP_MAC_TEXT_MAX]);

/* Reads six pairs of hex digits separated by ':' or '-'. 0, or LP_EINVAL. */
int lp_mac_parse(const char *text, struct lp_mac *ret_mac);

#endif
