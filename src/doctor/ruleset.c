#include "doctor/ruleset.h"

#include <stdio.h>
#include <string.h>

#define LINE_BYTES 512U

/* What is known of the chain that is being read. */
struct chain {
	char name[64];
	bool input, drops, accepts;
};

/* True if |line| has |word| with no letter or digit around it. */
static bool has_word(const char *line, const char *word)
{
	size_t len = strlen(word);
	for (const char *at = line; (at = strstr(at, word)); at++) {
		char before = at > line ? at[-1] : ' ', after = at[len];
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789_", before) &&
			(after == '\0' || !strchr("abcdefghijklmnopqrstuvwxyz0123456789_", after)))
			return true;
	}
	return false;
}

/* True for a rule without a condition: "accept", "counter packets 0 bytes 0 drop", "reject with …". */
static bool is_unconditional(const char *line)
{
	line += strspn(line, " \t");
	if (strncmp(line, "counter packets ", 16) == 0) {
		line += 16;
		line += strspn(line, "0123456789");
		line += strncmp(line, " bytes ", 7) == 0 ? 7 : 0;
		line += strspn(line, "0123456789");
		line += strspn(line, " ");
	}
	return strncmp(line, "accept", 6) == 0 || strncmp(line, "drop", 4) == 0 || strncmp(line, "reject", 6) == 0;
}

/* Reads one line of a chain. */
static void read_line(struct chain *chain, const char *line, const char *device, const char *port)
{
	bool accept = has_word(line, "accept"), drop = has_word(line, "drop") || has_word(line, "reject");
	bool always = is_unconditional(line);
	if (strstr(line, "hook input")) {
		chain->input = true;
		chain->drops = strstr(line, "policy drop") != NULL;
		return;
	}
	if (accept && device[0] && has_word(line, device) && strstr(line, "iif"))
		chain->accepts = true;
	if (accept && port[0] && has_word(line, port) && has_word(line, "udp"))
		chain->accepts = true;
	if (always && accept)
		chain->accepts = true;
	if (always && drop)
		chain->drops = true;
}

void lp_ruleset_read(const char *text, const char *device, uint16_t port, struct lp_ruleset *ret_ruleset)
{
	struct chain chain = {0};
	char line[LINE_BYTES], port_text[8] = "";
	bool in_chain = false;
	*ret_ruleset = (struct lp_ruleset){0};
	if (port)
		snprintf(port_text, sizeof port_text, "%u", port);
	while (*text) {
		size_t len = strcspn(text, "\n");
		snprintf(line, sizeof line, "%.*s", (int)(len < sizeof line ? len : sizeof line - 1), text);
		text += len + (text[len] == '\n');
		char name[64];
		if (sscanf(line, " chain %63s {", name) == 1) {
			chain = (struct chain){0};
			memcpy(chain.name, name, sizeof name);
			in_chain = true;
		} else if (in_chain && line[strspn(line, " \t")] == '}') {
			if (chain.input && chain.drops && (!chain.accepts || !ret_ruleset->drops)) {
				ret_ruleset->drops = true;
				ret_ruleset->accepts = chain.accepts;
				memcpy(ret_ruleset->chain, chain.name, sizeof chain.name);
			}
			in_chain = false;
		} else if (in_chain) {
			read_line(&chain, line, device, port_text);
		}
	}
}
