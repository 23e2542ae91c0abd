/* TCP in the simulation: a pipe in each direction that delays bytes as the lines do, and neither loses nor limits them.
   While one of the hosts is offline, bytes wait. */
#include "platform/net/tcp.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "platform/fake/current.h"
#include "platform/fake/host_state.h"
#include "platform/fake/loop/loop_fake.h"
#include "platform/fake/net/tcp_fake.h"
#include "platform/fake/world_state.h"

/* Bytes in one direction that the other end has not read. */
#define PIPE_BYTES 262144
/* The time to the next attempt of a host that is offline. */
#define RETRY_NS (200 * LP_MS)

/* Bytes on their way to an end. */
struct chunk {
	struct chunk *next;
	uint64_t at_ns;
	size_t len, read;
	uint8_t data[];
};

struct lp_tcp {
	struct lp_loop *loop; /* NULL: accepted by the system, not yet taken */
	struct lp_host *host;
	struct lp_tcp *peer; /* NULL: closed, or not connected */
	struct lp_addr local, remote;
	int failed; /* why the attempt to connect failed; 0: it did not */
	bool connecting, wants_write;
	bool ended; /* the other end has closed it: the end follows the last chunk */
	struct chunk *first, **last;
	size_t waiting_bytes;
	struct lp_event wake;
	lp_tcp_ready_fn ready;
	void *ctx;
};

static uint64_t delay_ns(const struct lp_tcp *from, const struct lp_host *to)
{
	return from->host->net.up.config.delay_ns + to->net.down.config.delay_ns;
}

static void wake(struct lp_tcp *tcp, uint64_t at_ns)
{
	struct lp_world *world = tcp->host->world;
	if (tcp->loop)
		lp_schedule_set(&world->schedule, &tcp->wake, at_ns > world->now_ns ? at_ns : world->now_ns);
}

/* The host that has the address, or NULL; a NAT has no listeners. */
static struct lp_host *find_host(struct lp_world *world, const struct lp_addr *addr)
{
	for (struct lp_host *host = world->hosts; host; host = host->next) {
		struct lp_addr ip = lp_host_net_ip(&host->net, addr->family);
		if (ip.family && memcmp(ip.ip, addr->ip, sizeof ip.ip) == 0)
			return host;
	}
	return NULL;
}

static struct lp_tcp *tcp_new(struct lp_host *host)
{
	struct lp_tcp *tcp = calloc(1, sizeof *tcp);
	if (!tcp)
		abort();
	tcp->host = host;
	tcp->last = &tcp->first;
	return tcp;
}

/* The handshake of |tcp| reaches its destination. */
static void establish(struct lp_tcp *tcp)
{
	struct lp_world *world = tcp->host->world;
	struct lp_host *to = find_host(world, &tcp->remote);
	struct lp_stream_listener *listener = to ? lp_fake_listener_find(to, &tcp->remote) : NULL;
	if (tcp->host->net.offline || !to || to->net.offline) {
		wake(tcp, world->now_ns + RETRY_NS);
		return;
	}
	tcp->connecting = false;
	if (!listener) {
		tcp->failed = LP_EUNREACH;
		tcp->ready(tcp->ctx);
		return;
	}
	struct lp_tcp *accepted = tcp_new(to);
	accepted->peer = tcp;
	accepted->local = tcp->remote;
	accepted->remote = tcp->local;
	tcp->peer = accepted;
	struct lp_host *outside = lp_host_switch(to);
	listener->fn(listener->ctx, (intptr_t)accepted, NULL, 0);
	lp_host_switch(outside);
	tcp->ready(tcp->ctx);
}

static void on_wake(void *ctx)
{
	struct lp_tcp *tcp = ctx;
	uint64_t now_ns = tcp->host->world->now_ns;
	bool offline = tcp->host->net.offline || (tcp->peer && tcp->peer->host->net.offline);
	if (tcp->connecting) {
		establish(tcp);
		return;
	}
	if (offline) {
		wake(tcp, now_ns + RETRY_NS);
		return;
	}
	if (tcp->first && tcp->first->at_ns > now_ns)
		wake(tcp, tcp->first->at_ns);
	tcp->ready(tcp->ctx);
}

static void attach(struct lp_tcp *tcp, struct lp_loop *loop, lp_tcp_ready_fn ready, void *ctx)
{
	tcp->loop = loop;
	tcp->ready = ready;
	tcp->ctx = ctx;
	tcp->wake = (struct lp_event){.host = tcp->host, .run = on_wake, .ctx = tcp};
	loop->n_attached++;
}

int lp_tcp_connect(struct lp_loop *loop, const struct lp_addr *remote, uint32_t interface, lp_tcp_ready_fn ready,
	void *ctx, struct lp_tcp **ret_tcp)
{
	struct lp_host *host = loop->host, *to = find_host(host->world, remote);
	struct lp_tcp *tcp = tcp_new(host);
	(void)interface;
	tcp->local = lp_host_net_ip(&host->net, remote->family);
	if (host->net.outer_ip.family == remote->family)
		tcp->local = host->net.outer_ip;
	tcp->local.port = host->net.next_port++;
	tcp->remote = *remote;
	tcp->connecting = true;
	attach(tcp, loop, ready, ctx);
	wake(tcp, host->world->now_ns + (to ? delay_ns(tcp, to) : RETRY_NS));
	*ret_tcp = tcp;
	return 0;
}

int lp_tcp_adopt(struct lp_loop *loop, intptr_t socket, lp_tcp_ready_fn ready, void *ctx, struct lp_tcp **ret_tcp)
{
	*ret_tcp = (struct lp_tcp *)socket;
	attach(*ret_tcp, loop, ready, ctx);
	if ((*ret_tcp)->first || (*ret_tcp)->ended)
		wake(*ret_tcp, (*ret_tcp)->first ? (*ret_tcp)->first->at_ns : 0);
	return 0;
}

intptr_t lp_tcp_detach(struct lp_tcp *tcp)
{
	lp_schedule_cancel(&tcp->host->world->schedule, &tcp->wake);
	tcp->loop->n_attached--;
	tcp->loop = NULL;
	return (intptr_t)tcp;
}

void lp_tcp_close(struct lp_tcp *tcp)
{
	if (!tcp)
		return;
	if (tcp->peer) {
		tcp->peer->ended = true;
		wake(tcp->peer, tcp->host->world->now_ns + delay_ns(tcp, tcp->peer->host));
		tcp->peer->peer = NULL;
	}
	while (tcp->first) {
		struct chunk *chunk = tcp->first;
		tcp->first = chunk->next;
		free(chunk);
	}
	if (tcp->loop) {
		lp_schedule_cancel(&tcp->host->world->schedule, &tcp->wake);
		tcp->loop->n_attached--;
	}
	free(tcp);
}

int lp_tcp_connected(struct lp_tcp *tcp)
{
	return tcp->failed ? tcp->failed : tcp->connecting ? LP_EAGAIN : 0;
}

int lp_tcp_read(struct lp_tcp *tcp, uint8_t *data, size_t max)
{
	struct chunk *chunk = tcp->first;
	if (!chunk)
		return tcp->ended ? LP_ECLOSED : LP_EAGAIN;
	if (chunk->at_ns > tcp->host->world->now_ns) {
		wake(tcp, chunk->at_ns);
		return LP_EAGAIN;
	}
	size_t n = chunk->len - chunk->read < max ? chunk->len - chunk->read : max;
	memcpy(data, chunk->data + chunk->read, n);
	chunk->read += n;
	tcp->waiting_bytes -= n;
	if (chunk->read == chunk->len) {
		tcp->first = chunk->next;
		if (!tcp->first)
			tcp->last = &tcp->first;
		free(chunk);
	}
	if (tcp->first || tcp->ended)
		wake(tcp, tcp->first ? tcp->first->at_ns : 0);
	if (tcp->peer && tcp->peer->wants_write) {
		tcp->peer->wants_write = false;
		wake(tcp->peer, 0);
	}
	return (int)n;
}

int lp_tcp_write(struct lp_tcp *tcp, const uint8_t *data, size_t len)
{
	struct lp_tcp *peer = tcp->peer;
	if (!peer)
		return LP_ECLOSED;
	size_t room = PIPE_BYTES - peer->waiting_bytes;
	if (room == 0) {
		tcp->wants_write = true;
		return LP_EAGAIN;
	}
	len = len < room ? len : room;
	struct chunk *chunk = malloc(sizeof *chunk + len);
	if (!chunk)
		abort();
	*chunk = (struct chunk){.at_ns = tcp->host->world->now_ns + delay_ns(tcp, peer->host), .len = len};
	memcpy(chunk->data, data, len);
	*peer->last = chunk;
	peer->last = &chunk->next;
	peer->waiting_bytes += len;
	if (peer->first == chunk)
		wake(peer, chunk->at_ns);
	return (int)len;
}

void lp_tcp_local(const struct lp_tcp *tcp, struct lp_addr *ret_local)
{
	*ret_local = tcp->local;
}

void lp_tcp_remote(const struct lp_tcp *tcp, struct lp_addr *ret_remote)
{
	*ret_remote = tcp->remote;
}
