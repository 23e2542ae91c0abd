/* The commands `room …` and `welcome`: the operator's changes to the directory, beside the running relay. */
#ifndef LP_RELAY_ROOM_COMMAND_H
#define LP_RELAY_ROOM_COMMAND_H

struct lp_options;
struct lp_relay_options;

/* Runs the command that |options| name. Returns the exit code; failures are printed. */
int lp_room_command(const struct lp_options *options, struct lp_relay_options *relay);

#endif
