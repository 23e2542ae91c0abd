#include "platform/net/firewall.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/failure.h"

#define COMMAND "/usr/sbin/nft"
#define RULES_MAX_BYTES ((size_t)1 << 20)

int lp_firewall_rules(struct lp_failure *failure, char **ret_text)
{
	size_t len = 0, n;
	if (access(COMMAND, X_OK) != 0)
		return lp_fail(failure, LP_ENOTFOUND, "nftables is not installed");
	if (geteuid() != 0)
		return lp_fail(failure, LP_EPERM, "only root can read its rules; run this with sudo");
	char *text = malloc(RULES_MAX_BYTES);
	FILE *pipe = text ? popen(COMMAND " list ruleset 2>/dev/null", "r") : NULL;
	if (!pipe) {
		free(text);
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	}
	while (len + 1 < RULES_MAX_BYTES && (n = fread(text + len, 1, RULES_MAX_BYTES - 1 - len, pipe)) > 0)
		len += n;
	text[len] = '\0';
	int status = pclose(pipe);
	if (status != 0) {
		free(text);
		return lp_fail(failure, LP_EPERM, "nft failed");
	}
	*ret_text = text;
	return 0;
}
