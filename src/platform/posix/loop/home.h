/* Where the loop's thread belongs: at home, on one processor, while frames come one at a time, and on whichever is free
   while they come in crowds.

   A frame of a game is 20 us of work after a sleep. On a processor that was busy with the frame before, the kernel's
   code and ours are still in the caches, and where relay and gateway share a machine, the one wakes the other without
   a message to another processor, which in a virtual machine costs as much as the frame. A file copy is better off with
   all processors, and so is everybody where home is somebody else's as well and keeps the thread waiting. Pure. */
#ifndef LP_PLATFORM_POSIX_LOOP_HOME_H
#define LP_PLATFORM_POSIX_LOOP_HOME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/units.h"

/* How often it is judged, and at once when a crowd comes. */
#define LP_HOME_PERIOD_NS (16 * LP_MS)
/* Less than this within a period is no crowd, however it comes: 2000 frames or 4 MB a second. */
#define LP_HOME_QUIET_FRAMES 32
#define LP_HOME_QUIET_BYTES UINT64_C(65536)
/* In a crowd a pass finds more than three frames in two passes, or more than these bytes: runs of a file copy. */
#define LP_HOME_CROWD_BYTES 4096
/* Passes at home after which it is judged whether the thread was made to wait in them. */
#define LP_HOME_WAITS 128

struct lp_home {
	uint64_t looked_ns;          /* when it was judged last */
	uint64_t n_frames, n_bytes;  /* found since then */
	uint64_t n_passes;           /* in so many passes of the loop */
	uint64_t came_ns, return_ns; /* when it came home; while away: when it may come back */
	uint64_t away_ns;            /* how long the last absence was planned */
	uint64_t waited_ns;          /* what the thread had waited for a processor when that was judged last */
	uint64_t n_waits;            /* passes since then */
	bool at_home;                /* the thread belongs there */
	bool new_here;               /* at home, and |waited_ns| is from before */
	bool found;                  /* something, in this pass */
};

/* A device found |n| frames or packets, of |bytes| together. */
static inline void lp_home_found(struct lp_home *home, uint64_t n, uint64_t bytes)
{
	home->n_frames += n;
	home->n_bytes += bytes;
	home->found = true;
}

/* True if frames have come in a crowd since the last look. */
static inline bool lp_home_crowded(const struct lp_home *home)
{
	return (home->n_frames > LP_HOME_QUIET_FRAMES && home->n_frames * 2 > home->n_passes * 3) ||
	       (home->n_bytes > LP_HOME_QUIET_BYTES && home->n_bytes > home->n_passes * LP_HOME_CROWD_BYTES);
}

/* A pass of the loop is over. True if it is time for lp_home_look(). */
static inline bool lp_home_pass(struct lp_home *home, uint64_t now_ns)
{
	home->n_passes += home->found;
	home->found = false;
	return now_ns - home->looked_ns >= LP_HOME_PERIOD_NS || (home->at_home && lp_home_crowded(home));
}

/* Judges by what came whether the thread belongs home now: |at_home|. */
void lp_home_look(struct lp_home *home, uint64_t now_ns);

/* True if it is time for lp_home_waited(). */
static inline bool lp_home_asks(const struct lp_home *home)
{
	return home->at_home && (home->new_here || home->n_waits >= LP_HOME_WAITS);
}

/* Judges whether it still does, now that it has waited for a processor for |waited_ns| since it began. */
void lp_home_waited(struct lp_home *home, uint64_t now_ns, uint64_t waited_ns);

#endif
