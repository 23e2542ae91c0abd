#include "app/invitation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/saved_session.h"
#include "base/error.h"
#include "base/failure.h"
#include "base/text.h"
#include "base/wipe.h"
#include "cli/options.h"
#include "platform/loop/loop.h"
#include "platform/system/file.h"

/* Takes the argument of the command line. */
static int take_argument(struct lp_invitation *invitation, const char *word, struct lp_failure *failure)
{
	if (strlen(word) >= sizeof invitation->text)
		return lp_fail(failure, LP_EMALFORMED, "the invite is too long. Copy it again");
	memcpy(invitation->text, word, strlen(word) + 1);
	return 0;
}

/* Reads the file, or standard input to its end. */
static int take_file(struct lp_invitation *invitation, struct lp_failure *failure)
{
	const char *path = invitation->path;
	struct lp_failure why = {0};
	uint8_t *data;
	size_t len;
	if (strcmp(path, "-") == 0) {
		len = fread(invitation->text, 1, sizeof invitation->text - 1, stdin);
		invitation->text[len] = '\0';
		return len > 0 ? 0 : lp_fail(failure, LP_EIO, "standard input has no invite");
	}
	int result = lp_file_read(path, sizeof invitation->text - 1, &why, &data, &len);
	if (result < 0)
		return lp_fail(
			failure, result, "--invite-file: %s. Check the path, and that this user may read it", why.text);
	memcpy(invitation->text, data, len);
	invitation->text[len] = '\0';
	lp_wipe(data, len);
	free(data);
	return 0;
}

/* Checks the expiry by this computer's clock. */
static int check_expiry(const struct lp_invite *invite, struct lp_failure *failure)
{
	struct lp_loop *loop;
	char data[32];
	struct lp_text text;
	int result = lp_loop_new(&loop);
	if (result < 0)
		return lp_fail(failure, result, "%s", lp_error_text(result));
	int64_t now_unix_s = lp_loop_unix_s(loop);
	lp_loop_free(loop);
	if (!lp_invite_is_expired(invite, now_unix_s))
		return 0;
	lp_text_init(&text, data, sizeof data);
	lp_text_time(&text, invite->expires_unix_s);
	return lp_fail(failure, LP_EPERM,
		"the invite to room %s expired at %s. Ask the party's host for a new one, and check this computer's clock",
		invite->room, data);
}

static int check_role(const struct lp_invite *invite, enum lp_role role, struct lp_failure *failure)
{
	if (invite->host && role == LP_ROLE_CLIENT)
		return lp_fail(failure, LP_EPERM,
			"this is the invite of the party's host, for lanparty-gateway. Ask the host for the players' invite");
	if (!invite->host && role == LP_ROLE_GATEWAY)
		return lp_fail(failure, LP_EPERM,
			"this is an invite for players, for lanparty-client. The gateway needs the host's, which "
			"'lanparty-relay room add' prints");
	return 0;
}

int lp_invitation_find(struct lp_invitation *invitation, const struct lp_options *options,
	const struct lp_saved_session *saved, bool plain, enum lp_role role, struct lp_failure *failure)
{
	int result = 0;
	if (options->command < 0 && options->n_words > 0)
		result = take_argument(invitation, options->words[0], failure);
	else if (invitation->path[0])
		result = take_file(invitation, failure);
	else if (!plain)
		memcpy(invitation->text, saved->invite, sizeof saved->invite);
	if (result < 0 || !invitation->text[0])
		return result;
	if (plain)
		return lp_fail(failure, LP_EINVAL,
			"an invite replaces --relay, --server-name, --relay-ca-cert and --room. Pass one or the other");
	if ((result = lp_invite_parse(invitation->text, failure, &invitation->invite)) < 0 ||
		(result = check_role(&invitation->invite, role, failure)) < 0 ||
		(result = check_expiry(&invitation->invite, failure)) < 0)
		return result;
	invitation->found = true;
	return 0;
}
