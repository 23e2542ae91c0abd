/* Disables ngtcp2's own congestion control in favour of quic/cc/rate.h.

   ngtcp2 has no public interface for a congestion controller of the application. Where its internal headers are at hand
   when we are built (scripts/ngtcp2 unpacks them), the callbacks of its controller are removed and its window is opened
   for good; what is in flight is then bounded by our window alone. Without them ngtcp2's controller stays behind ours,
   and the smaller window of the two counts. */
#ifndef LP_QUIC_UNCAP_H
#define LP_QUIC_UNCAP_H

#include <stdbool.h>

struct ngtcp2_conn;

/* Opens ngtcp2's window. False if that cannot be done: it was built without the headers, or the library that is loaded
   is not of their version. To be called when the connection was made. */
bool lp_ngtcp2_uncap(struct ngtcp2_conn *library);

#endif
