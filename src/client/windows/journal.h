/* The file format of the journal of changes to the computer (changes.h): JSON. Pure. */
#ifndef LP_CLIENT_WINDOWS_JOURNAL_H
#define LP_CLIENT_WINDOWS_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

#include "platform/device/adapter_mac.h"
#include "platform/net/route_change.h"

/* Maximum number of changes, and size of a file with that many. */
#define LP_JOURNAL_MAX 16
#define LP_JOURNAL_MAX_BYTES ((size_t)16 << 10)

enum lp_change_kind {
	LP_CHANGE_ROUTE,    /* a route to one host was added */
	LP_CHANGE_SETTINGS, /* settings of an interface were changed, for one family */
	LP_CHANGE_CATEGORY, /* the interface's network was public and was made private */
	LP_CHANGE_FIREWALL, /* firewall rules for the interface were added */
	LP_CHANGE_MAC,      /* the MAC setting of an adapter that is not the client's own was changed */
};

struct lp_change {
	enum lp_change_kind kind;
	struct lp_route_interface interface;
	/* The route: to one host, by |interface|. */
	struct lp_addr destination, next_hop; /* port 0 */
	uint32_t metric;
	/* The settings. */
	uint8_t family;                         /* 4 or 6; also of a route */
	struct lp_route_settings before, after; /* before and after the change */
	/* The MAC setting; |interface| is not used. */
	char guid[LP_ADAPTER_GUID_MAX];
	char mac_before[LP_ADAPTER_MAC_MAX], mac_after[LP_ADAPTER_MAC_MAX];
};

struct lp_journal {
	struct lp_change changes[LP_JOURNAL_MAX]; /* in chronological order */
	size_t n;
};

/* The journal as text, malloc'd; NULL without memory. */
char *lp_journal_encode(const struct lp_journal *journal);
/* Reads a text, strictly: whatever the client would not have written itself is LP_EMALFORMED, and the reason is in
   |why|. */
int lp_journal_decode(const uint8_t *data, size_t len, char why[160], struct lp_journal *ret_journal);

#endif
