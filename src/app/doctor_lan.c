#include "app/doctor_lan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "doctor/doctor.h"
#include "doctor/lan_frames.h"
#include "doctor/ruleset.h"
#include "platform/device/sniffer.h"
#include "platform/loop/loop.h"
#include "platform/net/firewall.h"
#include "platform/net/interface_name.h"
#include "platform/net/route.h"
#include "platform/system/random.h"

#define PROBE_NS (3 * LP_SEC)
/* A lost question is asked again. */
#define REPEAT_NS LP_SEC
#define STEP_NS (100 * LP_MS)

struct lan {
	struct lp_sniffer *sniffer;
	struct lp_doctor_facts *facts;
	struct lp_mac mac;
	uint32_t xid;
	uint64_t discover_ns; /* when the last question was sent */
};

/* Asks for DHCP servers, for another station with our address, and for the first server's MAC. */
static void ask(struct lan *lan, uint64_t now_ns)
{
	static const uint8_t nobody[4];
	const struct lp_doctor_facts *facts = lan->facts;
	uint8_t frame[LP_LAN_FRAME_MAX];
	lan->discover_ns = now_ns;
	(void)lp_sniffer_send(lan->sniffer, frame, lp_lan_discover(frame, &lan->mac, lan->xid));
	if (facts->address.family == 4)
		(void)lp_sniffer_send(lan->sniffer, frame, lp_lan_arp(frame, &lan->mac, nobody, facts->address.ip));
	if (facts->n_servers > 0)
		(void)lp_sniffer_send(
			lan->sniffer, frame, lp_lan_arp(frame, &lan->mac, nobody, facts->servers[0].address.ip));
}

/* A server has replied. */
static void add_server(struct lan *lan, const uint8_t ip[4], uint64_t now_ns)
{
	struct lp_doctor_facts *facts = lan->facts;
	for (size_t i = 0; i < facts->n_servers; i++)
		if (memcmp(facts->servers[i].address.ip, ip, 4) == 0)
			return;
	if (facts->n_servers == LP_DOCTOR_SERVERS_MAX)
		return;
	struct lp_doctor_server *server = &facts->servers[facts->n_servers++];
	*server = (struct lp_doctor_server){.address = {.family = 4}, .after_us = (now_ns - lan->discover_ns) / LP_US};
	memcpy(server->address.ip, ip, 4);
}

static void take(struct lan *lan, const uint8_t *frame, size_t len, uint64_t now_ns)
{
	struct lp_doctor_facts *facts = lan->facts;
	uint8_t server[4];
	struct lp_mac mac;
	if (len > 0 && frame[0] & 1)
		facts->n_broadcasts_in++;
	if (lp_lan_offer(frame, len, lan->xid, server))
		add_server(lan, server, now_ns);
	if (facts->address.family == 4 && lp_lan_arp_from(frame, len, facts->address.ip, &mac) &&
		!lp_mac_equal(&mac, &lan->mac))
		facts->duplicate = mac;
	if (facts->n_servers > 0 && lp_lan_arp_from(frame, len, facts->servers[0].address.ip, &mac))
		facts->n_arp_replies++;
}

void lp_doctor_probe_lan(struct lp_doctor_facts *facts)
{
	struct lan lan = {.facts = facts};
	struct lp_failure failure = {0};
	struct lp_loop *clock;
	uint8_t frame[2048];
	if (lp_loop_new(&clock) < 0)
		return;
	if (lp_sniffer_open(facts->device, &failure, &lan.sniffer) < 0) {
		facts->lan_probed = LP_FACT_NO;
		snprintf(facts->lan_probe_reason, sizeof facts->lan_probe_reason, "%.199s", failure.text);
		lp_loop_free(clock);
		return;
	}
	lp_sniffer_mac(lan.sniffer, &lan.mac);
	lp_random_fill((uint8_t *)&lan.xid, sizeof lan.xid);
	facts->lan_probed = LP_FACT_YES;
	uint64_t now_ns = lp_loop_now_ns(clock), end_ns = now_ns + PROBE_NS, ask_ns = now_ns;
	for (; now_ns < end_ns; now_ns = lp_loop_now_ns(clock)) {
		if (now_ns >= ask_ns) {
			ask(&lan, now_ns);
			ask_ns = now_ns + REPEAT_NS;
		}
		int len = lp_sniffer_next(lan.sniffer, frame, sizeof frame, STEP_NS);
		if (len > 0)
			take(&lan, frame, (size_t)len, lp_loop_now_ns(clock));
	}
	lp_sniffer_close(lan.sniffer);
	lp_loop_free(clock);
}

void lp_doctor_probe_multicast(struct lp_doctor_facts *facts)
{
	/* 224.0.2.60, to which Minecraft announces worlds. */
	struct lp_route_query query = {.remote = {.family = 4, .ip = {224, 0, 2, 60}, .port = 4445}};
	struct lp_failure failure = {0};
	struct lp_route route;
	bool tunnel;
	int result = lp_route_best(&query, &failure, &route);
	if (result == LP_EUNREACH)
		facts->multicast_routed = LP_FACT_NO;
	else if (result == 0 && lp_interface_name(route.interface.index, facts->multicast_device, &tunnel))
		facts->multicast_routed = LP_FACT_YES;
}

void lp_doctor_probe_firewall(struct lp_doctor_facts *facts, unsigned port)
{
	struct lp_failure failure = {0};
	struct lp_ruleset ruleset;
	char *text;
	if (lp_firewall_rules(&failure, &text) < 0) {
		snprintf(facts->firewall_reason, sizeof facts->firewall_reason, "%.199s", failure.text);
		return;
	}
	lp_ruleset_read(text, facts->device, (uint16_t)port, &ruleset);
	free(text);
	facts->firewall_known = LP_FACT_YES;
	facts->firewall_open = ruleset.drops && !ruleset.accepts ? LP_FACT_NO : LP_FACT_YES;
	if (ruleset.drops)
		snprintf(facts->firewall_reason, sizeof facts->firewall_reason,
			"The chain %s of nftables drops what no rule accepts", ruleset.chain);
}
