/* The rules of this computer's firewall, as its own tool prints them. */
#ifndef LP_PLATFORM_NET_FIREWALL_H
#define LP_PLATFORM_NET_FIREWALL_H

struct lp_failure;

/* Reads the rules of nftables: malloc'd text, empty if there are none. LP_EPERM; LP_ENOTFOUND: the tool is not
   installed; LP_EUNSUPPORTED on Windows. */
int lp_firewall_rules(struct lp_failure *failure, char **ret_text);

#endif
