#include "platform/net/stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/fake/current.h"
#include "platform/fake/host_state.h"
#include "platform/fake/net/tcp_fake.h"
#include "platform/net/tcp.h"

struct lp_stream_listener *lp_fake_listener_find(const struct lp_host *host, const struct lp_addr *address)
{
	struct lp_stream_listener *listener = host->listeners;
	while (listener && (listener->address.port != address->port ||
				   (listener->address.family && listener->address.family != address->family)))
		listener = listener->next;
	return listener;
}

int lp_stream_listen(struct lp_loop *loop, const struct lp_addr *address, lp_stream_accept_fn fn, void *ctx,
	struct lp_failure *failure, struct lp_stream_listener **ret_listener)
{
	struct lp_host *host = lp_host_current();
	(void)loop;
	if (lp_fake_listener_find(host, address))
		return lp_fail(failure, LP_EINUSE, "the port is in use");
	struct lp_stream_listener *listener = calloc(1, sizeof *listener);
	if (!listener)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	*listener = (struct lp_stream_listener){
		.next = host->listeners, .host = host, .address = *address, .fn = fn, .ctx = ctx};
	host->listeners = listener;
	*ret_listener = listener;
	return 0;
}

void lp_stream_address(const struct lp_stream_listener *listener, struct lp_addr *ret_address)
{
	*ret_address = listener->address;
}

void lp_stream_close(struct lp_stream_listener *listener)
{
	if (!listener)
		return;
	struct lp_stream_listener **link = &listener->host->listeners;
	while (*link != listener)
		link = &(*link)->next;
	*link = listener->next;
	free(listener);
}

/* A socket that was accepted is the pointer to our end of the connection. */
void lp_stream_discard(intptr_t socket)
{
	lp_tcp_close((struct lp_tcp *)socket);
}
