/* Why a connection or a session ended, for people, and whether another attempt may succeed. */
#include "base/error.h"
#include "base/hex.h"
#include "base/units.h"
#include "member/state.h"
#include "quic/endpoint.h"

/* The relay detects a dead member within 30 s. A membership that blocks our MAC for longer is not ours. */
#define SLOT_HELD_NS (31 * LP_SEC)

/* What a user can do about a certificate that is not trusted; follows the reason. */
static const char *advice(enum lp_tls_distrust distrust)
{
	switch (distrust) {
	case LP_TLS_DISTRUST_PIN:
		return ". Ask its operator for the current file for --relay-ca-cert. If nobody made a new one, this is not "
		       "your relay";
	case LP_TLS_DISTRUST_SIGNER:
		return ". If the relay made its certificate, ask its operator for the file relay.der, and pass it with "
		       "--relay-ca-cert";
	case LP_TLS_DISTRUST_NAME:
		return ". If that is your relay, pass a name that the certificate is for with --server-name";
	default:
		return "";
	}
}

void lp_member_judge_close(struct lp_member *member, const struct lp_quic_close *why)
{
	const char *host = lp_member_relay(member)->host;
	bool connecting = member->state == LP_MEMBER_CONNECTING;
	if (why->kind == LP_QUIC_CLOSED_TLS) {
		lp_fail(&member->reason, LP_ECERT, "%s: %s%s", host, why->reason, advice(why->distrust));
		member->may_retry = false;
	} else if (connecting && why->kind == LP_QUIC_CLOSED_TRANSPORT && why->reason[0]) {
		/* The relay has reached a limit. */
		lp_fail(&member->reason, LP_EFULL, "%s: the relay refused the connection: %s", host, why->reason);
	} else if (member->reason.code == 0 && !connecting && !member->stopping) {
		if (why->reason[0])
			lp_fail(&member->reason, LP_ECLOSED, "%s closed the connection: %s", host, why->reason);
		else
			lp_fail(&member->reason, LP_ECLOSED, "%s does not answer any more", host);
	}
}

/* The close code for a session that ended without a message from the relay. */
static enum lp_quic_app_error close_code(const struct lp_failure *failure)
{
	switch (failure->code) {
	case LP_ETIMEOUT:
		return LP_QUIC_APP_TIMEOUT;
	case LP_ENOMEM:
		return LP_QUIC_APP_OVERLOAD;
	default:
		return LP_QUIC_APP_PROTOCOL;
	}
}

/* True if the membership that blocks us may be ours, of an earlier run. */
static bool may_be_our_slot(const struct lp_member *member, const struct lp_reject *reject)
{
	return reject->code == LP_REJECT_DUPLICATE_MAC ||
	       (reject->code == LP_REJECT_GATEWAY_EXISTS && lp_mac_equal(&reject->mac, &member->config.mac));
}

/* What a user can do about a reject; follows the relay's message. */
static const char *reject_advice(enum lp_reject_code code)
{
	switch (code) {
	case LP_REJECT_GATEWAY_EXISTS:
		return ", and a room can have only one. Stop that gateway, or use another room";
	case LP_REJECT_BAD_VERSION:
		return ". Update this program, or the relay";
	default:
		return "";
	}
}

/* Another worker of the relay has the room: the next connection goes there. A relay may redirect once. */
static bool follow_redirect(struct lp_member *member, const struct lp_reject *reject)
{
	uint8_t steer;
	if (member->redirected || !reject || reject->code != LP_REJECT_REDIRECT ||
		lp_hex_parse(reject->steer, &steer, 1) < 0)
		return false;
	member->steer = steer;
	member->redirected = member->redirect_pending = true;
	return true;
}

enum lp_quic_app_error lp_member_judge_session_end(struct lp_member *member, const struct lp_reject *reject,
	const struct lp_disconnect *disconnect, const struct lp_failure *failure)
{
	const char *host = lp_member_relay(member)->host;
	member->may_retry = follow_redirect(member, reject) || lp_backoff_may_retry(reject, disconnect, failure);
	member->slot_held = reject && !member->ever_joined && may_be_our_slot(member, reject);
	if (reject)
		lp_fail(&member->reason, LP_EPERM, "the relay %s refused: %s%s", host,
			reject->message[0] ? reject->message : lp_reject_text(reject->code),
			reject_advice(reject->code));
	else if (disconnect && disconnect->reason == LP_REASON_RESTARTING)
		lp_fail(&member->reason, LP_ECLOSED, "the relay %s is restarting", host);
	else if (disconnect)
		lp_fail(&member->reason, LP_ECLOSED, "the relay %s ended the session: %s", host,
			disconnect->message[0] ? disconnect->message : lp_reason_wire(disconnect->reason));
	else
		lp_fail(&member->reason, failure->code, "%s: %s", host, failure->text);
	return disconnect || reject ? LP_QUIC_APP_OK : close_code(failure);
}

bool lp_member_waits_for_slot(struct lp_member *member)
{
	if (!member->slot_held)
		return false;
	if (member->slot_deadline_ns == 0)
		member->slot_deadline_ns = member->now_ns + SLOT_HELD_NS;
	return member->now_ns < member->slot_deadline_ns;
}

void lp_member_blame_other_process(struct lp_member *member)
{
	char mac[LP_MAC_TEXT_MAX];
	bool gateway = member->config.role == LP_ROLE_GATEWAY;
	lp_mac_format(&member->config.mac, mac);
	lp_fail(&member->reason, LP_EPERM,
		"another %s with the MAC %s is in room %s, probably on this computer. Stop one of the two%s",
		gateway ? "lanparty-gateway" : "lanparty-client", mac, member->config.room,
		gateway ? " ('pgrep -a lanparty' lists them)" : "");
}
