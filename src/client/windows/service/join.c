#include "client/windows/service/join.h"

#include "base/error.h"
#include "base/failure.h"
#include "base/text.h"
#include "base/wipe.h"
#include "client/windows/service/protocol.h"
#include "invite/invite.h"

int lp_service_join_check(struct lp_service_request *request, struct lp_failure *failure)
{
	struct lp_invite invite = {0};
	int result = request->invite[0] ? lp_invite_parse(request->invite, failure, &invite) : 0;
	if (result == 0 && invite.host)
		result = lp_fail(failure, LP_EINVAL,
			"this is the invite of the party's host. Ask the host for the players' invite");
	if (result == 0 && request->invite[0])
		result = lp_invite_format(&invite, failure, request->invite);
	lp_wipe(&invite, sizeof invite);
	/* A quote or a backslash would end the argument of the command line. */
	for (const char *c = request->name; result == 0 && *c; c++)
		if ((unsigned char)*c < ' ' || *c == '"' || *c == '\\' || *c == 0x7f)
			result = lp_fail(failure, LP_EINVAL, "a name has no quotes, backslashes or control characters");
	return result;
}

int lp_service_join_command(const struct lp_service_request *request, const char *exe, char *ret_line, size_t size)
{
	struct lp_text line;
	lp_text_init(&line, ret_line, size);
	/* Without any option the client would ask questions. */
	lp_text_addf(&line, "\"%s\" --log-level info%s", exe, request->invite[0] ? " --invite-file -" : "");
	if (request->name[0])
		lp_text_addf(&line, " --name \"%s\"", request->name);
	return line.cut ? LP_ETOOBIG : 0;
}
