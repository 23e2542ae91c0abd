/* Which limit a group frame falls under: what a network needs, what games send, what operating systems chat. */
#ifndef LP_FILTER_CLASS_H
#define LP_FILTER_CLASS_H

#include "filter/limit.h"
#include "filter/view.h"

/* LP_LIMIT_RESERVE, LP_LIMIT_BROADCAST or LP_LIMIT_CHATTER. Frames that cannot be read are LP_LIMIT_BROADCAST. */
enum lp_limit lp_class_of_group(struct lp_view *view);

#endif
