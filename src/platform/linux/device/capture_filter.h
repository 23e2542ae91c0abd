/* The packet filter of a capturing socket: what it leaves out. */
#ifndef LP_PLATFORM_LINUX_DEVICE_CAPTURE_FILTER_H
#define LP_PLATFORM_LINUX_DEVICE_CAPTURE_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>

struct lp_addr;

#define LP_CAPTURE_FILTER_MAX 64

/* Writes a classic BPF program for a SOCK_RAW packet socket into |code|. It accepts every received frame except the
   tunnel's: UDP from and to |local|, or, if only its port is known (family 0), between that and |remote|. Both have
   |remote|'s family. |remote| NULL: no tunnel yet. Returns the number of instructions.

   With |host| it accepts frames that the host sends, and drops what the host link has redirected (host_link.h). Without
   it drops frames that the host sends, because a fanout group ignores PACKET_IGNORE_OUTGOING. */
size_t lp_capture_filter(const struct lp_addr *local, const struct lp_addr *remote, bool host,
	struct sock_filter code[LP_CAPTURE_FILTER_MAX]);

#endif
