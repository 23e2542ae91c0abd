/* Traffic classes of group frames: what a network needs to work, what games send, and what operating systems announce.
 */
#ifndef LP_FILTER_CLASS_H
#define LP_FILTER_CLASS_H

#include "filter/limit.h"
#include "filter/view.h"

/* The limit of a group frame: LP_LIMIT_RESERVE, LP_LIMIT_DHCP, LP_LIMIT_BROADCAST or LP_LIMIT_CHATTER. Frames that
   can't be parsed are LP_LIMIT_BROADCAST. */
enum lp_limit lp_class_of_group(struct lp_view *view);
/* True for DHCP and DHCPv6, to a group or to a single station. */
bool lp_class_is_dhcp(struct lp_view *view);

#endif
