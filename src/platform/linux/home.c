#include "platform/linux/home.h"

/* It comes home when no more than this was found since the last look: 8000 frames or 16 MB a second. */
#define CALM_FRAMES 128
#define CALM_BYTES (256 * 1024)
/* Home is kept by somebody else when the thread waits longer than this, on average of so many passes. A wait of 5 us is
   usual, and one of milliseconds happens where a host takes a processor away from a virtual machine. */
#define WAIT_NS (100 * LP_US)
#define WAITS_MIN 128
/* It comes back after that; twice as late each time that it did not stay for a second. */
#define AWAY_MIN_NS (100 * LP_MS)
#define AWAY_MAX_NS (10 * LP_SEC)
#define SETTLED_NS LP_SEC

/* True if the thread waits for its processor at home, now that it has waited for |waited_ns| in all. */
static bool kept_waiting(struct lp_home *home, uint64_t waited_ns)
{
	bool too_long;

	home->waits_ns += waited_ns - home->waited_ns;
	home->n_waits += home->n_passes;
	if (home->n_waits < WAITS_MIN)
		return false;
	too_long = home->waits_ns > home->n_waits * WAIT_NS;
	home->waits_ns = home->n_waits = 0;
	return too_long;
}

bool lp_home_look(struct lp_home *home, uint64_t now_ns, uint64_t waited_ns)
{
	bool leave = lp_home_crowded(home) || (home->at_home && kept_waiting(home, waited_ns));

	if (leave && home->at_home) {
		bool settled = now_ns - home->came_ns >= SETTLED_NS;
		uint64_t away_ns = settled || !home->away_ns ? AWAY_MIN_NS : home->away_ns * 2;

		home->away_ns = away_ns < AWAY_MAX_NS ? away_ns : AWAY_MAX_NS;
		home->at_home = false;
	}
	if (leave) {
		home->return_ns = now_ns + home->away_ns;
	} else if (!home->at_home && now_ns >= home->return_ns && home->n_frames <= CALM_FRAMES &&
	           home->n_bytes <= CALM_BYTES) {
		home->at_home = true;
		home->came_ns = now_ns;
		home->waits_ns = home->n_waits = 0;
	}
	home->waited_ns = waited_ns;
	home->looked_ns = now_ns;
	home->n_frames = home->n_bytes = home->n_passes = 0;
	return home->at_home;
}
