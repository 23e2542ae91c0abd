/* Converts between our addresses and ngtcp2's network paths. */
#ifndef LP_QUIC_PATH_H
#define LP_QUIC_PATH_H

#include <ngtcp2/ngtcp2.h>

#include "base/addr.h"

struct lp_carrier;

/* Makes the path over |carrier| from |local| to |remote|. A |local| of family 0 becomes the wildcard of the remote's
   family. */
void lp_path_set(ngtcp2_path_storage *ret_path, struct lp_carrier *carrier, const struct lp_addr *local,
	const struct lp_addr *remote);
/* The carrier of a path that lp_path_set() made, or a copy of it. */
static inline struct lp_carrier *lp_path_carrier(const ngtcp2_path *path)
{
	return path->user_data;
}

/* The addresses of a path; the wildcard becomes family 0 again. */
void lp_path_get(const ngtcp2_path *path, struct lp_addr *ret_local, struct lp_addr *ret_remote);

#endif
