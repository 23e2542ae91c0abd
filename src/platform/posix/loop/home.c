#include "platform/posix/loop/home.h"

/* It comes home when no more than this was found since the last look: 8000 frames or 16 MB a second. */
#define CALM_FRAMES 128
#define CALM_BYTES (256 * 1024)
/* Home is somebody else's as well when the thread waits longer than this, on average. 5 us are usual, and where a host
   takes a processor away from a virtual machine, it is milliseconds now and then. */
#define WAIT_NS (100 * LP_US)
/* It comes back after that; twice as late each time that it did not stay for a second. */
#define AWAY_MIN_NS (100 * LP_MS)
#define AWAY_MAX_NS (10 * LP_SEC)
#define SETTLED_NS LP_SEC

/* The thread leaves home, or stays away, for some time from now on. */
static void leave(struct lp_home *home, uint64_t now_ns)
{
	if (home->at_home) {
		bool settled = now_ns - home->came_ns >= SETTLED_NS;
		uint64_t away_ns = settled || !home->away_ns ? AWAY_MIN_NS : home->away_ns * 2;

		home->away_ns = away_ns < AWAY_MAX_NS ? away_ns : AWAY_MAX_NS;
		home->at_home = false;
	}
	home->return_ns = now_ns + home->away_ns;
}

/* It comes home. */
static void come(struct lp_home *home, uint64_t now_ns)
{
	home->at_home = home->new_here = true;
	home->came_ns = now_ns;
}

void lp_home_look(struct lp_home *home, uint64_t now_ns)
{
	bool calm = home->n_frames <= CALM_FRAMES && home->n_bytes <= CALM_BYTES;

	if (lp_home_crowded(home))
		leave(home, now_ns);
	else if (!home->at_home && calm && now_ns >= home->return_ns)
		come(home, now_ns);
	home->n_waits += home->n_passes;
	home->looked_ns = now_ns;
	home->n_frames = home->n_bytes = home->n_passes = 0;
}

void lp_home_waited(struct lp_home *home, uint64_t now_ns, uint64_t waited_ns)
{
	if (!home->new_here && waited_ns - home->waited_ns > home->n_waits * WAIT_NS)
		leave(home, now_ns);
	home->new_here = false;
	home->waited_ns = waited_ns;
	home->n_waits = 0;
}
