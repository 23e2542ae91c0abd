#include "session/session.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/wipe.h"
#include "ctrl/stream.h"
#include "session/peers.h"

struct lp_session {
	struct lp_session_config config;
	enum lp_session_state state;
	unsigned run; /* counts starts and stops, so that a caller of an event can detect a new run */
	struct lp_ctrl_stream stream;
	struct lp_ticket ticket;   /* for the next hello */
	struct lp_welcome welcome; /* while joined */
	struct lp_peers peers;
	bool gateway_present;
	uint16_t gateway_id;          /* 0: unknown */
	uint64_t welcome_deadline_ns; /* while joining */
	uint64_t stats_due_ns;        /* while joined; LP_NEVER if the relay wants none */
	uint64_t now_ns;              /* of the call under way */
	struct lp_session_counters counters;
};

int lp_session_new(const struct lp_session_config *config, struct lp_session **ret_session)
{
	if (config->resume[strspn(config->resume, "0123456789abcdefABCDEF")])
		return LP_EINVAL;
	struct lp_session *session = calloc(1, sizeof *session);
	if (!session)
		return LP_ENOMEM;
	session->config = *config;
	lp_ctrl_stream_init(&session->stream);
	lp_peers_init(&session->peers, LP_SESSION_PEERS_MAX);
	*ret_session = session;
	return 0;
}

void lp_session_free(struct lp_session *session)
{
	if (!session)
		return;
	lp_ctrl_stream_done(&session->stream);
	lp_peers_done(&session->peers);
	lp_wipe(session, sizeof *session); /* the token is in its configuration and in its welcome */
	free(session);
}

/* Clears everything that belongs to one connection. */
static void leave(struct lp_session *session, enum lp_session_state state)
{
	session->state = state;
	session->run++;
	session->gateway_present = false;
	session->gateway_id = 0;
	lp_ctrl_stream_done(&session->stream);
	lp_peers_done(&session->peers);
}

/* Sends a message, or nothing if it cannot be encoded. */
static void send_message(struct lp_session *session, const struct lp_message *message)
{
	uint8_t data[LP_MESSAGE_ENCODED_MAX];
	int len = lp_message_encode(message, data, sizeof data);
	if (len < 0)
		return;
	session->counters.messages_out++;
	session->config.events->send(session->config.ctx, data, (size_t)len);
}

void lp_session_set_ticket(struct lp_session *session, const struct lp_ticket *ticket)
{
	session->ticket = *ticket;
}

void lp_session_start(struct lp_session *session, uint32_t datagram_budget, uint64_t now_ns)
{
	struct lp_message message = {.type = LP_MESSAGE_HELLO};
	struct lp_hello *hello = &message.hello;
	const struct lp_session_config *config = &session->config;
	leave(session, LP_SESSION_JOINING);
	session->welcome_deadline_ns = now_ns + LP_SESSION_WELCOME_NS;
	hello->version = LP_PROTOCOL_VERSION;
	hello->role = config->role;
	hello->mac = config->mac;
	hello->datagram_budget = datagram_budget;
	hello->stations = config->stations;
	memcpy(hello->room, config->room, sizeof hello->room);
	memcpy(hello->name, config->name, sizeof hello->name);
	memcpy(hello->software, config->software, sizeof hello->software);
	memcpy(hello->resume, config->resume, sizeof hello->resume);
	hello->ticket = session->ticket;
	hello->links = config->links;
	send_message(session, &message);
}

void lp_session_stop(struct lp_session *session)
{
	leave(session, LP_SESSION_IDLE);
}

/* Ends the session by one of the three; the others are NULL. */
static void end(struct lp_session *session, const struct lp_reject *reject, const struct lp_disconnect *disconnect,
	const struct lp_failure *failure)
{
	leave(session, LP_SESSION_ENDED);
	session->config.events->ended(session->config.ctx, reject, disconnect, failure);
}

/* Ends the session because the relay violated the protocol. */
static int end_broken(struct lp_session *session, const char *text)
{
	struct lp_failure failure;
	lp_fail(&failure, LP_EPROTO, "the relay broke the protocol: %s", text);
	end(session, NULL, NULL, &failure);
	return LP_EPROTO;
}

static void schedule_stats(struct lp_session *session)
{
	uint32_t interval_s = session->welcome.stats_interval_s;
	session->stats_due_ns = interval_s ? session->now_ns + interval_s * LP_SEC : LP_NEVER;
}

static int on_welcome(struct lp_session *session, const struct lp_message *message)
{
	const struct lp_welcome *welcome = &message->welcome;
	if (session->state != LP_SESSION_JOINING)
		return end_broken(session, "a second welcome");
	if (strcasecmp(welcome->room, session->config.room) != 0)
		return end_broken(session, "a welcome to another room");
	session->state = LP_SESSION_JOINED;
	session->welcome = *welcome;
	memcpy(session->config.resume, welcome->resume, sizeof welcome->resume);
	session->gateway_present = welcome->gateway_present || session->config.role == LP_ROLE_GATEWAY;
	if (session->config.role == LP_ROLE_GATEWAY)
		session->gateway_id = welcome->peer_id;
	schedule_stats(session);
	session->config.events->joined(session->config.ctx, &session->welcome);
	return 0;
}

static int on_reject(struct lp_session *session, const struct lp_message *message)
{
	if (session->state != LP_SESSION_JOINING)
		return end_broken(session, "a reject after the welcome");
	end(session, &message->reject, NULL, NULL);
	return 0;
}

static int on_peer_joined(struct lp_session *session, const struct lp_message *message)
{
	const struct lp_peer_event *peer = &message->peer;
	if (peer->peer_id == session->welcome.peer_id)
		return end_broken(session, "a peer_joined with our own id");
	int result = lp_peers_put(&session->peers, peer);
	if (result < 0)
		session->counters.peers_forgotten++;
	if (peer->role == LP_ROLE_GATEWAY) {
		session->gateway_present = true;
		session->gateway_id = peer->peer_id;
	} else if (session->gateway_id == peer->peer_id) {
		session->gateway_present = false;
		session->gateway_id = 0;
	}
	session->config.events->peer(session->config.ctx, peer, true, result == 0);
	return 0;
}

static int on_peer_left(struct lp_session *session, const struct lp_message *message)
{
	struct lp_peer_event peer = message->peer;
	if (peer.peer_id == session->welcome.peer_id)
		return end_broken(session, "a peer_left with our own id");
	bool known = lp_peers_take(&session->peers, peer.peer_id, &peer) == 0;
	peer.reason = message->peer.reason;
	if (peer.peer_id == session->gateway_id) {
		session->gateway_present = false;
		session->gateway_id = 0;
	}
	session->config.events->peer(session->config.ctx, &peer, false, known);
	return 0;
}

static int on_stats(struct lp_session *session, const struct lp_message *message)
{
	session->config.events->stats(session->config.ctx, &message->stats);
	return 0;
}

static int on_disconnect(struct lp_session *session, const struct lp_message *message)
{
	end(session, NULL, &message->disconnect, NULL);
	return 0;
}

static int on_host_reply(struct lp_session *session, const struct lp_message *message)
{
	if (session->config.events->host_reply)
		session->config.events->host_reply(session->config.ctx, &message->host_reply);
	return 0;
}

/* A message that only a member sends. */
static int on_hello(struct lp_session *session, const struct lp_message *message)
{
	(void)message;
	return end_broken(session, "a hello");
}

static int on_host_request(struct lp_session *session, const struct lp_message *message)
{
	(void)message;
	return end_broken(session, "a host_request");
}

/* A message of a peer link or of a later version. */
static int on_unknown(struct lp_session *session, const struct lp_message *message)
{
	(void)message;
	session->counters.unknown_messages++;
	return 0;
}

/* The handler of each message, and whether it may come before the welcome. */
static const struct {
	int (*act)(struct lp_session *session, const struct lp_message *message);
	bool early;
} actions[] = {
	[LP_MESSAGE_HELLO] = {on_hello, true},
	[LP_MESSAGE_WELCOME] = {on_welcome, true},
	[LP_MESSAGE_REJECT] = {on_reject, true},
	[LP_MESSAGE_PEER_JOINED] = {on_peer_joined, false},
	[LP_MESSAGE_PEER_LEFT] = {on_peer_left, false},
	[LP_MESSAGE_STATS] = {on_stats, false},
	[LP_MESSAGE_DISCONNECT] = {on_disconnect, true},
	[LP_MESSAGE_HOST_REQUEST] = {on_host_request, true},
	[LP_MESSAGE_HOST_REPLY] = {on_host_reply, false},
	[LP_MESSAGE_LINK_PROOF] = {on_unknown, true},
	[LP_MESSAGE_LINK_OFFER] = {on_unknown, true},
	[LP_MESSAGE_UNKNOWN] = {on_unknown, true},
};

/* Decodes and handles one message. */
static int receive_message(struct lp_session *session, const uint8_t *json, size_t len)
{
	struct lp_message message;
	struct lp_failure failure;
	session->counters.messages_in++;
	int result = lp_message_decode(json, len, &failure, &message);
	if (result == LP_ENOMEM) {
		end(session, NULL, NULL, &failure);
		return result;
	}
	if (result < 0)
		return end_broken(session, failure.text);
	if (session->state != LP_SESSION_JOINED && !actions[message.type].early)
		return end_broken(session, "a message before the welcome");
	return actions[message.type].act(session, &message);
}

int lp_session_receive(struct lp_session *session, const uint8_t *data, size_t len, uint64_t now_ns)
{
	unsigned run = session->run;
	session->now_ns = now_ns;
	/* An event may have stopped this run and started another, which must not read the rest. */
	while ((session->state == LP_SESSION_JOINING || session->state == LP_SESSION_JOINED) && session->run == run) {
		const uint8_t *json;
		size_t json_len;
		int result = lp_ctrl_stream_read(&session->stream, &data, &len, &json, &json_len);
		if (result == 0)
			return 0;
		if (result == 1)
			result = receive_message(session, json, json_len);
		else if (result == LP_ENOMEM)
			end(session, NULL, NULL, &(struct lp_failure){.code = LP_ENOMEM, .text = "out of memory"});
		else
			result = end_broken(session, "an impossible message length");
		if (result < 0)
			return result;
	}
	return 0;
}

void lp_session_send_stats(struct lp_session *session, const struct lp_stats_message *stats, uint64_t now_ns)
{
	struct lp_message message = {.type = LP_MESSAGE_STATS, .stats = *stats};
	if (session->state != LP_SESSION_JOINED)
		return;
	session->now_ns = now_ns;
	schedule_stats(session);
	send_message(session, &message);
}

int lp_session_ask(struct lp_session *session, const struct lp_host_request *request)
{
	struct lp_message message = {.type = LP_MESSAGE_HOST_REQUEST, .host_request = *request};
	if (session->state != LP_SESSION_JOINED)
		return LP_EAGAIN;
	send_message(session, &message);
	return 0;
}

void lp_session_goodbye(struct lp_session *session, enum lp_reason reason, const char *text)
{
	struct lp_message message = {.type = LP_MESSAGE_DISCONNECT};
	if (session->state != LP_SESSION_JOINING && session->state != LP_SESSION_JOINED)
		return;
	message.disconnect.reason = reason;
	strncpy(message.disconnect.message, text, sizeof message.disconnect.message - 1);
	lp_wipe(session->config.resume, sizeof session->config.resume);
	leave(session, LP_SESSION_ENDED);
	send_message(session, &message);
}

uint64_t lp_session_deadline(const struct lp_session *session)
{
	if (session->state == LP_SESSION_JOINING)
		return session->welcome_deadline_ns;
	return session->state == LP_SESSION_JOINED ? session->stats_due_ns : LP_NEVER;
}

bool lp_session_expire(struct lp_session *session, uint64_t now_ns)
{
	struct lp_failure failure;
	if (now_ns < lp_session_deadline(session))
		return false;
	session->now_ns = now_ns;
	if (session->state == LP_SESSION_JOINED) {
		schedule_stats(session);
		return true;
	}
	lp_fail(&failure, LP_ETIMEOUT, "the relay did not answer the hello within %u s",
		(unsigned)(LP_SESSION_WELCOME_NS / LP_SEC));
	end(session, NULL, NULL, &failure);
	return false;
}

enum lp_session_state lp_session_state(const struct lp_session *session)
{
	return session->state;
}

const struct lp_welcome *lp_session_welcome(const struct lp_session *session)
{
	return session->state == LP_SESSION_JOINED ? &session->welcome : NULL;
}

bool lp_session_gateway_present(const struct lp_session *session)
{
	return session->gateway_present;
}

size_t lp_session_peer_count(const struct lp_session *session)
{
	return session->peers.n;
}

const struct lp_peer_event *lp_session_peer_at(const struct lp_session *session, size_t index)
{
	return index < session->peers.n ? &session->peers.peer[index] : NULL;
}

const struct lp_peer_event *lp_session_peer(const struct lp_session *session, uint16_t peer_id)
{
	return lp_peers_find(&session->peers, peer_id);
}

const struct lp_peer_event *lp_session_gateway(const struct lp_session *session)
{
	return session->gateway_id ? lp_peers_find(&session->peers, session->gateway_id) : NULL;
}

const struct lp_session_counters *lp_session_counters(const struct lp_session *session)
{
	return &session->counters;
}
