/* The frame log: an event per frame, if --frame-log selects it. */
#ifndef LP_OBS_FRAMELOG_H
#define LP_OBS_FRAMELOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ratelimit.h"
#include "obs/drop.h"

struct lp_failure;
struct lp_log;

#define LP_FRAMELOG_PER_S 100 /* default rate limit, lines per second */

struct lp_framelog_config {
	uint32_t one_in; /* 0: off; 1: every frame; N: every Nth of the selected frames */
	uint32_t per_s;  /* rate limit, lines per second; 0: none */
	bool drops_only;
};

struct lp_framelog {
	struct lp_framelog_config config;
	struct lp_ratelimit limit;
	struct lp_bucket lines;
	uint32_t skipped; /* since the last frame that was sampled */
};

/* The content of a line. */
struct lp_frame_note {
	const char *room;      /* NULL: unknown */
	uint16_t peer_id;      /* of the member that sent it; 0: none, it came from the LAN */
	const char *peer_name; /* its name; NULL: unknown, or not to be logged */
	const char *direction; /* "in": from a member or the LAN; "out": to one */
	const uint8_t *frame;
	size_t len;
	enum lp_drop drop; /* LP_DROP_NONE: it was forwarded */
	size_t n_targets;
};

/* Parses "off", or a list of "all", "drops", "1/N" (every Nth) and "N/s" (rate limit; 0/s: none), such as "drops,10/s".
   0, or LP_EINVAL with the reason. */
int lp_framelog_parse(const char *text, struct lp_failure *failure, struct lp_framelog_config *ret_config);

void lp_framelog_init(struct lp_framelog *framelog, const struct lp_framelog_config *config);
/* The check while the log is on; use lp_framelog_wants(). */
bool lp_framelog_wants_slow(struct lp_framelog *framelog, enum lp_drop drop, uint64_t now_ns);
/* Emits the event `frame`. */
void lp_framelog_write(const struct lp_log *log, const struct lp_frame_note *note);

/* True if this frame must be logged. Costs one comparison while the log is off. */
static inline bool lp_framelog_wants(struct lp_framelog *framelog, enum lp_drop drop, uint64_t now_ns)
{
	return framelog->config.one_in != 0 && lp_framelog_wants_slow(framelog, drop, now_ns);
}

#endif
