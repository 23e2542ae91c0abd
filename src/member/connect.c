/* The relay's addresses, tried one after the other. */
#include "base/error.h"
#include "base/units.h"
#include "member/state.h"
#include "platform/net/netwatch.h"
#include "platform/net/udp.h"
#include "quic/endpoint.h"

/* Time for one attempt. It is short while other addresses are left, and after the first join: the relay is then known
   to be good, and a new attempt finds it sooner than the growing handshake timeouts of QUIC. */
#define ATTEMPT_NS (2 * LP_SEC)
#define ATTEMPT_LAST_NS (8 * LP_SEC)

/* Why no address of the list is left. */
static void set_reason(struct lp_member *member)
{
	const char *host = lp_member_relay(member)->host;
	char text[LP_ADDR_TEXT_MAX];
	if (member->n_addrs == 0)
		return; /* the resolver's reason stays */
	if (!member->had_route)
		lp_fail(&member->reason, LP_EUNREACH,
			"no way to %s: this computer has no route there: is it connected?", host);
	else
		lp_fail(&member->reason, LP_EUNREACH,
			"%s (%s): the relay does not answer: check the address and the UDP port, that the relay runs, "
			"and that no firewall is in between",
			host, lp_addr_format(&member->remote, text));
}

int lp_member_connect_next(struct lp_member *member)
{
	while (member->next_addr < member->n_addrs) {
		const struct lp_addr *remote = &member->addrs[member->next_addr++];
		struct lp_addr local, bound;
		uint32_t interface;
		if (lp_netwatch_source(member->netwatch, remote, &local, &interface) < 0)
			continue; /* no route */
		lp_udp_local(member->udp.socket, &bound);
		local.port = bound.port;
		lp_udp_set_interface(member->udp.socket, interface);
		if (lp_quic_connect(member->endpoint, &member->udp.carrier, &local, remote,
			    lp_member_relay(member)->server_name, member->now_ns, &member->conn) < 0)
			continue;
		member->had_route = true;
		member->local = local;
		member->remote = *remote;
		member->migration_pending = false;
		return 0;
	}
	set_reason(member);
	return LP_EUNREACH;
}

uint64_t lp_member_connect_timeout_ns(const struct lp_member *member)
{
	return member->next_addr < member->n_addrs || member->ever_joined ? ATTEMPT_NS : ATTEMPT_LAST_NS;
}
