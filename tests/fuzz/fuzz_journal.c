/* The client's journal: a journal that is read can be written and reads back as the same; a refused one has a reason.
   No accepted journal changes anything but host routes, an interface's settings and MAC, and what is let in through it.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "client/windows/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct lp_journal journal, again;
	char why[160] = "";
	char *text;

	if (lp_journal_decode(data, len, why, &journal) < 0) {
		assert(why[0]);
		return 0;
	}
	assert(journal.n <= LP_JOURNAL_MAX);
	for (size_t i = 0; i < journal.n; i++) {
		const struct lp_change *change = &journal.changes[i];

		bool inbound = change->kind == LP_CHANGE_CATEGORY || change->kind == LP_CHANGE_FIREWALL;
		if (change->kind == LP_CHANGE_MAC) {
			assert(change->guid[0] && change->mac_after[0] && change->interface.luid == 0);
			continue;
		}
		assert(change->interface.luid > 0);
		assert(inbound ? change->family == 0 : change->family == 4 || change->family == 6);
		if (change->kind == LP_CHANGE_ROUTE)
			assert(change->destination.family == change->family &&
				change->next_hop.family == change->family);
	}
	text = lp_journal_encode(&journal);
	assert(text && strlen(text) <= LP_JOURNAL_MAX_BYTES);
	assert(lp_journal_decode((const uint8_t *)text, strlen(text), why, &again) == 0);
	assert(memcmp(&journal, &again, sizeof journal) == 0);
	free(text);
	return 0;
}
