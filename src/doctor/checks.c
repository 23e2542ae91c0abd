/* One function for each check. */
#include "doctor/checks.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/attribute.h"
#include "base/text.h"

/* Loss and jitter at which games become unpleasant. */
#define LOSS_WARNING_PPM 10000U
#define LOSS_FAILURE_PPM 100000U
#define JITTER_WARNING_US 20000U
/* What a queue may add to the round trip under load. */
#define LOAD_WARNING_US 60000U
/* New addresses from a NAT during a session; a few are normal, such as after a restart of the router. */
#define NAT_CHANGES 3U
/* UDP payload of the smallest path that QUIC works on, and bytes of headers around a frame of 1500 bytes. */
#define PAYLOAD_MIN 1200U
/* By how many bytes the two directions may differ: their headers do, and PMTUD stops searching at a few bytes. */
#define MTU_DIFFERENCE 60U
#define DAY_S 86400

static void LP_PRINTF(3, 4) set(struct lp_doctor_line *line, enum lp_doctor_verdict verdict, const char *format, ...)
{
	va_list args;
	line->verdict = verdict;
	va_start(args, format);
	vsnprintf(line->cause, sizeof line->cause, format, args);
	va_end(args);
}

static void LP_PRINTF(2, 3) cure(struct lp_doctor_line *line, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(line->cure, sizeof line->cure, format, args);
	va_end(args);
}

static const char *program_name(const struct lp_doctor_facts *facts)
{
	return facts->program == LP_DOCTOR_OF_CLIENT    ? "lanparty-client"
	       : facts->program == LP_DOCTOR_OF_GATEWAY ? "lanparty-gateway"
							: "lanparty-relay";
}

void lp_doctor_running(const struct lp_doctor_facts *facts, struct lp_doctor_line *line)
{
	if (facts->running == LP_FACT_YES) {
		set(line, LP_DOCTOR_OK, "%s is running on this computer.", program_name(facts));
	} else if (facts->running == LP_FACT_NO) {
		set(line, LP_DOCTOR_WARNING, "%s is not running, so only the way to the relay was checked: %s.",
			program_name(facts), facts->not_running);
		cure(line, "Start it, and run the doctor again beside it.");
	}
}

void lp_doctor_invite(const struct lp_doctor_facts *facts, struct lp_doctor_line *line)
{
	if (facts->invite_good == LP_FACT_YES) {
		set(line, LP_DOCTOR_OK, "It names the relay %s and room %s.", facts->relay, facts->room);
	} else if (facts->invite_good == LP_FACT_NO) {
		set(line, LP_DOCTOR_FAILURE, "%s.", facts->invite_reason);
		cure(line, "Pass the invite that you got from the party's host.");
	}
}

void lp_doctor_name(const struct lp_doctor_facts *facts, struct lp_doctor_line *line)
{
	char address[LP_ADDR_TEXT_MAX];
	if (facts->name_found == LP_FACT_YES) {
		set(line, LP_DOCTOR_OK, "%s is %s.", facts->relay, lp_addr_format(&facts->remote, address));
	} else if (facts->name_found == LP_FACT_NO) {
		set(line, LP_DOCTOR_FAILURE, "%s cannot be resolved: %s.", facts->relay, facts->name_reason);
		cure(line, "Check the spelling, and that this computer reaches the internet and a name server.");
	}
}

void lp_doctor_clock(const struct lp_doctor_facts *facts, struct lp_doctor_line *line)
{
	char data[32];
	struct lp_text text;
	if (facts->now_unix_s == 0)
		return;
	lp_text_init(&text, data, sizeof data);
	lp_text_time(&text, facts->now_unix_s);
	if (facts->now_unix_s + DAY_S >= facts->built_unix_s) {
		set(line, LP_DOCTOR_OK, "It shows %s.", data);
		return;
	}
	set(line, LP_DOCTOR_FAILURE,
		"It shows %s, which was before this program was made. Certificates and invites depend on it.", data);
	cure(line, "Set the clock, for example with 'sudo timedatectl set-ntp true'.");
}

void lp_doctor_route(const struct lp_doctor_facts *facts, struct lp_doctor_line *line)
{
	if (facts->routed == LP_FACT_NO) {
		set(line, LP_DOCTOR_FAILURE, "This computer has no route to the relay.");
		cure(line, "Connect it to the internet.");
	} else if (facts->route_is_own == LP_FACT_YES) {
		set(line, LP_DOCTOR_WARNING, "Other programs reach the relay by %s, the party's own adapter.",
			facts->route_device);
		cure(line, "Remove the default route by %s. The client itself does not use it.", facts->route_device);
	} else if (facts->route_is_tunnel == LP_FACT_YES) {
		set(line, LP_DOCTOR_WARNING,
			"Packets to the relay leave by %s, a tunnel: it adds delay and makes packets smaller.",
			facts->route_device);
		cure(line, "Turn the other VPN off while you play, or exempt the relay from it.");
	} else if (facts->routed == LP_FACT_YES) {
		set(line, LP_DOCTOR_OK, "Packets leave by %s.", facts->route_device);
	}
}

void lp_doctor_udp(const struct lp_doctor_facts *facts, struct lp_doctor_line *line)
{
	if (facts->replied == LP_FACT_YES && facts->handshake_us) {
		set(line, LP_DOCTOR_OK, "The relay replied; connecting took %" PRIu64 " ms.",
			facts->handshake_us / 1000);
	} else if (facts->replied == LP_FACT_YES) {
		set(line, LP_DOCTOR_OK, "The relay replies.");
	} else if (facts->replied == LP_FACT_NO && facts->over_tcp == LP_FACT_YES) {
		set(line, LP_DOCTOR_WARNING,
			"UDP port %u is blocked, so the session runs over TCP, where a lost packet delays all behind it.",
			facts->remote.port);
		cure(line, "Ask the network's owner to admit the port, or try another network, such as a phone's.");
	} else if (facts->replied == LP_FACT_NO) {
		set(line, LP_DOCTOR_FAILURE,
			"The relay does not reply: UDP port %u is blocked on the way, or no relay runs there.",
			facts->remote.port);
		cure(line,
			"Check that the relay runs and that its firewall admits the port; otherwise try another network, "
			"such as a phone's, or a relay with --listen-tls.");
	}
}

void lp_doctor_nat(const struct lp_doctor_facts *facts, struct lp_doctor_line *line)
{
	char local[LP_ADDR_TEXT_MAX], seen[LP_ADDR_TEXT_MAX];
	if (facts->seen.family == 0 || facts->local.family == 0)
		return;
	lp_addr_format(&facts->local, local);
	lp_addr_format(&facts->seen, seen);
	if (facts->seen_changes >= NAT_CHANGES) {
		set(line, LP_DOCTOR_WARNING,
			"A NAT has given this computer another port or address %" PRIu64
			" times during the session, because it forgets a connection within seconds. Each time the game stops "
			"for a moment.",
			facts->seen_changes);
		cure(line,
			"Raise the UDP timeout of the router, or forward a port; two NATs in a row are often the cause.");
		return;
	}
	bool same_ip = memcmp(facts->local.ip, facts->seen.ip, sizeof facts->seen.ip) == 0;
	if (same_ip)
		set(line, LP_DOCTOR_OK, "%s is this computer's own, so no NAT is in between.", seen);
	else
		set(line, LP_DOCTOR_OK, "A NAT translates %s to %s and %s the port.", local, seen,
			facts->local.port == facts->seen.port ? "keeps" : "changes");
}

/* The relay's own certificate. */
static void relay_certificate(const struct lp_doctor_facts *facts, struct lp_doctor_line *line)
{
	int64_t days = (facts->certificate_expires_unix_s - facts->now_unix_s) / DAY_S;
	if (facts->certificate_expires_unix_s == 0)
		return;
	if (facts->certificate_expires_unix_s <= facts->now_unix_s) {
		set(line, LP_DOCTOR_FAILURE,
			"It expired %" PRId64 " days ago, so members without an invite cannot connect.", -days);
	} else if (days < 14) {
		set(line, LP_DOCTOR_WARNING, "It expires in %" PRId64 " days.", days);
	} else {
		set(line, LP_DOCTOR_OK, "It is valid for %" PRId64 " more days.", days);
		return;
	}
	cure(line, "Renew it and send SIGHUP to the relay.");
}

void lp_doctor_certificate(const struct lp_doctor_facts *facts, struct lp_doctor_line *line)
{
	if (facts->program == LP_DOCTOR_OF_RELAY) {
		relay_certificate(facts, line);
	} else if (facts->trusted == LP_FACT_YES) {
		set(line, LP_DOCTOR_OK, "It is the relay's.");
	} else if (facts->trusted == LP_FACT_NO) {
		set(line, LP_DOCTOR_FAILURE, "The connection was refused: %s.", facts->trust_reason);
		cure(line, "Ask the party's host for a new invite, or the relay's operator for its certificate file.");
	}
}

void lp_doctor_path_mtu(const struct lp_doctor_facts *facts, struct lp_doctor_line *line)
{
	if (facts->over_tcp == LP_FACT_YES) {
		set(line, LP_DOCTOR_OK, "TCP carries packets of any size, in segments of its own.");
		return;
	}
	if (facts->path_payload == 0)
		return;
	if (facts->path_payload > PAYLOAD_MIN + 60) {
		set(line, LP_DOCTOR_OK, "Packets of up to %u bytes pass.", facts->path_payload);
		return;
	}
	set(line, LP_DOCTOR_WARNING, "Only packets of up to %u bytes pass, so every large frame needs two of them.",
		facts->path_payload);
	cure(line, "Look for another VPN, a mobile network or a router with a small MTU on the way.");
}

void lp_doctor_path_mtu_in(const struct lp_doctor_facts *facts, struct lp_doctor_line *line)
{
	if (facts->mtu_up == 0 || facts->mtu_down == 0 || facts->over_tcp == LP_FACT_YES)
		return;
	if (facts->mtu_down + MTU_DIFFERENCE >= facts->mtu_up) {
		set(line, LP_DOCTOR_OK, "Frames of up to %u bytes come in one packet.", facts->mtu_down);
		return;
	}
	set(line, LP_DOCTOR_WARNING,
		"Frames of up to %u bytes go to the relay in one packet, but only those of up to %u bytes come back in one.",
		facts->mtu_up, facts->mtu_down);
	cure(line, "Look for a firewall that drops large or fragmented packets from the internet, or ICMP.");
}

void lp_doctor_loss(const struct lp_doctor_facts *facts, struct lp_doctor_line *line)
{
	uint32_t worst = facts->loss_up_ppm > facts->loss_down_ppm ? facts->loss_up_ppm : facts->loss_down_ppm;
	if (!facts->has_loss)
		return;
	enum lp_doctor_verdict verdict = worst >= LOSS_FAILURE_PPM ? LP_DOCTOR_FAILURE
					 : worst >= LOSS_WARNING_PPM || facts->jitter_us >= JITTER_WARNING_US
						 ? LP_DOCTOR_WARNING
						 : LP_DOCTOR_OK;
	set(line, verdict, "%.1f %% of the packets are lost, and the round trip is %.1f ms with %.1f ms of jitter.",
		(double)worst / 10000.0, (double)facts->rtt_us / 1000.0, (double)facts->jitter_us / 1000.0);
	if (verdict != LP_DOCTOR_OK && facts->over_tcp == LP_FACT_YES)
		cure(line,
			"Use a network that admits UDP: TCP repeats what is lost and holds back all behind it, which shows as "
			"jitter.");
	else if (verdict != LP_DOCTOR_OK)
		cure(line, "Use a cable instead of Wi-Fi, and stop other uploads and downloads.");
}

void lp_doctor_load(const struct lp_doctor_facts *facts, struct lp_doctor_line *line)
{
	if (facts->loaded_rtt_us == 0 || facts->rtt_us == 0)
		return;
	uint64_t added_us = facts->loaded_rtt_us > facts->rtt_us ? facts->loaded_rtt_us - facts->rtt_us : 0;
	set(line, added_us >= LOAD_WARNING_US ? LP_DOCTOR_WARNING : LP_DOCTOR_OK,
		"Full upload adds %.1f ms to the round trip of %.1f ms.", (double)added_us / 1000.0,
		(double)facts->rtt_us / 1000.0);
	if (line->verdict == LP_DOCTOR_WARNING)
		cure(line, "Turn on queue management (SQM, fq_codel or CAKE) in the router, or limit other uploads.");
}

void lp_doctor_handshakes(const struct lp_doctor_facts *facts, struct lp_doctor_line *line)
{
	if (facts->running != LP_FACT_YES)
		return;
	if (facts->n_refused == 0) {
		set(line, LP_DOCTOR_OK, "No connection was refused by a limit; %" PRIu64 " are open.",
			facts->n_connections);
		return;
	}
	set(line, LP_DOCTOR_WARNING, "%" PRIu64 " connections were refused by a limit.", facts->n_refused);
	cure(line,
		"If these were players behind one address, raise --max-connections-per-address; the log has the reason.");
}

void lp_doctor_offloads(const struct lp_doctor_facts *facts, struct lp_doctor_line *line)
{
	if (facts->sends_singly == LP_FACT_NO) {
		set(line, LP_DOCTOR_OK, "Packets that this system sends together arrive.");
	} else if (facts->sends_singly == LP_FACT_YES) {
		set(line, LP_DOCTOR_WARNING,
			"Packets that this system sends together were lost, so each is sent alone, which takes more of the "
			"processor.");
		cure(line,
			"Update the driver of the network card, or turn off its UDP segmentation: 'sudo ethtool -K %s "
			"tx-udp-segmentation off'.",
			facts->route_device[0] ? facts->route_device : "DEVICE");
	}
}

void lp_doctor_buffers(const struct lp_doctor_facts *facts, struct lp_doctor_line *line)
{
	if (facts->running != LP_FACT_YES)
		return;
	if (facts->n_overflows == 0) {
		set(line, LP_DOCTOR_OK, "The system dropped no packet because this program was too slow.");
		return;
	}
	set(line, LP_DOCTOR_WARNING, "The system dropped %" PRIu64 " packets because this program was too slow.",
		facts->n_overflows);
	cure(line, "Start it as root, so that it gets larger buffers and real-time priority, and free the processor.");
}

void lp_doctor_room(const struct lp_doctor_facts *facts, struct lp_doctor_line *line)
{
	if (facts->joined == LP_FACT_YES) {
		set(line, LP_DOCTOR_OK, "The relay has admitted this computer to room %s.", facts->room);
	} else if (facts->joined == LP_FACT_NO) {
		set(line, LP_DOCTOR_FAILURE, "This computer is not in room %s%s%s.", facts->room,
			facts->join_reason[0] ? ": " : "", facts->join_reason);
		cure(line, "Do what the reason says; the log of %s has more.", program_name(facts));
	}
}

void lp_doctor_gateway(const struct lp_doctor_facts *facts, struct lp_doctor_line *line)
{
	if (facts->gateway_present == LP_FACT_YES) {
		set(line, LP_DOCTOR_OK, "It is in the room.");
	} else if (facts->gateway_present == LP_FACT_NO) {
		set(line, LP_DOCTOR_FAILURE, "No gateway is in the room, so there is no LAN behind it.");
		cure(line, "Ask the host to start lanparty-gateway, and compare the room codes.");
	}
}

void lp_doctor_lan_link(const struct lp_doctor_facts *facts, struct lp_doctor_line *line)
{
	if (facts->lan_up == LP_FACT_YES) {
		set(line, LP_DOCTOR_OK, "The gateway's interface has a link.");
	} else if (facts->lan_up == LP_FACT_NO) {
		set(line, LP_DOCTOR_FAILURE, "The gateway's interface has no link.");
		cure(line, "Check the cable between the gateway and the party's switch.");
	}
}

void lp_doctor_adapter(const struct lp_doctor_facts *facts, struct lp_doctor_line *line)
{
	if (facts->adapter_up == LP_FACT_YES) {
		set(line, LP_DOCTOR_OK, "%s is up.", facts->device);
	} else if (facts->adapter_up == LP_FACT_NO) {
		set(line, LP_DOCTOR_FAILURE, "%s carries no frames: it %s.", facts->device,
			facts->adapter_trouble[0] ? facts->adapter_trouble : "is down");
		cure(line, "Set it up with 'sudo ip link set %s up', or restart the client.", facts->device);
	}
}

void lp_doctor_overlap(const struct lp_doctor_facts *facts, struct lp_doctor_line *line)
{
	if (facts->conflicts_known != LP_FACT_YES)
		return;
	if (!facts->overlap[0]) {
		set(line, LP_DOCTOR_OK, "None of them has the addresses of the party.");
		return;
	}
	set(line, LP_DOCTOR_FAILURE,
		"%s has the same addresses as the party, so this computer reaches only one of the two.",
		facts->overlap);
	cure(line, "Let the host use another network; for one server, 'sudo ip route add SERVER dev %s'.",
		facts->device);
}

/* True for an address that systems give themselves: 169.254.0.0/16 (RFC 3927). */
static bool is_link_local(const struct lp_addr *address)
{
	return address->family == 4 && address->ip[0] == 169 && address->ip[1] == 254;
}

void lp_doctor_address(const struct lp_doctor_facts *facts, struct lp_doctor_line *line)
{
	char text[LP_ADDR_TEXT_MAX];
	if (facts->adapter_up != LP_FACT_YES)
		return;
	if (facts->address.family && !is_link_local(&facts->address)) {
		set(line, LP_DOCTOR_OK, "%s has %s.", facts->device, lp_addr_format(&facts->address, text));
		return;
	}
	set(line, LP_DOCTOR_FAILURE, "%s has no address of the LAN.", facts->device);
	cure(line, "Start the client without --no-dhcp, or with --address if the LAN has no DHCP server.");
}

void lp_doctor_dhcp(const struct lp_doctor_facts *facts, struct lp_doctor_line *line)
{
	char first[LP_ADDR_TEXT_MAX], second[LP_ADDR_TEXT_MAX];
	if (facts->lan_probed == LP_FACT_NO) {
		set(line, LP_DOCTOR_SKIPPED, "It was not asked: %s.", facts->lan_probe_reason);
		return;
	}
	if (facts->lan_probed != LP_FACT_YES)
		return;
	if (facts->n_servers == 0) {
		bool needed = facts->program == LP_DOCTOR_OF_CLIENT && !facts->address.family;
		set(line, needed ? LP_DOCTOR_FAILURE : LP_DOCTOR_WARNING, "No DHCP server replied within 3 seconds%s.",
			needed ? ", and this computer has no address of the LAN" : "");
		cure(line, "Start one on the LAN, such as the router's, or give every computer a fixed address.");
		return;
	}
	lp_addr_format(&facts->servers[0].address, first);
	if (facts->n_servers == 1) {
		set(line, LP_DOCTOR_OK, "%s replied within %" PRIu64 " ms.", first,
			facts->servers[0].after_us / 1000 + 1);
		return;
	}
	set(line, LP_DOCTOR_WARNING, "Several DHCP servers replied: %s, %s%s.", first,
		lp_addr_format(&facts->servers[1].address, second), facts->n_servers > 2 ? " and more" : "");
	cure(line, "Turn all but one off, or computers get addresses of different networks.");
}

void lp_doctor_duplicate(const struct lp_doctor_facts *facts, struct lp_doctor_line *line)
{
	char mac[LP_MAC_TEXT_MAX], address[LP_ADDR_TEXT_MAX];
	if (facts->lan_probed != LP_FACT_YES || facts->address.family != 4)
		return;
	lp_addr_format(&facts->address, address);
	if (lp_mac_is_zero(&facts->duplicate)) {
		set(line, LP_DOCTOR_OK, "No other computer has %s.", address);
		return;
	}
	set(line, LP_DOCTOR_FAILURE, "%s has the address %s, too.", lp_mac_format(&facts->duplicate, mac), address);
	cure(line, "Give one of the two another address.");
}

void lp_doctor_answer(const struct lp_doctor_facts *facts, struct lp_doctor_line *line)
{
	if (facts->lan_probed != LP_FACT_YES)
		return;
	if ((facts->n_servers || facts->n_arp_replies) && facts->n_broadcasts_out) {
		set(line, LP_DOCTOR_OK,
			"Computers on the LAN receive broadcasts of this one and reply; the gateway has sent %" PRIu64
			" of them to its LAN.",
			facts->n_broadcasts_out);
	} else if (facts->n_servers || facts->n_arp_replies) {
		set(line, LP_DOCTOR_OK, "Computers on the LAN receive broadcasts of this one and reply.");
	} else if (facts->n_broadcasts_out) {
		set(line, LP_DOCTOR_WARNING,
			"The gateway has sent %" PRIu64 " broadcasts of this computer to its LAN, and %" PRIu64
			" of the LAN arrived here, but nothing replied.",
			facts->n_broadcasts_out, facts->n_broadcasts_in);
		cure(line, "Check that a computer is on at the LAN, and the VLAN of the gateway's port of the switch.");
	} else if (facts->n_broadcasts_in) {
		set(line, LP_DOCTOR_WARNING,
			"%" PRIu64 " broadcasts of the LAN arrived, but nothing replied to this computer's.",
			facts->n_broadcasts_in);
		cure(line, "Check whether the gateway's port of the switch is isolated or in another VLAN.");
	} else {
		set(line, LP_DOCTOR_WARNING, "Nothing on the LAN replied, and no broadcast arrived within 3 seconds.");
		cure(line, "Check that a computer is on at the LAN, and the VLAN of the gateway's port of the switch.");
	}
}

void lp_doctor_broadcast(const struct lp_doctor_facts *facts, struct lp_doctor_line *line)
{
	if (facts->conflicts_known != LP_FACT_YES)
		return;
	if (!facts->broadcast_astray[0]) {
		set(line, LP_DOCTOR_OK, "They leave by %s.", facts->device);
		return;
	}
	set(line, LP_DOCTOR_FAILURE, "They leave by %s, so games do not find servers of the LAN.",
		facts->broadcast_astray);
	cure(line, "Start the client without --no-broadcast-routes, or 'sudo ip route add 255.255.255.255 dev %s'.",
		facts->device);
}

void lp_doctor_multicast(const struct lp_doctor_facts *facts, struct lp_doctor_line *line)
{
	if (facts->adapter_up != LP_FACT_YES || facts->multicast_routed == LP_FACT_UNKNOWN)
		return;
	if (facts->multicast_routed == LP_FACT_YES && strcmp(facts->multicast_device, facts->device) == 0) {
		set(line, LP_DOCTOR_OK, "They leave by %s.", facts->device);
		return;
	}
	if (facts->multicast_routed == LP_FACT_YES)
		set(line, LP_DOCTOR_WARNING, "They leave by %s, unless the game selects %s itself.",
			facts->multicast_device, facts->device);
	else
		set(line, LP_DOCTOR_WARNING, "They have no route, so only games that select %s send them.",
			facts->device);
	cure(line, "Start the client without --no-broadcast-routes, or 'sudo ip route add 224.0.0.0/4 dev %s'.",
		facts->device);
}

void lp_doctor_firewall(const struct lp_doctor_facts *facts, struct lp_doctor_line *line)
{
	if (facts->firewall_known != LP_FACT_YES) {
		if (facts->firewall_reason[0])
			set(line, LP_DOCTOR_SKIPPED, "It was not read: %s.", facts->firewall_reason);
		return;
	}
	if (facts->firewall_open != LP_FACT_NO) {
		set(line, LP_DOCTOR_OK, "nftables has no chain that drops what arrives%s%s.",
			facts->device[0] ? " at " : "", facts->device);
		return;
	}
	set(line, LP_DOCTOR_WARNING, "%s, so replies to broadcasts of games are lost.", facts->firewall_reason);
	if (facts->program == LP_DOCTOR_OF_RELAY)
		cure(line, "Accept the relay's UDP port.");
	else
		cure(line, "Accept everything that arrives at %s: 'iifname \"%s\" accept'.", facts->device,
			facts->device);
}

void lp_doctor_tunnel_mtu(const struct lp_doctor_facts *facts, struct lp_doctor_line *line)
{
	if (facts->room_mtu == 0)
		return;
	if (facts->unfragmented_mtu >= facts->room_mtu)
		set(line, LP_DOCTOR_OK, "Packets of up to %u bytes pass, each in one piece.", facts->room_mtu);
	else
		set(line, LP_DOCTOR_OK,
			"Packets of up to %u bytes pass; those above %u in fragments, which TCP avoids.",
			facts->room_mtu, facts->unfragmented_mtu);
}
