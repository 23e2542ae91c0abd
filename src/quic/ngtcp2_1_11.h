/* Workarounds for defects of ngtcp2 1.11, the version that the Debian packages of today have. Each is compiled only for
   the versions that need it; with others the functions do nothing and the clock has no skew. Delete this file when no
   supported version needs it.

   1. PTO back-off that does not end. RFC 9002 §6.2.1: an ACK resets the back-off of the PTO. In 1.11 an ACK undoes only
      the last doublings while something stays in flight (upstream pull request 1240 resets the count when nothing is
      left in flight, which never happens in a bulk transfer). After a few losses the PTO stays at 4 to 16 times its
      value, and a path that loses everything for some milliseconds stops for hundreds. cc/pto.h keeps its own timer;
      when that fires while the congestion window is closed, ngtcp2 sends only what its own PTO permits, so we move its
      clock forward to that timer.

   2. A client that migrates back is not followed. After a migration a server validates the old path once more, for
      three PTOs. If the client returns to the old path during that time, 1.11 keeps sending to the other one (upstream
      issue 2257, "path validation never timeouts after migration back to initial path"; fixed by pull request 2259 in
      2026, after 1.25). So we move its clock beyond the end of that validation.

   3. Connection IDs that are counted twice. If NATs rebind while a client migrates, 1.11 counts an ID twice that it
      knows on two paths, finds active_connection_id_limit exceeded although the peer kept it, and closes the
   connection. So we announce a smaller limit than the one that ngtcp2 enforces.

   Skew: the only way to make one of ngtcp2's timers fire is to pass it a later time. conn->skew_ns only grows and is
   added to every time that ngtcp2 gets. The idle timeout counts in that time too,
   therefore cc/pto.h limits the skew that may be added between two packets of the peer. */
#ifndef LP_QUIC_NGTCP2_1_11_H
#define LP_QUIC_NGTCP2_1_11_H

#include <stdbool.h>

#include <ngtcp2/ngtcp2.h>

struct lp_quic_conn;

#if NGTCP2_VERSION_NUM < 0x010c00
#define LP_NGTCP2_CID_LIMIT_ANNOUNCED 5 /* of the 8 in settings.c: enough to migrate four times in a row */
#else
#define LP_NGTCP2_CID_LIMIT_ANNOUNCED 0 /* the same as the limit that is enforced */
#endif

/* Workaround 1: makes ngtcp2's next timer fire now, and writes what it permits. False if there is
   none, the skew has reached its limit, or the connection was closed. */
bool lp_ngtcp2_skip_to_timer(struct lp_quic_conn *conn);
/* Workaround 2: a server received a packet by |path|, which is not the connection's current one. Follows the client if
   ngtcp2 does not. */
void lp_ngtcp2_follow(struct lp_quic_conn *conn, const ngtcp2_path *path);

#endif
