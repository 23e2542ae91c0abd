#include "gateway/new_room.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "app/member_options.h"
#include "app/saved_session.h"
#include "base/error.h"
#include "base/failure.h"
#include "base/wipe.h"
#include "invite/invite.h"
#include "platform/system/random.h"

/* True if the saved invite is the host's of the room that the options name. */
static bool is_saved(const struct lp_saved_session *saved, const struct lp_invite *wanted)
{
	struct lp_invite invite;
	struct lp_failure failure;
	if (!saved->invite[0] || lp_invite_parse(saved->invite, &failure, &invite) < 0)
		return false;
	bool same = invite.host && strcmp(invite.relays, wanted->relays) == 0 &&
		    (!wanted->room[0] || strcmp(invite.room, wanted->room) == 0) && invite.has_pin == wanted->has_pin &&
		    memcmp(invite.pin, wanted->pin, sizeof invite.pin) == 0;
	lp_wipe(&invite, sizeof invite);
	return same;
}

static int check_options(
	const struct lp_options *parsed, const struct lp_member_options *options, struct lp_failure *failure)
{
	if (parsed->n_words > 0 || options->invitation.path[0])
		return lp_fail(failure, LP_EINVAL,
			"an invite is for a room that exists, and --new-room creates one. Pass one or the other");
	if (options->room[0] && !lp_room_code_valid(options->room))
		return lp_fail(failure, LP_EINVAL, "--room '%s': a room code has 3 to 32 letters, digits and '-'",
			options->room);
	return 0;
}

int lp_new_room_choose(const struct lp_options *parsed, struct lp_member_options *options,
	struct lp_saved_session *saved, struct lp_failure *failure)
{
	struct lp_invite invite = {.host = true};
	uint8_t random[LP_INVITE_CODE_RANDOM];
	int result = check_options(parsed, options, failure);
	if (result == 0)
		result = lp_member_options_relay(options, failure, &invite);
	if (result < 0)
		return result;
	snprintf(invite.room, sizeof invite.room, "%s", options->room);
	lp_room_code_fold(invite.room);
	if (!is_saved(saved, &invite)) {
		lp_random_fill(random, sizeof random);
		if (!invite.room[0])
			lp_invite_room_code(random, invite.room);
		lp_random_fill(invite.admission_key, sizeof invite.admission_key);
		result = lp_invite_format(&invite, failure, saved->invite);
	}
	lp_wipe(&invite, sizeof invite);
	options->relay.host[0] = options->server_name[0] = options->ca_path[0] = options->room[0] = '\0';
	return result;
}
