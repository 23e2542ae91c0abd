#include "relay/host.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/hex.h"
#include "directory/directory.h"
#include "obs/event.h"
#include "platform/loop/loop.h"
#include "relay/connection.h"
#include "relay/state.h"
#include "room/room.h"

/* Digits of a key that are enough to name a banned member. */
#define KEY_PREFIX_MIN 8

struct task {
	struct lp_relay *relay;
	const char *code;
	const struct lp_host_request *request;
	struct lp_failure failure;
	char done[LP_TEXT_MAX + 1]; /* what was done, for people */
};

/* The member that the request names. */
static struct lp_peer *find_peer(struct task *task)
{
	struct lp_peer *peer = lp_rooms_find_id(task->relay->rooms, task->code, task->request->peer_id);
	if (peer)
		return peer;
	lp_fail(&task->failure, LP_ENOTFOUND, "peer %u is not in room %s any more", task->request->peer_id, task->code);
	return NULL;
}

static void remove_peer(struct lp_peer *peer, enum lp_reason reason, const char *text)
{
	lp_connection_remove(lp_peer_user(peer), reason, text);
}

static int kick(struct task *task)
{
	struct lp_peer *peer = find_peer(task);
	if (!peer)
		return task->failure.code;
	snprintf(task->done, sizeof task->done, "'%s' was removed from the room", lp_peer_name(peer));
	remove_peer(peer, LP_REASON_KICKED, "you were removed from the room by its host");
	return 0;
}

static int ban(struct task *task)
{
	struct lp_relay *relay = task->relay;
	struct lp_directory_ban ban = {.since_unix_s = lp_loop_unix_s(relay->loop)};
	struct lp_peer *peer = find_peer(task);
	if (!peer)
		return task->failure.code;
	if (lp_peer_role(peer) == LP_ROLE_GATEWAY || !lp_peer_by_key(peer))
		return lp_fail(&task->failure, LP_EINVAL, "only clients of a room with keys can be banned");
	memcpy(ban.member_key, lp_peer_key(peer), sizeof ban.member_key);
	snprintf(ban.name, sizeof ban.name, "%s", lp_peer_name(peer));
	int result = lp_directory_ban(relay->config.directory, task->code, &ban, &task->failure);
	if (result < 0)
		return result;
	snprintf(task->done, sizeof task->done, "'%s' was banned from the room", ban.name);
	remove_peer(peer, LP_REASON_BANNED, "you were banned from the room by its host");
	return 0;
}

/* The ban that a name or the first digits of a key mean. */
struct search {
	const char *target;
	unsigned n_found;
	struct lp_directory_ban found;
};

static void match_ban(void *ctx, const struct lp_directory_ban *ban)
{
	struct search *search = ctx;
	char key[LP_KEY_HEX + 1];
	size_t len = strlen(search->target);
	lp_hex_format(ban->member_key, sizeof ban->member_key, key);
	if (strcasecmp(ban->name, search->target) != 0 &&
		(len < KEY_PREFIX_MIN || strncasecmp(key, search->target, len) != 0))
		return;
	search->n_found++;
	search->found = *ban;
}

static int unban(struct task *task)
{
	struct lp_directory *directory = task->relay->config.directory;
	struct search search = {.target = task->request->target};
	int result = lp_directory_each_ban(directory, task->code, match_ban, &search, &task->failure);
	if (result < 0)
		return result;
	if (search.n_found != 1)
		return lp_fail(&task->failure, LP_ENOTFOUND,
			search.n_found ? "several banned members are called '%s'. Use the first 8 digits of the key"
				       : "nobody called '%s' is banned",
			search.target);
	snprintf(task->done, sizeof task->done, "'%s' may join again", search.found.name);
	return lp_directory_unban(directory, task->code, search.found.member_key, &task->failure);
}

static int set_lock(struct task *task, bool locked)
{
	snprintf(task->done, sizeof task->done,
		locked ? "the room is locked: no new members are admitted" : "the room is unlocked");
	return lp_directory_lock_room(task->relay->config.directory, task->code, locked, &task->failure);
}

static int lock(struct task *task)
{
	return set_lock(task, true);
}

static int unlock(struct task *task)
{
	return set_lock(task, false);
}

static int revoke(struct task *task)
{
	uint32_t id = task->request->invite;
	if (id == 0)
		return lp_fail(&task->failure, LP_EINVAL, "the host's invite cannot be revoked");
	snprintf(task->done, sizeof task->done, "invite %08x admits nobody any more", (unsigned)id);
	return lp_directory_revoke_invite(
		task->relay->config.directory, task->code, id, lp_loop_unix_s(task->relay->loop), &task->failure);
}

static int set_proxy(struct task *task, bool proxy)
{
	struct lp_peer *peer = find_peer(task);
	if (!peer)
		return task->failure.code;
	if (lp_peer_role(peer) == LP_ROLE_GATEWAY)
		return lp_fail(&task->failure, LP_EINVAL, "the gateway needs no permission");
	lp_peer_set_proxy(peer, proxy);
	snprintf(task->done, sizeof task->done, "'%s' %s", lp_peer_name(peer),
		proxy ? "may reply for addresses of others until it leaves" : "may reply for its own addresses alone");
	return 0;
}

static int start_proxy(struct task *task)
{
	return set_proxy(task, true);
}

static int end_proxy(struct task *task)
{
	return set_proxy(task, false);
}

static int (*const actions[])(struct task *task) = {
	[LP_HOST_KICK] = kick,
	[LP_HOST_BAN] = ban,
	[LP_HOST_UNBAN] = unban,
	[LP_HOST_LOCK] = lock,
	[LP_HOST_UNLOCK] = unlock,
	[LP_HOST_REVOKE] = revoke,
	[LP_HOST_PROXY] = start_proxy,
	[LP_HOST_NO_PROXY] = end_proxy,
};

void lp_host_request(struct lp_relay *relay, const char *code, const struct lp_host_request *request, const char *by,
	struct lp_host_reply *ret_reply)
{
	struct task task = {.relay = relay, .code = code, .request = request};
	int result;
	if ((unsigned)request->action >= sizeof actions / sizeof actions[0])
		result = lp_fail(&task.failure, LP_EUNSUPPORTED, "the relay does not know this request");
	else if (!relay->config.directory && request->action != LP_HOST_KICK)
		result = lp_fail(&task.failure, LP_EUNSUPPORTED, "the relay has no rooms with keys");
	else
		result = actions[request->action](&task);
	*ret_reply = (struct lp_host_reply){.request = request->request, .done = result == 0};
	snprintf(ret_reply->message, sizeof ret_reply->message, "%.*s", LP_TEXT_MAX,
		result == 0 ? task.done : task.failure.text);
	lp_event_host_request(relay->log, code, by, lp_host_action_wire(request->action), ret_reply->message);
}
