/* Any text as an invite: what is accepted is written again as the same invite. */
#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "invite/invite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1);
	if (!text)
		abort();
	memcpy(text, data, len);
	text[len] = '\0';
	struct lp_failure failure = {0};
	struct lp_invite invite, again;
	char written[LP_INVITE_TEXT_MAX + 1];
	if (lp_invite_parse(text, &failure, &invite) == 0) {
		if (lp_invite_format(&invite, &failure, written) < 0 || lp_invite_parse(written, &failure, &again) < 0)
			abort();
		if (strcmp(invite.relays, again.relays) != 0 || invite.id != again.id ||
			memcmp(invite.admission_key, again.admission_key, LP_INVITE_KEY) != 0)
			abort();
	} else if (!failure.text[0]) {
		abort();
	}
	free(text);
	return 0;
}
