/* A UDP socket that works in batches: recvmmsg with UDP_GRO in, sendmmsg with UDP_SEGMENT out. */
#ifndef LP_PLATFORM_NET_UDP_H
#define LP_PLATFORM_NET_UDP_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/udp_msg.h"

struct lp_failure;
struct lp_loop;
struct lp_udp;

/* A receive batch. Each message may be a GRO run. The bytes are valid until the call returns. */
typedef void (*lp_udp_recv_fn)(void *ctx, const struct lp_udp_msg *msgs, size_t n_msgs);

/* Opens a socket bound to |local| (family 0: any address of both families, port |local->port|). IP fragmentation is
   off, ECN bits are read and written, the local address of each datagram is known. |failure| says what to do. */
int lp_udp_open(struct lp_loop *loop, const struct lp_addr *local, lp_udp_recv_fn recv, void *ctx,
	struct lp_failure *failure, struct lp_udp **ret_udp);
void lp_udp_close(struct lp_udp *udp);
/* Sends all messages in as few system calls as possible; what the kernel has no room for is lost and counted.
   Returns the number of datagrams lost. */
size_t lp_udp_send(struct lp_udp *udp, const struct lp_udp_msg *msgs, size_t n_msgs);
/* Datagrams that came while the receive buffer was full and are lost: the program was too slow. */
uint64_t lp_udp_overflows(const struct lp_udp *udp);
/* From now on datagrams leave by this interface, an index, whatever the routes to others say; 0: by any. */
void lp_udp_set_interface(struct lp_udp *udp, uint32_t interface);
/* The address and port that the socket is bound to. */
void lp_udp_local(const struct lp_udp *udp, struct lp_addr *ret_local);
/* Largest UDP payload that the interface towards |remote| takes (its MTU less IP and UDP headers); 0 if unknown.
   |remote| NULL: of whatever interface takes most. */
size_t lp_udp_path_payload(struct lp_udp *udp, const struct lp_addr *remote);

#endif
