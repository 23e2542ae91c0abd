/* The command `games`: listens beside a running client and prints which games and services announce themselves. */
#ifndef LP_APP_GAMES_COMMAND_H
#define LP_APP_GAMES_COMMAND_H

#include <stdint.h>

struct lp_control_options;
struct lp_program;

/* |device|: the adapter, if the program does not run or does not say. |seconds|: how long; 0: 10. Returns the exit
   code; failures are printed. */
int lp_games_command(const struct lp_program *program, const struct lp_control_options *control, const char *device,
	uint32_t seconds);

#endif
