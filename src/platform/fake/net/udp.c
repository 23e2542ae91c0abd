#include "platform/net/udp.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "platform/fake/host_state.h"
#include "platform/fake/loop/loop_fake.h"
#include "platform/fake/world_state.h"

/* The receive buffer, like SO_RCVBUF. */
#define RECEIVE_BUFFER_BYTES ((size_t)512 * 1024)
/* Datagrams per receive batch, and per GRO run (the kernel's UDP_GRO_CNT_MAX). */
#define BATCH_DATAGRAMS 64
/* What arrives within this time is read together: the time a system needs to wake a program. */
#define WAKE_NS (20 * LP_US)

/* A datagram that waits to be read. */
struct waiting {
	struct waiting *next;
	struct lp_addr local, remote;
	uint8_t ecn;
	size_t len;
	uint8_t data[];
};

struct lp_udp {
	struct lp_udp *next; /* in the host's list */
	struct lp_loop *loop;
	struct lp_host *host;
	struct lp_addr local;
	struct lp_udp_share share;
	struct lp_event wake;
	lp_udp_recv_fn recv;
	void *ctx;
	struct waiting *first, **last;
	size_t waiting_bytes;
	bool singly;    /* lp_udp_disable_offload() was called */
	bool receiving; /* |recv| is running: the socket is freed after it */
	bool closed;
};

/* True if the socket receives datagrams to |local|. */
static bool takes(const struct lp_udp *udp, const struct lp_addr *local)
{
	return udp->local.port == local->port &&
	       (udp->local.family == 0 ||
		       (udp->local.family == local->family && memcmp(udp->local.ip, (uint8_t[16]){0}, 16) == 0) ||
		       (udp->local.family == local->family && memcmp(udp->local.ip, local->ip, 16) == 0));
}

/* True if the datagram is for this one of the sockets that share its port. */
static bool is_share(const struct lp_udp_share *share, const uint8_t *data, size_t len)
{
	size_t at = len && data[0] & 0x80 ? 6 : 1;
	return (at < len ? data[at] % share->n : 0) == share->index;
}

/* True if a socket of the host has the port. */
static bool port_in_use(const struct lp_host *host, uint16_t port)
{
	for (const struct lp_udp *udp = host->sockets; udp; udp = udp->next) {
		if (udp->local.port == port)
			return true;
	}
	return false;
}

/* Removes the first datagram. */
static void waiting_drop(struct lp_udp *udp)
{
	struct waiting *waiting = udp->first;
	udp->first = waiting->next;
	if (!udp->first)
		udp->last = &udp->first;
	udp->waiting_bytes -= waiting->len;
	free(waiting);
}

/* True if |waiting| can continue a run of |run_bytes| that starts with |first|. */
static bool joins(const struct waiting *first, const struct waiting *waiting, size_t run_bytes)
{
	return lp_addr_equal(&first->remote, &waiting->remote) && lp_addr_equal(&first->local, &waiting->local) &&
	       first->ecn == waiting->ecn && waiting->len <= first->len && waiting->len &&
	       run_bytes + waiting->len <= 65000;
}

/* Merges datagrams of equal length from the head of the queue into one message. Returns their number. */
static size_t gather(struct lp_udp *udp, uint8_t *data, struct lp_udp_msg *msg)
{
	const struct waiting *first = udp->first;
	*msg = (struct lp_udp_msg){
		.data = data,
		.segment_bytes = (uint16_t)first->len,
		.ecn = first->ecn,
		.local = first->local,
		.remote = first->remote,
	};
	size_t segment = first->len, n = 0, last_len = segment;
	struct waiting key = *first;
	while (udp->first && n < BATCH_DATAGRAMS && last_len == segment && joins(&key, udp->first, msg->len)) {
		memcpy(data + msg->len, udp->first->data, udp->first->len);
		last_len = udp->first->len;
		msg->len += last_len;
		n++;
		waiting_drop(udp);
	}
	if (n == 0) { /* an empty datagram */
		waiting_drop(udp);
		n = 1;
	}
	if (n == 1)
		msg->segment_bytes = 0;
	return n;
}

/* Delivers all waiting datagrams in batches. */
static void wake(void *ctx)
{
	struct lp_udp *udp = ctx;
	static _Thread_local uint8_t data[BATCH_DATAGRAMS * 2048];
	udp->receiving = true;
	while (udp->first) {
		struct lp_udp_msg msgs[BATCH_DATAGRAMS];
		size_t n_msgs = 0, n_datagrams = 0, used = 0;
		while (udp->first && n_msgs < BATCH_DATAGRAMS && n_datagrams < BATCH_DATAGRAMS &&
			used + 65000 <= sizeof data) {
			n_datagrams += gather(udp, data + used, &msgs[n_msgs]);
			used += msgs[n_msgs++].len;
		}
		udp->recv(udp->ctx, msgs, n_msgs);
	}
	udp->receiving = false;
	if (udp->closed)
		free(udp);
}

/* A datagram arrived at the host. */
static bool deliver(struct lp_host *host, const struct lp_addr *local, const struct lp_addr *remote, uint8_t ecn,
	const uint8_t *data, size_t len)
{
	struct lp_udp *udp = host->sockets;
	while (udp && !(takes(udp, local) && is_share(&udp->share, data, len)))
		udp = udp->next;
	if (!udp)
		return false;
	if (udp->waiting_bytes + len > RECEIVE_BUFFER_BYTES)
		return false;
	struct waiting *waiting = malloc(sizeof *waiting + len);
	if (!waiting)
		abort();
	*waiting = (struct waiting){.local = *local, .remote = *remote, .ecn = ecn, .len = len};
	if (len)
		memcpy(waiting->data, data, len);
	*udp->last = waiting;
	udp->last = &waiting->next;
	udp->waiting_bytes += len;
	if (!lp_heap_contains(&udp->wake.node))
		lp_schedule_set(&host->world->schedule, &udp->wake, host->world->now_ns + WAKE_NS);
	return true;
}

int lp_udp_open(struct lp_loop *loop, const struct lp_addr *local, lp_udp_recv_fn recv, void *ctx,
	struct lp_failure *failure, struct lp_udp **ret_udp)
{
	return lp_udp_open_shared(loop, local, &(struct lp_udp_share){.n = 1}, recv, ctx, failure, ret_udp);
}

int lp_udp_open_shared(struct lp_loop *loop, const struct lp_addr *local, const struct lp_udp_share *share,
	lp_udp_recv_fn recv, void *ctx, struct lp_failure *failure, struct lp_udp **ret_udp)
{
	struct lp_host *host = loop->host;
	if (local->port && share->index == 0 && port_in_use(host, local->port))
		return lp_fail(failure, LP_EINUSE, "port %u: in use", local->port);
	struct lp_udp *udp = calloc(1, sizeof *udp);
	if (!udp)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	udp->loop = loop;
	udp->host = host;
	udp->local = *local;
	udp->share = *share;
	while (!udp->local.port || (!local->port && port_in_use(host, udp->local.port)))
		udp->local.port = host->net.next_port++;
	udp->wake = (struct lp_event){.host = host, .run = wake, .ctx = udp};
	udp->recv = recv;
	udp->ctx = ctx;
	udp->last = &udp->first;
	udp->next = host->sockets;
	host->sockets = udp;
	host->net.deliver = deliver;
	loop->n_attached++;
	*ret_udp = udp;
	return 0;
}

void lp_udp_close(struct lp_udp *udp)
{
	if (!udp)
		return;
	while (udp->first)
		waiting_drop(udp);
	lp_schedule_cancel(&udp->host->world->schedule, &udp->wake);
	struct lp_udp **link = &udp->host->sockets;
	while (*link != udp)
		link = &(*link)->next;
	*link = udp->next;
	udp->loop->n_attached--;
	udp->closed = true;
	if (!udp->receiving)
		free(udp);
}

/* Sends the datagrams of one message. Returns how many were rejected. */
static size_t send_run(struct lp_udp *udp, const struct lp_udp_msg *msg)
{
	size_t segment = msg->segment_bytes ? msg->segment_bytes : msg->len, n_lost = 0, offset = 0;
	if (msg->len > segment && !udp->singly && udp->host->net.up.config.lose_runs)
		return 0;
	struct lp_addr local = msg->local.family ? msg->local : lp_host_net_ip(&udp->host->net, msg->remote.family);
	local.port = udp->local.port;
	do {
		size_t len = msg->len - offset < segment ? msg->len - offset : segment;
		if (lp_net_send(udp->host, &local, &msg->remote, msg->ecn, msg->data + offset, len) != 0)
			n_lost++;
		offset += len;
	} while (offset < msg->len);
	return n_lost;
}

size_t lp_udp_send(struct lp_udp *udp, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	size_t n_lost = 0;
	for (size_t i = 0; i < n_msgs; i++)
		n_lost += send_run(udp, &msgs[i]);
	return n_lost;
}

void lp_udp_disable_offload(struct lp_udp *udp)
{
	udp->singly = true;
}

const char *lp_udp_notice(struct lp_udp *udp)
{
	(void)udp;
	return NULL;
}

void lp_udp_watch_unreachable(struct lp_udp *udp, lp_udp_unreachable_fn *fn, void *ctx)
{
	(void)udp; /* the simulated internet sends no ICMP */
	(void)fn;
	(void)ctx;
}

void lp_udp_set_interface(struct lp_udp *udp, uint8_t family, uint32_t interface)
{
	(void)udp;
	(void)family;
	(void)interface; /* lp_netwatch_source() never returns one here */
}

void lp_udp_local(const struct lp_udp *udp, struct lp_addr *ret_local)
{
	*ret_local = udp->local;
}

uint64_t lp_udp_overflows(const struct lp_udp *udp)
{
	(void)udp;
	return 0;
}

size_t lp_udp_path_payload(struct lp_udp *udp, const struct lp_addr *remote)
{
	size_t headers = !remote || remote->family == 4 ? 28 : 48;
	return udp->host->net.mtu_bytes > headers ? udp->host->net.mtu_bytes - headers : 0;
}
