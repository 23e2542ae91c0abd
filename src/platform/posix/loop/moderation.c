#include "platform/posix/loop/moderation.h"

/* Passes over which is judged. */
#define PASSES 16
/* What a pass takes, with the waiting before it, when they follow another fast; longer ones find batches already. */
#define FAST_NS UINT64_C(150000)
/* Frames of PASSES passes that make a flood; with naps there must be as many as a nap is worth. */
#define BEGIN_FRAMES (PASSES * 3 / 2)
#define GO_ON_FRAMES (PASSES * 3)
/* What a frame has at most, on average, to be dearer by its wake-up than by its bytes. */
#define SMALL_BYTES 500

bool lp_moderation_pass(struct lp_moderation *moderation, uint64_t now_ns)
{
	if (++moderation->n_passes < PASSES)
		return moderation->on;
	bool fast = now_ns - moderation->began_ns - moderation->napped_ns < PASSES * FAST_NS;
	bool small = moderation->n_bytes < moderation->n_frames * SMALL_BYTES;
	bool on = fast && small && moderation->n_frames >= (moderation->on ? GO_ON_FRAMES : BEGIN_FRAMES);
	*moderation = (struct lp_moderation){.began_ns = now_ns, .on = on};
	return on;
}

void lp_moderation_napped(struct lp_moderation *moderation, uint64_t began_ns, uint64_t now_ns)
{
	moderation->napped_ns += now_ns - began_ns;
}
