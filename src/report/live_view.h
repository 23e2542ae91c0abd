/* The live view: a block of lines with the figures of the moment, for a terminal. Pure: whoever prints it moves the
   cursor. */
#ifndef LP_REPORT_LIVE_VIEW_H
#define LP_REPORT_LIVE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mac.h"

struct lp_latency;
struct lp_loss;
struct lp_rates;
struct lp_text;

/* So many lines, where the terminal has that many and one for the cursor. */
#define LP_LIVE_VIEW_LINES 6

/* What is shown. Texts are borrowed for the call; NULL is empty. */
struct lp_live_view {
	const char *status; /* the status line's text */
	const char *relay;
	const char *gateway_name;
	bool joined; /* otherwise only the status and the device are worth a line */
	bool gateway_present;
	const struct lp_latency *latency; /* to the relay */
	uint64_t gateway_rtt_us;          /* relay to gateway, from the relay's `stats`; 0: unknown */
	const struct lp_loss *loss_up;    /* NULL: unknown */
	const struct lp_loss *loss_down;  /* NULL: unknown */
	const struct lp_rates *rates;
	uint64_t drops;             /* frames not carried on, by us and as the relay says */
	size_t n_peers;             /* others in the room */
	unsigned mtu;               /* of the room */
	unsigned tcp_mtu;           /* IP bytes that pass without overlay fragments; 0: unknown */
	uint64_t retry_in_ns;       /* what is left of the wait for the next attempt; 0: none */
	const char *device;         /* the TAP, or the gateway's interface */
	const char *device_address; /* IP address, if it has one */
	const char *device_note;    /* what else there is to say of it: "down", the index on Windows */
	struct lp_mac device_mac;
};

/* Adds the block: LP_LIVE_VIEW_LINES lines of at most |columns| characters, each with a newline. A terminal of too few
   |rows| gets the status line alone, and one of a single row nothing: what has scrolled away could not be drawn anew.
 */
void lp_live_view_format(struct lp_text *text, const struct lp_live_view *view, size_t rows, size_t columns);

#endif
