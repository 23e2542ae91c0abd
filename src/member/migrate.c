/* Moves a connection when the host's network changes (RFC 9000 §9), and detects a dead path. */
#include "base/error.h"
#include "base/units.h"
#include "member/state.h"
#include "platform/net/netwatch.h"
#include "platform/net/udp.h"
#include "quic/endpoint.h"

/* The path is dead after this many consecutive checks with data in flight and no packet that decrypts, and two more
   round trips. */
#define SILENT_CHECKS 4

/* |remote| has no route any more. Another address of the relay may have one, for example an IPv4 address after IPv6 is
   lost; a connection cannot migrate to it (RFC 9000 §9: only the client's address changes). */
static enum lp_migration find_other_address(struct lp_member *member)
{
	struct lp_addr local;
	uint32_t interface;
	for (size_t i = 0; i < member->n_addrs; i++) {
		if (lp_netwatch_source(member->netwatch, &member->addrs[i], &local, &interface) < 0)
			continue;
		lp_fail(&member->reason, LP_EUNREACH, "no route to the relay's address any more");
		return LP_MIGRATION_RECONNECT;
	}
	return LP_MIGRATION_NONE;
}

/* A TCP connection cannot change its address, so that the member reconnects, and keeps its membership. */
static enum lp_migration check_stream(struct lp_member *member)
{
	struct lp_addr local;
	uint32_t interface;
	if (lp_netwatch_source(member->netwatch, lp_member_tls_peer(member), &local, &interface) < 0)
		return LP_MIGRATION_NONE;
	local.port = member->local.port;
	if (lp_addr_equal(&local, &member->local))
		return LP_MIGRATION_NONE;
	lp_fail(&member->reason, LP_EUNREACH, "the network of this computer changed");
	return LP_MIGRATION_RECONNECT;
}

enum lp_migration lp_member_migrate(struct lp_member *member)
{
	if (member->over_tls)
		return check_stream(member);
	struct lp_addr local;
	uint32_t interface;
	member->migration_pending = false;
	if (lp_netwatch_source(member->netwatch, &member->remote, &local, &interface) < 0)
		return find_other_address(member);
	local.port = member->local.port;
	if (lp_addr_equal(&local, &member->local)) {
		lp_udp_set_interface(member->udp.socket, local.family, interface);
		return LP_MIGRATION_NONE;
	}
	int result = lp_quic_migrate(member->conn, &member->udp.carrier, &local, member->now_ns);
	/* Without a spare connection ID the connection stays on the old path, which may still work. The next path check
	   tries again. */
	member->migration_pending = result == LP_EAGAIN;
	if (result < 0 && result != LP_EEXISTS)
		return LP_MIGRATION_NONE;
	lp_udp_set_interface(member->udp.socket, local.family, interface);
	if (result == LP_EEXISTS)
		return LP_MIGRATION_NONE;
	member->local = local;
	return LP_MIGRATION_STARTED;
}

void lp_member_path_check_start(struct lp_member *member)
{
	member->n_silent = 0;
	member->seen_rx_ns = 0;
}

bool lp_member_path_check(struct lp_member *member)
{
	struct lp_quic_stats stats;
	lp_quic_stats(member->conn, &stats);
	if (stats.in_flight_bytes == 0 || stats.last_rx_ns != member->seen_rx_ns)
		member->n_silent = 0;
	else
		member->n_silent++;
	member->seen_rx_ns = stats.last_rx_ns;
	member->last_rtt_ns = stats.srtt_ns;
	if (member->n_silent < SILENT_CHECKS + 2 * stats.srtt_ns / LP_MEMBER_PATH_CHECK_NS)
		return false;
	lp_fail(&member->reason, LP_EUNREACH, "%s does not answer any more", lp_member_relay(member)->host);
	return true;
}
