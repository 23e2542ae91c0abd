/* Reads the rules of nftables as `nft list ruleset` prints them. Pure. */
#ifndef LP_DOCTOR_RULESET_H
#define LP_DOCTOR_RULESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a ruleset does to packets for this computer. */
struct lp_ruleset {
	bool drops;     /* a chain of the hook "input" drops what no rule accepts */
	bool accepts;   /* and has a rule that accepts everything from the device, or the UDP port */
	char chain[64]; /* its name */
};

/* Looks for chains that drop what arrives at |device|, or at the UDP port |port| (0: at no certain one). */
void lp_ruleset_read(const char *text, const char *device, uint16_t port, struct lp_ruleset *ret_ruleset);

#endif
