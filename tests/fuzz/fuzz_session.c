/* A member's session with a hostile relay. The first byte selects how the rest is split and when time passes; the
   member's callbacks must be consistent. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "session/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The callbacks so far. */
struct told {
	struct lp_session *session;
	bool joined, ended;
};

static void on_send(void *ctx, const uint8_t *data, size_t len)
{
	(void)ctx;
	(void)data;
	if (len < 5 || len > LP_MESSAGE_ENCODED_MAX)
		abort();
}

static void on_joined(void *ctx, const struct lp_welcome *welcome)
{
	struct told *told = ctx;
	if (told->joined || told->ended || welcome->peer_id == 0 || strcmp(welcome->room, "PARTY") != 0)
		abort();
	told->joined = true;
}

static const struct lp_peer_event *find_peer(const struct lp_session *session, uint16_t peer_id)
{
	const struct lp_peer_event *peer;
	for (size_t i = 0; (peer = lp_session_peer_at(session, i)); i++)
		if (peer->peer_id == peer_id)
			return peer;
	return NULL;
}

static void on_peer(void *ctx, const struct lp_peer_event *peer, bool joined, bool known)
{
	struct told *told = ctx;
	const struct lp_peer_event *remembered = find_peer(told->session, peer->peer_id);
	if (!told->joined || told->ended || (!joined && remembered) ||
		(joined && known && (!remembered || !lp_mac_equal(&remembered->mac, &peer->mac))))
		abort();
	if (joined && peer->role == LP_ROLE_GATEWAY && !lp_session_gateway_present(told->session))
		abort();
}

static void on_stats(void *ctx, const struct lp_stats_message *stats)
{
	struct told *told = ctx;
	(void)stats;
	if (!told->joined || told->ended)
		abort();
}

static void on_ended(void *ctx, const struct lp_reject *reject, const struct lp_disconnect *disconnect,
	const struct lp_failure *failure)
{
	struct told *told = ctx;
	if (told->ended || !!reject + !!disconnect + !!failure != 1 || (failure && failure->code >= 0))
		abort();
	told->ended = true;
}

static const struct lp_session_events events = {
	.send = on_send, .joined = on_joined, .peer = on_peer, .stats = on_stats, .ended = on_ended};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct told told = {0};
	struct lp_session_config config = {.room = "party", .events = &events, .ctx = &told};
	uint64_t now_ns = LP_SEC;
	size_t piece = len > 0 && data[0] % 32 ? data[0] % 32 : 16384;
	uint64_t step_ns = len > 0 && data[0] / 32 == 7 ? LP_SEC : 0;
	if (len == 0 || lp_session_new(&config, &told.session) < 0)
		return 0;
	lp_session_start(told.session, 1200, now_ns);
	for (size_t at = 1; at < len; at += piece, now_ns += step_ns) {
		size_t n = len - at < piece ? len - at : piece;
		int result = lp_session_receive(told.session, data + at, n, now_ns);
		if ((result < 0 && !told.ended) || told.ended != (lp_session_state(told.session) == LP_SESSION_ENDED))
			abort();
		if (lp_session_expire(told.session, now_ns))
			lp_session_send_stats(told.session, &(struct lp_stats_message){0}, now_ns);
		if (!told.ended && lp_session_deadline(told.session) <= now_ns)
			abort();
	}
	lp_session_goodbye(told.session, LP_REASON_GOODBYE, "");
	if (lp_session_deadline(told.session) != LP_NEVER)
		abort();
	lp_session_free(told.session);
	return 0;
}
