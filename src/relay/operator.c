#include "relay/operator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "app/control.h"
#include "base/error.h"
#include "base/failure.h"
#include "base/wipe.h"
#include "cli/options.h"
#include "cli/start.h"
#include "ctrl/schema.h"
#include "directory/directory.h"
#include "platform/loop/loop.h"
#include "relay/host.h"
#include "relay/room_create.h"
#include "relay/state.h"
#include "relay/workers.h"
#include "room/room.h"

struct request {
	char room[LP_ROOM_CODE_MAX + 1];
	enum lp_host_action action;
	char target[LP_NAME_MAX + 1];
};

#define AT(member) offsetof(struct request, member), sizeof(((struct request *)0)->member)

static const struct lp_field fields[] = {
	{"room", LP_FIELD_ROOM, false, AT(room), .max = LP_ROOM_CODE_MAX},
	{"action", LP_FIELD_WORD, false, AT(action), .words = &lp_host_action_words},
	{"target", LP_FIELD_TEXT, false, AT(target), .max = LP_NAME_MAX},
};
#define N_FIELDS (sizeof fields / sizeof fields[0])

/* The members that a target means. */
struct search {
	const char *room, *target;
	unsigned n_found;
	struct lp_operator_member found;
};

static void match(void *ctx, struct lp_peer *peer)
{
	struct search *search = ctx;
	const char *target = search->target;
	struct lp_mac mac;
	char *end;
	unsigned long id = strtoul(target, &end, 10);
	bool by_id = *target && !*end && id == lp_peer_id(peer);
	bool by_mac = lp_mac_parse(target, &mac) == 0 && lp_mac_equal(&mac, lp_peer_mac(peer));
	if ((search->room[0] && strcasecmp(lp_peer_room(peer), search->room) != 0) ||
		(!by_id && !by_mac && strcasecmp(target, lp_peer_name(peer)) != 0))
		return;
	search->n_found++;
	search->found = (struct lp_operator_member){.peer_id = lp_peer_id(peer), .mac = *lp_peer_mac(peer)};
	snprintf(search->found.room, sizeof search->found.room, "%s", lp_peer_room(peer));
}

static void search_relay(void *ctx, struct lp_relay *relay)
{
	lp_rooms_each(relay->rooms, match, ctx);
}

int lp_operator_find(struct lp_workers *workers, const char *room, const char *target, struct lp_failure *failure,
	struct lp_operator_member *ret_member)
{
	struct search search = {.room = room, .target = target};
	lp_workers_each(workers, search_relay, &search);
	if (search.n_found == 0)
		return lp_fail(failure, LP_ENOTFOUND,
			"room %s has no member '%s'. 'lanparty-relay status' lists the members", room, target);
	if (search.n_found > 1)
		return lp_fail(failure, LP_EINVAL,
			"several members of room %s are called '%s'. Use the number that 'lanparty-relay status' prints",
			room, target);
	*ret_member = search.found;
	return 0;
}

/* A request for the worker that has the room. */
struct task {
	const char *room;
	struct lp_host_request request;
	struct lp_host_reply reply;
};

static void carry_out(void *ctx, struct lp_relay *relay)
{
	struct task *task = ctx;
	lp_host_request(relay, task->room, &task->request, "the operator", &task->reply);
}

bool lp_operator_request(struct lp_workers *workers, const char *json, size_t len, char ret_text[LP_TEXT_MAX + 1])
{
	struct request request = {0};
	struct lp_failure failure;
	struct lp_operator_member member = {0};
	int result = lp_fields_read("request", fields, N_FIELDS, json, len, &failure, &request);
	if (result == 0 && request.action != LP_HOST_UNBAN)
		result = lp_operator_find(workers, request.room, request.target, &failure, &member);
	if (result < 0) {
		snprintf(ret_text, LP_TEXT_MAX + 1, "%.*s", LP_TEXT_MAX, failure.text);
		return false;
	}
	struct task task = {.room = request.room, .request = {.action = request.action, .peer_id = member.peer_id}};
	snprintf(task.request.target, sizeof task.request.target, "%s", request.target);
	lp_workers_at(workers, request.room, carry_out, &task);
	snprintf(ret_text, LP_TEXT_MAX + 1, "%s", task.reply.message);
	return task.reply.done;
}

/* A room to make. */
struct new_room {
	char code[LP_ROOM_CODE_MAX + 1];
	bool plain;
	struct lp_failure failure;
};

static const struct lp_field room_fields[] = {
	{"room", LP_FIELD_ROOM, false, offsetof(struct new_room, code), LP_ROOM_CODE_MAX + 1, .max = LP_ROOM_CODE_MAX},
	{"plain", LP_FIELD_BOOL, true, offsetof(struct new_room, plain), sizeof(bool)},
};

static int make_room(struct lp_directory *directory, int64_t now_unix_s, struct new_room *wanted)
{
	struct lp_directory_room room = {.created_unix_s = now_unix_s, .plain = wanted->plain};
	if (!directory)
		return lp_fail(&wanted->failure, LP_EUNSUPPORTED,
			"this relay admits every room code. Start it with --rooms to keep a list of rooms");
	if (!lp_room_code_valid(wanted->code))
		return lp_fail(
			&wanted->failure, LP_EINVAL, "this is not a room code. Use 3 to 32 letters, digits and '-'");
	memcpy(room.code, wanted->code, sizeof room.code);
	int result = lp_room_create(directory, &room, &wanted->failure);
	if (result == LP_EEXISTS)
		lp_fail(&wanted->failure, result, "room %s exists", room.code);
	lp_wipe(&room, sizeof room);
	return result;
}

static void add_to_directory(void *ctx, struct lp_relay *relay)
{
	struct new_room *wanted = ctx;
	(void)make_room(relay->config.directory, lp_loop_unix_s(relay->loop), wanted);
}

bool lp_operator_add_room(struct lp_workers *workers, const char *json, size_t len, char ret_text[LP_TEXT_MAX + 1])
{
	struct new_room wanted = {0};
	int result = lp_fields_read("request", room_fields, sizeof room_fields / sizeof room_fields[0], json, len,
		&wanted.failure, &wanted);
	if (result == 0)
		lp_workers_at(workers, wanted.code, add_to_directory, &wanted);
	bool done = wanted.failure.code == 0;
	if (!done)
		snprintf(ret_text, LP_TEXT_MAX + 1, "%.*s", LP_TEXT_MAX, wanted.failure.text);
	else if (wanted.plain)
		snprintf(ret_text, LP_TEXT_MAX + 1, "Room %s was made. Everyone who knows its code can join.",
			wanted.code);
	else
		snprintf(ret_text, LP_TEXT_MAX + 1,
			"Room %s was made. 'lanparty-relay room show %s' prints its host's invite, a secret.",
			wanted.code, wanted.code);
	return done;
}

bool lp_operator_is_command(const struct lp_options *options)
{
	return lp_options_is_command(options, "kick") || lp_options_is_command(options, "ban");
}

int lp_operator_command(const struct lp_options *options, const struct lp_control_options *control)
{
	struct request request = {.action = lp_options_is_command(options, "ban") ? LP_HOST_BAN : LP_HOST_KICK};
	struct lp_failure failure = {0};
	char *reply;
	size_t len;
	snprintf(request.room, sizeof request.room, "%s", options->words[0]);
	snprintf(request.target, sizeof request.target, "%s", options->words[1]);
	char *body = lp_fields_json(fields, N_FIELDS, &request);
	int result = body ? lp_control_call(options->program, control, "POST", "/host", body, &failure, &reply, &len)
			  : lp_fail(&failure, LP_ENOMEM, "out of memory");
	free(body);
	if (result < 0) {
		fprintf(stderr, "%s: %s\n", options->program->name, failure.text);
		return LP_EXIT_FAILURE;
	}
	fputs(reply, stdout);
	free(reply);
	return LP_EXIT_OK;
}
