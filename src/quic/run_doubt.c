#include "quic/run_doubt.h"

/* The word and the bit of a packet. */
static uint64_t *word_of(struct lp_run_doubt *doubt, uint64_t serial)
{
	return &doubt->grouped[serial % LP_RUN_DOUBT_PACKETS / 64];
}

static bool is_grouped(struct lp_run_doubt *doubt, uint64_t serial)
{
	return *word_of(doubt, serial) >> serial % 64 & 1;
}

void lp_run_doubt_sent(struct lp_run_doubt *doubt, uint64_t serial, bool grouped)
{
	uint64_t *word = word_of(doubt, serial);
	*word &= ~((uint64_t)1 << serial % 64);
	*word |= (uint64_t)grouped << serial % 64;
}

void lp_run_doubt_acked(struct lp_run_doubt *doubt, uint64_t serial)
{
	if (is_grouped(doubt, serial))
		doubt->count = 0;
	else if (doubt->lost && ++doubt->count >= LP_RUN_DOUBT_MAX)
		doubt->off = true;
	doubt->lost = false;
}

void lp_run_doubt_lost(struct lp_run_doubt *doubt, uint64_t serial)
{
	doubt->lost = doubt->lost || is_grouped(doubt, serial);
}
