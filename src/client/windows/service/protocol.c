#include "client/windows/service/protocol.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/text.h"

static const char *const command_texts[] = {"status", "join", "leave"};
static const char *const phase_texts[] = {"idle", "starting", "running", "leaving", "ended"};
static const struct lp_words command_words = {command_texts, sizeof command_texts / sizeof command_texts[0]};
static const struct lp_words phase_words = {phase_texts, sizeof phase_texts / sizeof phase_texts[0]};

#define AT(type, member) offsetof(struct type, member), sizeof(((struct type *)0)->member)
#define TEXT(type, name_, member) \
	{ \
		.name = name_, .kind = LP_FIELD_TEXT, .optional = true, .offset = offsetof(struct type, member), \
		.size = sizeof(((struct type *)0)->member), .max = sizeof(((struct type *)0)->member) - 1 \
	}
#define NUMBER(type, name_, member) \
	{ \
		.name = name_, .kind = LP_FIELD_UINT, .optional = true, .offset = offsetof(struct type, member), \
		.size = sizeof(((struct type *)0)->member), .max = INT64_MAX \
	}
#define N(rows) (sizeof(rows) / sizeof((rows)[0]))

static const struct lp_field request_fields[] = {
	{"command", LP_FIELD_WORD, false, AT(lp_service_request, command), .words = &command_words},
	TEXT(lp_service_request, "invite", invite),
	TEXT(lp_service_request, "name", name),
};

static const struct lp_field member_fields[] = {
	{"role", LP_FIELD_WORD, false, AT(lp_service_member, role), .words = &lp_role_words},
	TEXT(lp_service_member, "name", name),
	TEXT(lp_service_member, "route", route),
	NUMBER(lp_service_member, "rtt_us", rtt_us),
	NUMBER(lp_service_member, "jitter_us", jitter_us),
	NUMBER(lp_service_member, "loss_ppm", loss_ppm),
};

static const struct lp_field status_fields[] = {
	TEXT(lp_service_reply, "summary", status.summary),
	TEXT(lp_service_reply, "text", status.text),
	TEXT(lp_service_reply, "room", status.room),
	TEXT(lp_service_reply, "relay", status.relay),
	TEXT(lp_service_reply, "device_address", status.device_address),
	NUMBER(lp_service_reply, "rtt_us", status.rtt_us),
	NUMBER(lp_service_reply, "jitter_us", status.jitter_us),
	NUMBER(lp_service_reply, "loss_up_ppm", status.loss_up_ppm),
	NUMBER(lp_service_reply, "loss_down_ppm", status.loss_down_ppm),
	NUMBER(lp_service_reply, "lan_rtt_us", status.lan_rtt_us),
	NUMBER(lp_service_reply, "down_bps", status.down_bps),
	NUMBER(lp_service_reply, "up_bps", status.up_bps),
	{"members", LP_FIELD_LIST, true, AT(lp_service_reply, status.members), .max = LP_SERVICE_MEMBERS_MAX,
		.fields = member_fields, .n_fields = N(member_fields), .item_size = sizeof(struct lp_service_member)},
};

/* Without the status, which is embedded as the client wrote it. */
static const struct lp_field reply_fields[] = {
	{"phase", LP_FIELD_WORD, false, AT(lp_service_reply, phase), .words = &phase_words},
	TEXT(lp_service_reply, "failure", failure),
	{"status", LP_FIELD_OBJECT, true, .fields = status_fields, .n_fields = N(status_fields)},
};
#define N_OUTER (N(reply_fields) - 1)

char *lp_service_request_write(const struct lp_service_request *request)
{
	return lp_fields_json(request_fields, N(request_fields), request);
}

int lp_service_request_read(
	const char *json, size_t len, struct lp_failure *failure, struct lp_service_request *ret_request)
{
	struct lp_service_request request = {0};
	int result = lp_fields_read("request", request_fields, N(request_fields), json, len, failure, &request);
	if (result == 0 && request.command == LP_SERVICE_UNKNOWN)
		result = lp_fail(failure, LP_EINVAL,
			"the service does not know this request. Install the same version of window and service");
	if (result == 0)
		*ret_request = request;
	return result;
}

char *lp_service_reply_write(enum lp_service_phase phase, const char *failure_text, const char *status_json)
{
	struct lp_service_reply reply = {.phase = phase};
	struct lp_text text;
	lp_text_init(&text, reply.failure, sizeof reply.failure);
	lp_text_add(&text, failure_text);
	char *outer = lp_fields_json(reply_fields, N_OUTER, &reply);
	if (!outer || !status_json)
		return outer;
	size_t size = strlen(outer) + strlen(status_json) + 16;
	char *json = malloc(size);
	if (json) {
		struct lp_text whole;
		lp_text_init(&whole, json, size);
		outer[strlen(outer) - 1] = '\0'; /* the brace */
		lp_text_add(&whole, outer);
		lp_text_add(&whole, ",\"status\":");
		lp_text_add(&whole, status_json);
		lp_text_add(&whole, "}");
	}
	free(outer);
	return json;
}

int lp_service_reply_read(const char *json, size_t len, struct lp_failure *failure, struct lp_service_reply *ret_reply)
{
	*ret_reply = (struct lp_service_reply){0};
	return lp_fields_read("reply", reply_fields, N(reply_fields), json, len, failure, ret_reply);
}

void lp_service_reply_done(struct lp_service_reply *reply)
{
	free(reply->status.members.items);
	reply->status.members = (struct lp_list){0};
}
