#include "report/status.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/units.h"

/* The line says that a client is alone after this many samples, one per second. */
#define ALONE_SAMPLES 3

const char *lp_member_state_text(enum lp_member_state state)
{
	static const char *const texts[] = {
#define X(name, text) text,
		LP_MEMBER_STATES(X)
#undef X
	};
	return texts[state];
}

const char *lp_summary_text(enum lp_summary summary)
{
	static const char *const texts[] = {
#define X(name, text) text,
		LP_SUMMARIES(X)
#undef X
	};
	return texts[summary];
}

const char *lp_device_trouble_text(enum lp_device_trouble trouble)
{
	static const char *const texts[] = {
#define X(name, text) text,
		LP_DEVICE_TROUBLES(X)
#undef X
	};
	return texts[trouble];
}

void lp_status_init(struct lp_status *status, enum lp_role role, const char *relay, const char *room)
{
	*status = (struct lp_status){.role = role};
	snprintf(status->relay, sizeof status->relay, "%s", relay);
	snprintf(status->room, sizeof status->room, "%s", room);
}

/* Records what later updates need to know about this one. */
static void remember(struct lp_status *status)
{
	if (status->state == LP_MEMBER_JOINED) {
		status->history.ever_joined = true;
		status->history.n_waits = 0;
	} else if (status->state == LP_MEMBER_WAITING && status->history.state != LP_MEMBER_WAITING) {
		status->history.n_waits++;
	}
	status->history.state = status->state;
	if (status->state != LP_MEMBER_JOINED || !status->gateway_present)
		return;
	status->history.gateway_seen = true;
	memcpy(status->history.gateway_name, status->gateway_name, sizeof status->gateway_name);
}

/* True for an address other than one that Windows assigns itself if no DHCP server answers: 169.254.0.0/16 (RFC 3927).
 */
static bool has_address(const struct lp_status *status)
{
	const struct lp_addr *address = &status->device.address;
	return address->family && !(address->family == 4 && address->ip[0] == 169 && address->ip[1] == 254);
}

static enum lp_summary summarize_joined(const struct lp_status *status)
{
	if (status->trouble)
		return LP_SUMMARY_NO_LAN;
	if (status->role == LP_ROLE_GATEWAY)
		return status->gateway_lan_deaf ? LP_SUMMARY_NO_LAN : LP_SUMMARY_ON_LAN;
	if (status->gateway_present && (status->gateway_lan_down || status->gateway_lan_deaf))
		return LP_SUMMARY_NO_LAN;
	if (status->gateway_present && !has_address(status))
		return LP_SUMMARY_NO_ADDRESS;
	if (status->gateway_present)
		return status->lan_answered ? LP_SUMMARY_ON_LAN : LP_SUMMARY_NO_ANSWER;
	return status->history.gateway_seen ? LP_SUMMARY_GATEWAY_GONE : LP_SUMMARY_WAITING_FOR_GATEWAY;
}

static enum lp_summary summarize(const struct lp_status *status)
{
	bool ever_joined = status->history.ever_joined;
	unsigned n_waits = status->history.n_waits;
	if (status->state == LP_MEMBER_ENDED)
		return LP_SUMMARY_ENDED;
	if (status->state == LP_MEMBER_JOINED)
		return summarize_joined(status);
	if (status->slot_held)
		return LP_SUMMARY_SLOT_HELD;
	if (n_waits == 0)
		return ever_joined ? LP_SUMMARY_RECONNECTING : LP_SUMMARY_CONNECTING;
	return ever_joined && n_waits == 1 ? LP_SUMMARY_RECONNECTING : LP_SUMMARY_UNREACHABLE;
}

/* Adds " 'name'" if the gateway has one. */
static void add_gateway(struct lp_text *text, const struct lp_status *status)
{
	if (!status->history.gateway_name[0])
		return;
	lp_text_add(text, " '");
	lp_text_escaped(text, status->history.gateway_name);
	lp_text_add(text, "'");
}

/* Adds the reason between |before| and |after|, if there is one. */
static void add_reason(struct lp_text *text, const struct lp_status *status, const char *before, const char *after)
{
	bool has_reason = status->state == LP_MEMBER_WAITING || status->state == LP_MEMBER_ENDED;
	if (!has_reason || !status->reason[0])
		return;
	lp_text_add(text, before);
	lp_text_escaped(text, status->reason);
	lp_text_add(text, after);
}

static void write_on_lan(const struct lp_status *status, struct lp_text *text)
{
	char address[LP_ADDR_TEXT_MAX];
	if (status->role == LP_ROLE_GATEWAY) {
		lp_text_addf(text, "room %s is on this LAN", status->room);
		return;
	}
	lp_text_addf(text, "on the LAN as %s, room %s, gateway", lp_addr_format(&status->device.address, address),
		status->room);
	add_gateway(text, status);
	if (!status->history.gateway_name[0])
		lp_text_add(text, " present");
}

static void write_no_lan(const struct lp_status *status, struct lp_text *text)
{
	lp_text_addf(text, "in room %s, waiting for the LAN: ", status->room);
	if (status->trouble) {
		lp_text_addf(text, "%s %s", status->device_name, lp_device_trouble_text(status->trouble));
		return;
	}
	if (status->role == LP_ROLE_GATEWAY) {
		lp_text_addf(text, "%s drops its replies to remote players", status->device_name);
		return;
	}
	lp_text_add(text, "the gateway");
	add_gateway(text, status);
	if (status->gateway_lan_deaf && !status->gateway_lan_down)
		lp_text_add(text, " drops its replies to players. The gateway's log says why");
	else
		lp_text_add(text, " has no link to it, its cable may be out");
}

/* Writes the line for the summary. */
static void write_line(const struct lp_status *status, struct lp_text *text)
{
	char address[LP_ADDR_TEXT_MAX];
	switch (status->summary) {
	case LP_SUMMARY_CONNECTING:
		lp_text_addf(text, "connecting to %s", status->relay);
		break;
	case LP_SUMMARY_WAITING_FOR_GATEWAY:
		if (status->history.n_alone >= ALONE_SAMPLES)
			lp_text_addf(text,
				"nobody else is in room %s. Check the spelling of the room code, or wait for the host",
				status->room);
		else
			lp_text_addf(text, "in room %s, waiting for the host's gateway", status->room);
		break;
	case LP_SUMMARY_NO_ADDRESS:
		lp_text_addf(
			text, "in room %s, but %s has no IP address of the LAN yet", status->room, status->device_name);
		break;
	case LP_SUMMARY_NO_ANSWER:
		lp_text_addf(text, "in room %s as %s, but nothing on the LAN has answered yet", status->room,
			lp_addr_format(&status->device.address, address));
		break;
	case LP_SUMMARY_ON_LAN:
		write_on_lan(status, text);
		break;
	case LP_SUMMARY_GATEWAY_GONE:
		lp_text_addf(text, "in room %s, but the gateway", status->room);
		add_gateway(text, status);
		lp_text_add(text, " is gone. Waiting for it to come back");
		break;
	case LP_SUMMARY_RECONNECTING:
		lp_text_add(text, "connection lost, reconnecting");
		add_reason(text, status, ": ", "");
		break;
	case LP_SUMMARY_UNREACHABLE:
		lp_text_addf(text, "no connection to %s, still trying", status->relay);
		add_reason(text, status, ": ", "");
		break;
	case LP_SUMMARY_NO_LAN:
		write_no_lan(status, text);
		break;
	case LP_SUMMARY_SLOT_HELD:
		lp_text_addf(text,
			"room %s already has a member with this MAC address, perhaps from a run that crashed. Retrying "
			"for 30 s. If another %s runs here, stop one of the two",
			status->room, status->role == LP_ROLE_GATEWAY ? "lanparty-gateway" : "lanparty-client");
		break;
	case LP_SUMMARY_ENDED:
	case LP_SUMMARY_COUNT:
		if (status->reason[0])
			add_reason(text, status, "ended: ", "");
		else
			lp_text_addf(text, "left room %s", status->room);
	}
}

bool lp_status_update(struct lp_status *status)
{
	char written[LP_STATUS_TEXT_MAX];
	struct lp_text text;
	enum lp_summary before = status->summary;
	bool attempting = status->state < LP_MEMBER_JOINED;
	remember(status);
	status->summary = summarize(status);
	/* An attempt to reconnect does not invalidate the line, which says why the last one failed. */
	if (attempting && status->text[0] && status->summary == before)
		return false;
	lp_text_init(&text, written, sizeof written);
	write_line(status, &text);
	if (strcmp(written, status->text) == 0)
		return false;
	memcpy(status->text, written, text.len + 1);
	return true;
}

void lp_status_sample(struct lp_status *status, uint64_t now_ns)
{
	const struct lp_stats_message *relay = &status->relay_stats;
	bool alone = status->state == LP_MEMBER_JOINED && status->n_peers == 0 && !status->gateway_present;
	status->history.n_alone = alone ? status->history.n_alone + 1 : 0;
	lp_latency_sample(&status->latency, status->min_rtt_ns / LP_US);
	lp_rates_sample(&status->rates, &status->counters, now_ns);
	lp_loss_sample(&status->loss_up, status->counters.datagrams_out, status->packets_lost, now_ns);
	if (!status->has_relay_stats || status->n_relay_stats == status->history.n_relay_stats)
		return; /* the relay's figures have not changed */
	status->history.n_relay_stats = status->n_relay_stats;
	lp_loss_sample(&status->loss_down, relay->counters.datagrams_out, relay->packets_lost, now_ns);
}

uint64_t lp_status_drops(const struct lp_status *status)
{
	uint64_t at_relay = status->has_relay_stats ? lp_drops_total(status->relay_stats.counters.drops) : 0;
	return lp_drops_total(status->counters.drops) + at_relay;
}
