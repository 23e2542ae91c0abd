/* The connection IDs of a member's peer links begin with a prefix, which the relay assigns to the member. */
#ifndef LP_BASE_LINK_PREFIX_H
#define LP_BASE_LINK_PREFIX_H

/* The first byte is 0: it is reserved for the relay's worker. */
#define LP_LINK_PREFIX_BYTES 6
#define LP_LINK_PREFIX_HEX (2 * LP_LINK_PREFIX_BYTES)

#endif
