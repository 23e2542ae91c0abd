/* A UDP socket that receives and sends in batches.

   A message (struct lp_udp_msg) is a datagram or a run: consecutive datagrams of one length between the same addresses.
   The system splits and merges runs where it can (Linux: UDP_SEGMENT and UDP_GRO; Windows: UDP_SEND_MSG_SIZE and
   receive coalescing), otherwise this module does, so callers always pass runs. Linux needs one system call per batch
   of messages, Windows one per message.

   The socket never blocks and never buffers: a datagram that does not fit into the system's buffer is lost, and QUIC
   recovers. IP fragmentation is off and ICMP does not change the MTU, because QUIC probes the path MTU itself. */
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

/* A socket's part of a port. A datagram goes to the socket whose index is the first byte of the destination connection
   ID (RFC 8999 §5), modulo |n|; one that is too short for that goes to the first socket. */
struct lp_udp_share {
	unsigned index, n;
};

/* What an ICMP error means. */
enum lp_unreachable {
	LP_UNREACHABLE_NONE,
	LP_UNREACHABLE_PORT,     /* nothing listens on the port */
	LP_UNREACHABLE_FILTERED, /* a firewall prohibits it */
	LP_UNREACHABLE_HOST,     /* a router has no route to the host, or the host does not reply to it */
};

/* |remote|: where the datagram was sent to; family 0: unknown. */
typedef void lp_udp_unreachable_fn(void *ctx, const struct lp_addr *remote, enum lp_unreachable why);

/* Opens a socket bound to |local| (family 0: any address of both families, port |local->port|). Disables IP
   fragmentation, reads and writes ECN bits, and reports the local address of each datagram. |failure| says what to do.
   */
int lp_udp_open(struct lp_loop *loop, const struct lp_addr *local, lp_udp_recv_fn recv, void *ctx,
	struct lp_failure *failure, struct lp_udp **ret_udp);
/* The same for one of |share->n| sockets of a port, each with its own loop. Open them in the order of their index; all
   but the first need the port that the first was given. LP_EUNSUPPORTED: not with this kernel, or not on this system.
 */
int lp_udp_open_shared(struct lp_loop *loop, const struct lp_addr *local, const struct lp_udp_share *share,
	lp_udp_recv_fn recv, void *ctx, struct lp_failure *failure, struct lp_udp **ret_udp);
void lp_udp_close(struct lp_udp *udp);
/* Sends all messages in as few system calls as possible. What does not fit into the kernel's buffer is lost. Returns
   the number of datagrams lost. */
size_t lp_udp_send(struct lp_udp *udp, const struct lp_udp_msg *msgs, size_t n_msgs);
/* Datagrams lost because the receive buffer was full: the program was too slow. */
uint64_t lp_udp_overflows(const struct lp_udp *udp);
/* Sends and receives every datagram as a message of its own from now on, for drivers that merge or split them wrongly.
 */
void lp_udp_disable_offload(struct lp_udp *udp);
/* Why the socket stopped using an offload of the system's, each reason once; NULL if there is nothing new. For the log;
   the text is static. */
const char *lp_udp_notice(struct lp_udp *udp);
/* Calls |fn| for ICMP errors about datagrams that were sent; NULL: ignores them, as a new socket does. The network is
   not authenticated, so an error may be forged. */
void lp_udp_watch_unreachable(struct lp_udp *udp, lp_udp_unreachable_fn *fn, void *ctx);
/* Sends datagrams of this IP version through the interface with this index, whatever the routes say; 0: follow the
   routes. */
void lp_udp_set_interface(struct lp_udp *udp, uint8_t family, uint32_t interface);
/* The bound address and port. */
void lp_udp_local(const struct lp_udp *udp, struct lp_addr *ret_local);
/* The largest UDP payload of the interface towards |remote| (its MTU minus IP and UDP headers); 0 if unknown. |remote|
   NULL: the largest of all interfaces. */
size_t lp_udp_path_payload(struct lp_udp *udp, const struct lp_addr *remote);

#endif
