#include "report/status.h"

#include <string.h>

#include "base/text.h"

static const char *const words[] = {
#define X(name, word) word,
	LP_STATUSES(X)
#undef X
};

const char *lp_status_word(enum lp_status status)
{
	return (unsigned)status < LP_STATUS_COUNT ? words[status] : "unknown";
}

void lp_status_line_init(struct lp_status_line *line, enum lp_role role, const char *relay, const char *room)
{
	*line = (struct lp_status_line){.role = role, .relay = relay, .room = room};
}

/* Takes over what later lines need to know of this moment. */
static void remember(struct lp_status_line *line, const struct lp_status_input *input)
{
	if (input->phase == LP_STATUS_JOINED) {
		line->ever_joined = true;
		line->n_pauses = 0;
	} else if (input->phase == LP_STATUS_PAUSING && line->phase != LP_STATUS_PAUSING) {
		line->n_pauses++;
	}
	line->phase = input->phase;
	if (input->phase != LP_STATUS_JOINED || !input->gateway_present)
		return;
	struct lp_text name;
	line->gateway_seen = true;
	lp_text_init(&name, line->gateway_name, sizeof line->gateway_name);
	if (input->gateway_name)
		lp_text_add(&name, input->gateway_name);
}

/* What is true now. */
static enum lp_status judge(const struct lp_status_line *line, const struct lp_status_input *input)
{
	if (input->phase == LP_STATUS_OVER)
		return LP_STATUS_ENDED;
	if (input->phase != LP_STATUS_JOINED && input->place_held)
		return LP_STATUS_PLACE_HELD;
	if (input->phase != LP_STATUS_JOINED && line->n_pauses == 0)
		return line->ever_joined ? LP_STATUS_RECONNECTING : LP_STATUS_CONNECTING;
	if (input->phase != LP_STATUS_JOINED)
		return line->ever_joined && line->n_pauses == 1 ? LP_STATUS_RECONNECTING : LP_STATUS_UNREACHABLE;
	if (input->trouble)
		return LP_STATUS_NO_LAN;
	if (line->role == LP_ROLE_CLIENT && input->gateway_present && input->gateway_lan_down)
		return LP_STATUS_NO_LAN;
	if (line->role == LP_ROLE_GATEWAY || input->gateway_present)
		return LP_STATUS_ON_LAN;
	return line->gateway_seen ? LP_STATUS_GATEWAY_GONE : LP_STATUS_WAITING_FOR_GATEWAY;
}

/* Adds " 'name'" if the gateway has one. */
static void add_gateway(struct lp_text *text, const struct lp_status_line *line)
{
	if (!line->gateway_name[0])
		return;
	lp_text_add(text, " '");
	lp_text_escaped(text, line->gateway_name);
	lp_text_add(text, "'");
}

/* Adds the reason in |before| and |after|, if there is one. */
static void add_reason(struct lp_text *text, const struct lp_status_input *input, const char *before, const char *after)
{
	if (!input->reason || !input->reason[0])
		return;
	lp_text_add(text, before);
	lp_text_escaped(text, input->reason);
	lp_text_add(text, after);
}

/* Writes the line for the status. */
static void write_line(const struct lp_status_line *line, const struct lp_status_input *input, struct lp_text *text)
{
	switch (line->status) {
	case LP_STATUS_CONNECTING:
		lp_text_addf(text, "connecting to %s", line->relay);
		break;
	case LP_STATUS_WAITING_FOR_GATEWAY:
		lp_text_addf(text, "in room %s: waiting for the LAN gateway", line->room);
		break;
	case LP_STATUS_ON_LAN:
		if (line->role == LP_ROLE_GATEWAY) {
			lp_text_addf(text, "room %s is on this LAN", line->room);
			break;
		}
		lp_text_addf(text, "on the LAN: room %s, gateway", line->room);
		add_gateway(text, line);
		if (!line->gateway_name[0])
			lp_text_add(text, " present");
		break;
	case LP_STATUS_GATEWAY_GONE:
		lp_text_addf(text, "in room %s: the LAN gateway", line->room);
		add_gateway(text, line);
		lp_text_add(text, " is gone, waiting for it to come back");
		break;
	case LP_STATUS_RECONNECTING:
		lp_text_add(text, "connection to the relay lost");
		add_reason(text, input, " (", ")");
		lp_text_add(text, ": reconnecting");
		if (input->retry_ns > 0) {
			lp_text_add(text, " in ");
			lp_text_duration(text, input->retry_ns);
		}
		break;
	case LP_STATUS_UNREACHABLE:
		lp_text_addf(text, "relay %s unreachable", line->relay);
		add_reason(text, input, " (", ")");
		lp_text_add(text, ": trying until it answers");
		break;
	case LP_STATUS_NO_LAN:
		lp_text_addf(text, "in room %s: waiting for the LAN: ", line->room);
		if (input->trouble) {
			lp_text_addf(text, "%s %s", input->device, input->trouble);
			break;
		}
		lp_text_add(text, "the gateway");
		add_gateway(text, line);
		lp_text_add(text, " has no link to it, its cable may be out");
		break;
	case LP_STATUS_PLACE_HELD:
		lp_text_addf(text,
			"room %s: the relay still holds this place from before: it is free within half a minute; "
			"trying again",
			line->room);
		break;
	default:
		lp_text_add(text, "ended");
		add_reason(text, input, ": ", "");
	}
}

bool lp_status_line_update(struct lp_status_line *line, const struct lp_status_input *input)
{
	char written[LP_STATUS_TEXT_MAX];
	struct lp_text text;
	enum lp_status before = line->status;
	remember(line, input);
	line->status = judge(line, input);
	/* An attempt under way does not make what is known about the relay less true. */
	if (input->phase == LP_STATUS_SEEKING && line->text[0] && line->status == before)
		return false;
	lp_text_init(&text, written, sizeof written);
	write_line(line, input, &text);
	if (strcmp(written, line->text) == 0)
		return false;
	memcpy(line->text, written, text.len + 1);
	return true;
}
