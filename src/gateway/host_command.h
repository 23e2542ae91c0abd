/* The host's commands to the running gateway: players, kick, ban, unban, lock, unlock, revoke. */
#ifndef LP_GATEWAY_HOST_COMMAND_H
#define LP_GATEWAY_HOST_COMMAND_H

#include <stdbool.h>

struct lp_control_options;
struct lp_options;

/* True if |options| name a command of this file. */
bool lp_host_is_command(const struct lp_options *options);
/* Runs the command. Returns the exit code; failures are printed. */
int lp_host_command(const struct lp_options *options, const struct lp_control_options *control);

#endif
