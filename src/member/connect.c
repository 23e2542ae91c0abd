/* The relay's addresses, tried one after the other. */
#include "base/error.h"
#include "base/units.h"
#include "member/state.h"
#include "platform/net/netwatch.h"
#include "platform/net/udp.h"
#include "quic/endpoint.h"

/* Time for one attempt, which lets an attempt to a relay that is away end before QUIC's retransmissions get rare. It
   must be long enough for the path: a handshake takes two round trips, or three if the relay's certificates are long,
   and a lost packet costs as much again. So it grows with the round trip of the last connection, if there was one, and
   with the time since it was lost, because the path may be a slower one now. */
#define ATTEMPT_MIN_NS (2 * LP_SEC)
#define ATTEMPT_FIRST_NS (8 * LP_SEC)
#define ATTEMPT_MAX_NS (30 * LP_SEC)
#define ATTEMPT_ROUND_TRIPS 6

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
		struct lp_quic_target target = {
			.carrier = &member->udp.carrier,
			.remote = *remote,
			.server_name = lp_member_relay(member)->server_name,
		};
		struct lp_addr bound;
		uint32_t interface;
		if (lp_netwatch_source(member->netwatch, remote, &target.local, &interface) < 0)
			continue; /* no route */
		lp_udp_local(member->udp.socket, &bound);
		target.local.port = bound.port;
		lp_udp_set_interface(member->udp.socket, interface);
		if (lp_quic_connect(member->endpoint, &target, member->now_ns, &member->conn) < 0)
			continue;
		member->had_route = true;
		member->local = target.local;
		member->remote = *remote;
		member->migration_pending = false;
		return 0;
	}
	set_reason(member);
	return LP_EUNREACH;
}

uint64_t lp_member_connect_timeout_ns(const struct lp_member *member)
{
	bool is_last = member->next_addr >= member->n_addrs && !member->from_memory;
	uint64_t attempt_ns = is_last && !member->ever_joined ? ATTEMPT_FIRST_NS : ATTEMPT_MIN_NS;
	uint64_t outage_ns = member->now_ns - member->lost_ns;
	if (attempt_ns < ATTEMPT_ROUND_TRIPS * member->last_rtt_ns)
		attempt_ns = ATTEMPT_ROUND_TRIPS * member->last_rtt_ns;
	attempt_ns += outage_ns / 2;
	return attempt_ns < ATTEMPT_MAX_NS ? attempt_ns : ATTEMPT_MAX_NS;
}
